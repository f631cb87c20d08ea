import { isDeepStrictEqual } from "node:util";
import type { Routing } from "../serve/schema.ts";
import { lastMoveMs, routed } from "./apply.ts";
import type { Decision, Facts } from "./decision.ts";
import type { Experiment } from "./schema.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/**
 * Days after its horizon in which an experiment that cannot be measured waits for that, and one that needs more visitors for a person to
 * extend it; then it ends as it is.
 */
const MOST_LATE_DAYS = 7;

/**
 * What becomes of an experiment now. The order is the policy: has it ended; is its place in the routing still its own; may its versions
 * answer; can what we see be believed; is it over. Harm is told, and it is for a person to end it: an experiment is small, and an
 * answer is what it is for.
 */
export function decide(experiment: Experiment, facts: Facts, nowMs: number): Decision {
  if (experiment.phase !== "running") return { action: "wait", reason: "it has ended" };
  if (nowMs <= lastMoveMs(experiment)) return { action: "wait", reason: "it has moved at this time already" };
  const lost = takenOut(experiment, facts.routing);
  if (lost !== undefined) return { action: "stop", reason: lost };
  if (facts.outOfUse !== null) return { action: "stop", reason: facts.outOfUse };
  const overMs = matureMs(experiment, facts);
  if (facts.problem !== null) {
    if (nowMs <= overMs + MOST_LATE_DAYS * DAY_MS) return { action: "hold", reason: facts.problem };
    const reason = `it could not be measured for ${MOST_LATE_DAYS} days after its horizon; ${facts.problem}`;
    return { action: "stop", reason };
  }
  const { look } = facts;
  // A look that was taken for another horizon may have spoken too early.
  if (look === null || look.ofHorizon !== experiment.ends_at)
    return { action: "wait", reason: "it has to be looked at" };
  const before = experiment.analysis;
  if (before !== null && look.analysis.at < before.at) return { action: "wait", reason: "it was looked at later" };
  const { action, arm, reasons } = look.analysis.recommendation;
  const says = `${action.replace("_", " ")}${arm === null ? "" : ` ${arm}`}: ${reasons.join("; ")}`;
  if (action === "invalid") return { action: "invalidate", reason: says };
  const isOver = Date.parse(look.analysis.at) >= overMs;
  const mayWait = action === "keep_running" && nowMs <= overMs + MOST_LATE_DAYS * DAY_MS;
  if (isOver && !mayWait) return { action: "decide", reason: `its horizon is reached; ${says}` };
  const { action: last, arm: lastArm } = before?.recommendation ?? {};
  // That it needs more visitors is news at the horizon alone.
  const isNews = action === "keep_running" ? isOver && !before?.at_horizon : action !== last || arm !== lastArm;
  return isNews ? { action: "tell", reason: says } : { action: "wait", reason: says };
}

/** Event time from which on all visits up to the horizon have been counted, if the fold works, epoch ms. */
export function matureMs({ ends_at }: Experiment, { maturityMinutes }: Pick<Facts, "maturityMinutes">): number {
  return Date.parse(ends_at) + maturityMinutes * MINUTE_MS;
}

/** Why the experiment no longer has its place in the routing, or undefined if it does: whoever edits routing takes over. */
function takenOut(
  experiment: Experiment,
  { experiment: inForce, revision, reason, written_by }: Routing,
): string | undefined {
  if (inForce?.id !== experiment.id) {
    return `routing/live no longer names it, in revision ${revision} by ${written_by}: ${reason}`;
  }
  return isDeepStrictEqual(inForce, routed(experiment)) ? undefined : "routing/live has other arms in its name";
}
