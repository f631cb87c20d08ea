import { z } from "zod";
import type { VersionStore } from "../registry/store.ts";
import { type FieldIssue, InputError, inWords, parseInput } from "../shared/errors.ts";
import { versionFaults } from "./judge-routing.ts";
import { routingIssues } from "./routing-rules.ts";
import { ServedVersion } from "./schema.ts";
import { type RoutingStore, revised } from "./store.ts";

/**
 * What an admin may change, and why. Shares and groups come from the policy, candidates and previous_good from deployments,
 * experiments from their start.
 */
const ChangeRequest = z.strictObject({
  change: z
    .strictObject({
      stable: ServedVersion.exactOptional(),
      /** Takes a candidate, or an experiment, out of the traffic at once. */
      shadow: z.null().exactOptional(),
      canary: z.null().exactOptional(),
      experiment: z.null().exactOptional(),
    })
    .refine((change) => Object.keys(change).length > 0, "must name stable, shadow, canary or experiment"),
  reason: z.string().trim().min(1, "say why").max(500),
});

/**
 * Changes the routing for an admin, after the same check as an edit by hand. An edit that waits to be judged is overtaken.
 * @throws {InputError} naming each field and rule
 */
export async function changeRouting(
  { routing, versions }: { routing: RoutingStore; versions: VersionStore },
  data: unknown,
  { uid, nowMs }: { uid: string; nowMs: number },
): Promise<{ revision: number }> {
  const { change, reason } = parseInput(ChangeRequest, data, "the change");
  const before = await routing.read();
  refuse(await versionFaults({ wanted: { ...before, ...change }, inForce: before }, versions));
  const { next } = await routing.change(({ routing: inForce }) => {
    const wanted = revised(inForce, change, { who: uid, reason, nowMs });
    refuse(routingIssues({ wanted, inForce }));
    return { next: wanted, who: uid, action: "set_routing", details: { change } };
  });
  return { revision: next.revision };
}

function refuse(issues: readonly FieldIssue[]): void {
  if (issues.length > 0) throw new InputError(`the routing cannot be changed so: ${inWords(issues)}`, issues);
}
