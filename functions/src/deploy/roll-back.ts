import { refuseDamaged } from "../registry/refuse-damaged.ts";
import type { VersionStore } from "../registry/store.ts";
import type { Routing, ServedVersion } from "../serve/schema.ts";
import type { RoutingStore } from "../serve/store.ts";
import { parseInput } from "../shared/errors.ts";
import { RollbackRequest } from "./schema.ts";
import type { DeploymentStore } from "./store.ts";

/** Where a rollback led. */
export interface RolledBack {
  target: ServedVersion;
  /** Routing revision from which it holds. */
  revision: number;
  /** The deployment that it ended, if one was going on. */
  ended: string | null;
}

/**
 * Returns everybody to an earlier version or to the rules, at once. Without a target it undoes what was last done: while a candidate has
 * traffic it returns to stable, else to `previous_good`. It waits for no analysis; it only makes sure that the target is whole, in each of its files.
 * @throws {InputError} for a request that is not one, or a target that is not registered
 * @throws {RefusedError} when the target is damaged (naming the file) or in service already
 */
export async function rollBack(
  tools: { deployments: DeploymentStore; versions: VersionStore; routing: RoutingStore },
  data: unknown,
  uid: string,
): Promise<RolledBack> {
  const { target: asked, reason } = parseInput(RollbackRequest, data, "the request");
  const target = asked ?? undoing(await tools.routing.read());
  await refuseDamaged(tools.versions, target, { path: "target", cannot: "be returned to" });
  const nowMs = await tools.deployments.eventNowMs();
  const { revision, ended } = await tools.deployments.rollBack({ target, who: uid, reason, nowMs });
  return { target, revision, ended };
}

/** Where what was last done is undone. */
function undoing({ stable, previous_good, canary }: Routing): ServedVersion {
  return canary === null ? previous_good : stable;
}
