import type { Lifecycle } from "../config.ts";
import type { VersionStore } from "../registry/store.ts";
import { InputError, parseInput } from "../shared/errors.ts";
import { type Deployment, DeployRequest } from "./schema.ts";
import type { DeploymentStore } from "./store.ts";

/**
 * Opens a deployment for an admin, of any registered version, whatever its gate said: checks and stages are the same.
 * @throws {InputError} for a request that is not one, or a version that is not registered
 * @throws {RefusedError} while another deployment goes on, or when the version is in service, quarantined or removed
 */
export async function openDeployment(
  { deployments, versions, policy }: { deployments: DeploymentStore; versions: VersionStore; policy: Lifecycle },
  data: unknown,
  uid: string,
): Promise<Deployment> {
  const { version, reason } = parseInput(DeployRequest, data, "the request");
  if ((await versions.read(version)) === undefined) {
    throw new InputError(`there is no version ${version}`, [{ path: "version", message: "is not registered" }]);
  }
  const nowMs = await deployments.eventNowMs();
  const { stages } = policy.deployment;
  return deployments.open({ version, requestedBy: uid, reason, stages, nowMs });
}
