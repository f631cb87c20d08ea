import type { Watch } from "./behaviour.ts";
import { localIso } from "./context.ts";
import { chosenClasses } from "./design.ts";
import type { Consent, Feedback, History, Outcome, Prediction, Served } from "./types.ts";

/** One question to predict, and what came of it. */
export interface Visit {
  startMs: number;
  context: Record<string, unknown>;
  history: History | undefined;
  preferences: Record<string, string>;
  prediction: Prediction | null;
  outcome: Outcome | null;
  served: Served;
  watch: Watch;
  seq: number;
  /** Whether its log was sent since the page was last seen. */
  told: boolean;
  /** What of the session was there before this visit. */
  before: { durationMs: number; interactions: number };
}

/** What there is to tell of a visit so far, as ingest takes it; without an answer there is no receipt, and it is only counted. */
export function logOf(
  { prediction, ...visit }: Visit,
  consent: Consent | undefined,
  said: Feedback,
): Record<string, unknown> {
  const { verdict, text } = said;
  const preferred = chosenClasses(said.preference ?? {});
  return {
    schema_version: 1,
    prediction_id: prediction?.prediction_id,
    receipt: prediction?.receipt,
    model_version: prediction?.model_version,
    seq: visit.seq,
    consent,
    user_context: visit.context,
    history: visit.history,
    preferences: visit.preferences,
    timestamp: localIso(visit.startMs),
    ended_at: localIso(Date.now()),
    session_id: visit.context["session_id"],
    predicted_css_classes: prediction?.css_classes,
    predicted_css_variables: prediction?.css_variables,
    prediction_confidence: prediction?.prediction_confidence,
    served: visit.served,
    // Neither an answer nor an end to waiting for it: the page is left before.
    predict_outcome: visit.outcome ?? "timeout",
    ...visit.watch.soFar(),
    user_satisfaction: said.satisfaction,
    ...(verdict === undefined ? {} : { ui_preference_feedback: { verdict, preferred, text } }),
  };
}
