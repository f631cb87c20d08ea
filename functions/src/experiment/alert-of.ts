import type { AlertContent } from "../shared/alert.ts";
import type { Action, Decision } from "./decision.ts";
import type { Experiment } from "./schema.ts";

/** Steps that a person should hear of, and what is to do then. */
const ALERTED: Partial<Record<Action, { severity: AlertContent["severity"]; toDo: string }>> = {
  hold: { severity: "medium", toDo: "Find out why nothing can be measured; the experiment goes on meanwhile." },
  tell: {
    severity: "low",
    toDo: "Read the analysis in the experiment's document, and decide whether to wait for its horizon.",
  },
  decide: { severity: "low", toDo: "Read the analysis, and ship an arm by stopExperiment or leave it." },
  invalidate: {
    severity: "high",
    toDo: "Find out why visitors do not fall as they were dealt, and start anew; use none of its figures.",
  },
  stop: { severity: "medium", toDo: "See whether that was meant; a new experiment needs another id." },
};

/** The alert of a step that the schedule has taken, or undefined if nobody needs to hear of it. */
export function alertOf(
  { id, phase, analysis, started_at }: Experiment,
  { action, reason }: Decision,
): AlertContent | undefined {
  const found = ALERTED[action];
  if (found === undefined) return undefined;
  const recommendation = analysis?.recommendation.action ?? null;
  const isHarm = action === "tell" && recommendation === "roll_back";
  const isShort = action === "tell" && recommendation === "keep_running";
  const state = phase === "running" ? "goes on" : `is ${phase} and out of the routing`;
  return {
    // Harm that visitors meet just now does not wait for anybody's next look into the document.
    severity: isHarm ? "high" : found.severity,
    kind: `experiment_${action}`,
    subject: `experiments/${id}`,
    message: `${id}, which began ${started_at}, ${state}: ${reason}`,
    to_do: isHarm
      ? "Stop it by stopExperiment unless its answer is worth the harm; its arms stay in the traffic."
      : isShort
        ? "Extend it by stopExperiment, or stop it; within 7 days it ends by itself."
        : found.toDo,
    details: { id, phase, recommendation },
  };
}
