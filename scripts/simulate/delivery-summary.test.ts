import { describe, expect, it } from "vitest";
import { Lifecycle } from "../../functions/src/config.ts";
import { type DeliveryRun, simulateDelivery } from "./delivery.ts";
import { summaryOfDeliveries } from "./delivery-summary.ts";
import { BASE_ERRORS, BASE_NO_LOG } from "./site-visits.ts";

const run = (phase: DeliveryRun["phase"], exposure: number, hours: number, mismatch = false): DeliveryRun => {
  return { phase, exposure, hours, mismatch, reason: "" };
};

describe("the summary of simulated deployments", () => {
  it("tells every end apart, and hours of what has ended", () => {
    const { summary, apart } = summaryOfDeliveries([
      run("completed", 1, 10),
      run("rolled_back", 0.05, 4),
      run("rolled_back", 0.1, 6),
      run("rolled_back", 0.25, 8, true),
      run("inconclusive", 0.05, 50),
      run("failed", 0, 2),
      run("baking", 1, 72),
      run("rolling", 0.5, 72),
    ]);
    expect(JSON.stringify(summary)).toBe(
      '{"runs":8,"promoted":0.125,"rolled_back":0.375,"not_enough_data":0.125,"still_running":0.25,"stopped_in_shadow":0.125,' +
        '"max_exposure_pct":{"p50":10,"p95":100,"max":100},"hours_to_end":{"p50":6,"p95":50}}',
    );
    expect(apart).toEqual({
      rolled_back_by_10_pct: 2 / 3,
      sample_ratio_errors: 1 / 8,
      // sqrt(3/8 * 5/8 / 8)
      monte_carlo_error: expect.closeTo(0.17116, 5),
    });
  });

  it("has no hours where nothing has ended", () => {
    expect(summaryOfDeliveries([run("rolling", 0.05, 72)]).summary.hours_to_end).toEqual({ p50: null, p95: null });
  });
});

describe("a simulated deployment", () => {
  const { deployment: policy } = Lifecycle.parse({});
  const harmless = { engagementDelta: 0, latencyDelta: 0, errorRate: BASE_ERRORS, noLogRate: BASE_NO_LOG };
  const scenario = { visitorsPerHour: 1000, hours: 24, seed: 1, accuracyDelta: 0, fromShare: 0, policy };

  it("is the same for the same seed and number, and another for another number", () => {
    const effects = { ...harmless, engagementDelta: -0.12 };
    const [first, again, other] = [0, 0, 1].map((number) => simulateDelivery({ ...scenario, effects }, number));
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(first).toMatchObject({ phase: "rolled_back", exposure: 0.05, reason: expect.stringMatching(/^engagement/) });
  });

  it("ends in the shadow where only accuracy is worse", () => {
    const found = simulateDelivery({ ...scenario, effects: harmless, accuracyDelta: -0.2 }, 0);
    expect(found).toMatchObject({
      phase: "failed",
      exposure: 0,
      reason: expect.stringMatching(/^accuracy of density/),
    });
  });

  it("does harm from a share on, and only from there", () => {
    const effects = { ...harmless, errorRate: 0.2 };
    const found = simulateDelivery({ ...scenario, effects, fromShare: 0.1 }, 0);
    expect(found).toMatchObject({ phase: "rolled_back", exposure: 0.1, reason: expect.stringMatching(/^errors/) });
  });
});
