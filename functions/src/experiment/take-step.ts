import type { Routing } from "../serve/schema.ts";
import { apply, type Outcome } from "./apply.ts";
import { decide } from "./decide.ts";
import type { Decision, Measured } from "./decision.ts";
import type { Experiment } from "./schema.ts";

/** What stands in the database when a step is taken. */
export interface StepContext {
  routing: Routing;
  /** Why an arm's version may answer nobody any more; null if all may. */
  outOfUse: string | null;
  /** Event time, epoch ms. */
  nowMs: number;
}

/** A step that changes something, with the decision behind it. */
export type TakenStep = Outcome & { decision: Decision };

/**
 * The step of a stored experiment by what was measured, be it a while ago: a look that was taken for another horizon is not kept, and
 * one that is older than the last changes nothing. Undefined if nothing changes.
 */
export function takeStep(
  stored: Experiment,
  measured: Measured,
  { routing, outOfUse, nowMs }: StepContext,
): TakenStep | undefined {
  if (stored.phase !== "running") return undefined;
  const decision = decide(stored, { ...measured, routing, outOfUse }, nowMs);
  const { look, earlier } = measured;
  const analysis = look !== null && look.ofHorizon === stored.ends_at ? look.analysis : null;
  const outcome = apply(stored, decision, { nowMs, by: "system", routing, analysis, earlier });
  return outcome.experiment === stored ? undefined : { ...outcome, decision };
}
