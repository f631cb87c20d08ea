import { Lifecycle } from "../functions/src/config.ts";
import type { Begin } from "../functions/src/experiment/apply.ts";
import type { ExperimentAnalysis, Recommendation } from "../functions/src/experiment/schema.ts";

/** A trained version that nobody published. */
export const EXPERIMENT_VERSION = "v_20260927T000000Z_0123456789ab";

/** What an experiment of the rules against a version begins with, for 24 hours. */
export function someBegin(differences: Partial<Begin> = {}): Begin {
  const { metrics, correction } = Lifecycle.parse({}).experiments;
  return {
    id: "e1",
    hypothesis: "larger letters engage",
    arms: [
      { name: "control", version: "rules", share: 0.9 },
      { name: "large", version: EXPERIMENT_VERSION, share: 0.1 },
    ],
    salt: "s",
    metrics,
    correction,
    requested_by: "uid",
    reason: "why",
    hours: 24,
    ...differences,
  };
}

/** An analysis that says no more than what it recommends. */
export function someExperimentAnalysis(
  at: string,
  action: Recommendation["action"],
  arm: string | null = null,
): ExperimentAnalysis {
  return {
    at,
    at_horizon: false,
    arms: [],
    figures: [],
    sample_ratio: { ok: action !== "invalid", reason: "", counts: [], expected: [], p: null, log_evidence: 0 },
    exposure: { ok: true, reason: "", visitors: 0, multiple: 0 },
    segments: [],
    power: { visitors_needed: null, visitors_left: null, days_left: null, reason: "" },
    recommendation: { action, arm, reasons: [`it is to ${action}`] },
  };
}
