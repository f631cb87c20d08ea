import { describe, expect, it } from "vitest";
import { Lifecycle } from "../../functions/src/config.ts";
import type { TriggerName } from "../../functions/src/evaluate/schema.ts";
import type { RunResult, Scenario } from "./run.ts";
import { summaryOf } from "./summary.ts";

const QUIET: Scenario = {
  days: 30,
  referenceDays: 14,
  siteDays: 0,
  visitsPerHour: 100,
  rates: { accuracy: 0.78, negative: 0.2 },
  shift: null,
  policy: Lifecycle.parse({}).triggers,
  seed: 1,
};
const SHIFTED: Scenario = { ...QUIET, shift: { feature: "touch_enabled", amount: 0.3, day: 10 } };
const BAD: Scenario = { ...QUIET, rates: { accuracy: 0.7, negative: 0.2 } };
const ANGRY: Scenario = { ...QUIET, rates: { accuracy: 0.78, negative: 0.4 } };

function run(...firings: [TriggerName, number][]): RunResult {
  return { decisions: 720, firings: firings.map(([trigger, day]) => ({ trigger, day, reason: "" })) };
}

const NEVER = { p50: null, p95: null };

describe("what runs come to", () => {
  it.each<[string, Scenario, RunResult[], number, number | null, { p50: number | null; p95: number | null }]>([
    ["nothing happens", QUIET, [run(), run()], 0, null, NEVER],
    ["something fires for nothing, twice in a run", QUIET, [run(["age", 3], ["age", 5]), run()], 0.5, null, NEVER],
    ["a change is found", SHIFTED, [run(["feature_drift", 12]), run()], 0, 0.5, { p50: 2, p95: 2 }],
    ["a change is found by its consequences", SHIFTED, [run(["prediction_drift", 13])], 0, 1, { p50: 3, p95: 3 }],
    [
      "drift is found before there is any",
      SHIFTED,
      [run(["feature_drift", 9.9], ["feature_drift", 12])],
      1,
      1,
      { p50: 2, p95: 2 },
    ],
    ["a change fires what it has nothing to do with", SHIFTED, [run(["seasonal", 12])], 1, 0, NEVER],
    ["a bad version is found", BAD, [run(["accuracy", 3]), run(["accuracy", 4])], 0, 1, { p50: 3, p95: 4 }],
    ["a good version is called bad", QUIET, [run(["accuracy", 3])], 1, null, NEVER],
    ["anger is found", ANGRY, [run(["negative_feedback", 3.5])], 0, 1, { p50: 3.5, p95: 3.5 }],
  ])("where %s", (_, scenario, results, runs_with_false_firing, detected, days_to_detection) => {
    expect(summaryOf(scenario, results)).toEqual({
      runs: results.length,
      decisions: 720 * results.length,
      runs_with_false_firing,
      detected,
      days_to_detection,
    });
  });

  it("takes quantiles of the runs that found something", () => {
    const results = Array.from({ length: 20 }, (_, i) => run(["feature_drift", 11 + i]));
    expect(summaryOf(SHIFTED, [...results, run()]).days_to_detection).toEqual({ p50: 10, p95: 19 });
  });
});
