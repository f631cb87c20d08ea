import type { VersionStore } from "../registry/store.ts";
import { type FieldIssue, InputError, inWords, parseInput, RefusedError } from "../shared/errors.ts";
import { versionFaults } from "./judge-routing.ts";
import { routingIssues } from "./routing-rules.ts";
import { ChangeRequest, type Routing } from "./schema.ts";
import { type RoutingChange, type RoutingStore, revised } from "./store.ts";

/**
 * Changes the routing for an admin, after the same check as an edit by hand. An edit that waits to be judged is overtaken.
 * @throws {InputError} naming each field and rule
 * @throws {RefusedError} when it was decided on a routing that is no longer in force
 */
export async function changeRouting(
  { routing, versions }: { routing: RoutingStore; versions: VersionStore },
  data: unknown,
  { uid, nowMs }: { uid: string; nowMs: number },
): Promise<{ revision: number }> {
  const { change, based_on, reason } = parseInput(ChangeRequest, data, "the change");
  const before = await routing.read();
  refuseStale(before, based_on);
  refuse(await versionFaults({ wanted: { ...before, ...moved(before, change) }, inForce: before }, versions));
  const { next } = await routing.change(({ routing: inForce }) => {
    refuseStale(inForce, based_on);
    const wanted = revised(inForce, moved(inForce, change), { who: uid, reason, nowMs });
    refuse(routingIssues({ wanted, inForce }));
    return { next: wanted, who: uid, action: "set_routing", details: { change } };
  });
  return { revision: next.revision };
}

function refuse(issues: readonly FieldIssue[]): void {
  if (issues.length > 0) throw new InputError(`the routing cannot be changed so: ${inWords(issues)}`, issues);
}

/** The change on the routing that it meets: a share alone says nothing of whose it is. */
function moved(inForce: Routing, { canary, ...rest }: ChangeRequest["change"]): RoutingChange {
  if (canary === undefined) return rest;
  if (canary === null) return { ...rest, canary };
  if (inForce.canary === null) refuse([{ path: "canary", message: "there is no candidate whose share could change" }]);
  return { ...rest, canary: inForce.canary && { ...inForce.canary, share: canary.share } };
}

/** Whoever decided on another state has not seen what this one says. */
function refuseStale({ revision, written_by, updated_at, reason }: Routing, basedOn: number | undefined): void {
  if (basedOn === undefined || basedOn === revision) return;
  throw new RefusedError(
    `the routing was changed meanwhile: you looked at revision ${basedOn}, in force is ${revision}, by ${written_by} at ${updated_at} (${reason}); look again and decide anew`,
  );
}
