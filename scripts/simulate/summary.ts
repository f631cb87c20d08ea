import type { RunResult, Scenario } from "./run.ts";

/** The last line of standard output. Shares are 0-1; null is what was not asked for, or never happened. */
export interface Summary {
  runs: number;
  decisions: number;
  /** Share of runs in which a trigger fired that nothing was wrong with. */
  runs_with_false_firing: number;
  /** Share of runs in which what was changed was found. */
  detected: number | null;
  /** Of those, from the change to the decision that fired. */
  days_to_detection: { p50: number | null; p95: number | null };
}

/** Triggers that a changed feature may rightly fire. */
const BY_SHIFT: readonly string[] = ["feature_drift", "prediction_drift", "new_user_patterns"];

/** What the runs of a scenario come to. */
export function summaryOf(scenario: Scenario, results: readonly RunResult[]): Summary {
  const { shift, rates, policy } = scenario;
  const isBad = rates.accuracy < policy.accuracy.threshold;
  const isAngry = rates.negative > policy.negative_feedback.threshold;
  const isRight = ({ trigger, day }: RunResult["firings"][number]): boolean => {
    if (isBad && trigger === "accuracy") return true;
    if (isAngry && trigger === "negative_feedback") return true;
    return shift !== null && day > shift.day && BY_SHIFT.includes(trigger);
  };
  const from = shift?.day ?? 0;
  const found = results.flatMap(({ firings }) => firings.find(isRight) ?? []);
  const days = found.map(({ day }) => day - from).sort((a, b) => a - b);
  return {
    runs: results.length,
    decisions: results.reduce((sum, { decisions }) => sum + decisions, 0),
    runs_with_false_firing: results.filter(({ firings }) => !firings.every(isRight)).length / results.length,
    detected: isBad || isAngry || shift !== null ? found.length / results.length : null,
    days_to_detection: { p50: quantile(days, 0.5), p95: quantile(days, 0.95) },
  };
}

/** The smallest value that so many are not above (Hyndman and Fan 1996, type 1). */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
