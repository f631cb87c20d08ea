import type { Routing } from "../serve/schema.ts";
import { apply, noted, type RoutingMove } from "./apply.ts";
import { decide } from "./decide.ts";
import type { Action, Decision, Mandate, Measured } from "./decision.ts";
import { type Deployment, FINAL_PHASES } from "./schema.ts";

/** What stands in the database when a step is taken, and who takes it. */
export interface StepContext {
  routing: Routing;
  /** Why the version may answer nobody any more; null if it may. */
  outOfUse: string | null;
  /** Event time, epoch ms. */
  nowMs: number;
  mandate: Mandate;
}

/** A step that changes something: the deployment after it, what moves in the routing, and the decision behind it. */
export interface TakenStep {
  deployment: Deployment;
  routing: RoutingMove | null;
  decision: Decision;
}

const OF_HARM: readonly Action[] = ["roll_back", "fail", "halve"];

/**
 * The step of a stored deployment by what was measured, be it a while ago: a look at an earlier step of it decides nothing. Undefined
 * if nothing changes, or what should change is not for whoever asks.
 */
export function takeStep(
  stored: Deployment,
  { forecast, ...measured }: Measured,
  { routing, outOfUse, nowMs, mandate }: StepContext,
): TakenStep | undefined {
  if (FINAL_PHASES.includes(stored.phase)) return undefined;
  const before = noted(stored, routing, nowMs);
  const decision = decide(before, { ...measured, routing, outOfUse }, nowMs);
  if (mandate === "harm" && !OF_HARM.includes(decision.action)) return undefined;
  const { look, checks } = measured;
  const analysis = look !== null && look.ofRevision === before.steps.at(-1)?.revision ? look.analysis : null;
  const outcome = apply(before, decision, { nowMs, by: "system", routing, checks, forecast, analysis });
  return outcome.deployment === stored ? undefined : { ...outcome, decision };
}
