import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { canonicalJson, sha256 } from "../shared/canonical.ts";
import { CorruptError } from "../shared/errors.ts";
import { Canary, FIRST_ROUTING, RoutedExperiment, Routing, Shadow } from "./schema.ts";

/** A routing as any release has sealed it: what a later one has added is left out here, where an edit's is refused. */
const SealedRouting = Routing.extend({
  shadow: Shadow.strip().nullable(),
  canary: Canary.strip().nullable(),
  experiment: RoutedExperiment.extend({ arms: z.array(RoutedExperiment.shape.arms.element.strip()).min(2) })
    .strip()
    .nullable(),
  salts: Routing.shape.salts.strip(),
}).strip();

/** The routing with its seal, as the store writes it. */
export function sealed(routing: Routing): Routing {
  return { ...routing, seal: sealOf(routing) };
}

/**
 * A stored routing that is valid and whose seal is whole: what the store has written, and nobody has touched since. The seal
 * is over what is stored, not over what this release reads of it, so that releases may differ in their fields.
 */
export function openSealed(stored: unknown): Routing | undefined {
  const parsed = SealedRouting.safeParse(stored);
  return parsed.success && parsed.data.seal === sealOf(stored as object) ? parsed.data : undefined;
}

/**
 * What is in force, and whether an edit by hand waits to be judged: the newest of the journal is in force, and routing/live
 * is an edit unless it is the very same. A whole seal is not enough: an earlier routing, copied back, has that too.
 * @throws {CorruptError} when the journal does not tell: serving something else than was decided would be worse
 */
export function inForce({ live, newest }: { live: unknown; newest: unknown }): { routing: Routing; pending: boolean } {
  if (newest === undefined) {
    if (openSealed(live) !== undefined) throw new CorruptError("routing/live is ours, but its journal is empty");
    return { routing: FIRST_ROUTING, pending: live !== undefined };
  }
  const routing = openSealed(newest);
  if (routing === undefined) throw new CorruptError("the newest entry of routing/live/journal is not valid");
  return { routing, pending: !isDeepStrictEqual(live, newest) };
}

function sealOf({ seal: _seal, ...rest }: { seal?: unknown }): string {
  return sha256(canonicalJson(rest));
}
