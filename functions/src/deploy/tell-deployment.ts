import { parseInput } from "../shared/errors.ts";
import type { Wish } from "./apply.ts";
import { AdminRequest, type Deployment, PromoteRequest } from "./schema.ts";
import type { DeploymentStore } from "./store.ts";

/**
 * Tells a deployment what an admin wants of it. It is heeded with the next step: paused, nothing is raised, and guardrails go on;
 * promoted, it leaves its stage without further patience, unless it does harm or cannot be measured; aborted, it ends here and now.
 * @throws {InputError} for a request that is not one, or a deployment that does not exist
 * @throws {RefusedError} when the deployment has ended, is not at the stage that it is to leave, or nothing would change
 */
export async function tellDeployment(
  deployments: DeploymentStore,
  kind: Wish | "abort",
  { data, uid }: { data: unknown; uid: string },
): Promise<Deployment> {
  const asked = parseInput(kind === "promote" ? PromoteRequest : AdminRequest, data, "the request");
  const word = { ...asked, by: uid, nowMs: await deployments.eventNowMs() };
  return kind === "abort" ? deployments.abort(word) : deployments.wish(kind, word);
}
