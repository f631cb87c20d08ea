import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { BUCKETS, openBuckets } from "../shared/visitor-buckets.ts";
import { addOutcomes, BUCKET_SUMS, mergeOutcomes, noOutcomes, timeBin, timeQuantile } from "./outcomes.ts";
import type { InteractionLog, Outcomes } from "./schema.ts";

const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
const of = (...logs: InteractionLog[]): Outcomes => addOutcomes(noOutcomes(), logs);

const logs = fc.array(
  fc
    .record({
      unit: fc.constantFrom("u1", "u2", "u3"),
      rendering_time: fc.double({ min: 0, max: 1e6, noNaN: true }),
      click_through_rate: fc.double({ min: 0, max: 1, noNaN: true }),
      bounce_rate: fc.double({ min: 0, max: 1, noNaN: true }),
      served: fc.constantFrom<InteractionLog["served"]>("fresh", "cached"),
      predict_outcome: fc.constantFrom<InteractionLog["predict_outcome"]>("ok", "error"),
    })
    .map(someLog),
  { maxLength: 30 },
);

describe("outcomes", () => {
  it("add up", () => {
    const { sums, classes, segments, engaged } = of(
      someLog({ ...ENGAGED, user_satisfaction: 5, rendering_time: 40.5 }),
      someLog({ user_satisfaction: 2, predict_outcome: "timeout", served: "cached", bounce_rate: 1 }),
    );
    expect(sums).toEqual({
      visits: 2,
      engaged: 1,
      errors: 1,
      rendering_us: 80_500,
      satisfaction_count: 2,
      satisfaction: 7,
      feedback: 2,
      negative: 1,
      click_through_millionths: 200_000,
      bounce_millionths: 1_290_000,
      served_fresh: 1,
      served_cached: 1,
      outcome_ok: 1,
      outcome_timeout: 1,
      confidence_density_millionths: 2_000_000,
      confidence_font_millionths: 2_000_000,
      confidence_theme_millionths: 2_000_000,
    });
    expect(classes).toEqual({ "densidad-media": 2, "fuente-sans": 2, "tema-claro": 2 });
    expect(segments).toMatchObject({
      "device:desktop": 2,
      "network:unknown": 2,
      "language:unknown": 2,
      "hours:06-11": 2,
    });
    expect(engaged).toMatchObject({ "device:desktop": 1, "weekend:no": 1 });
  });

  it("are the same in any order and grouping, number by number", () => {
    fc.assert(
      fc.property(logs, fc.nat({ max: 30 }), (all, at) => {
        const whole = of(...all);
        expect(of(...[...all].reverse())).toEqual(whole);
        expect(addOutcomes(of(...all.slice(0, at)), all.slice(at))).toEqual(whole);
        expect(mergeOutcomes([of(...all.slice(at)), of(...all.slice(0, at))])).toEqual(whole);
      }),
    );
  });

  it("keep the sums of a visitor in one bucket of 128", () => {
    const buckets = openBuckets(
      of(...Array.from({ length: 1000 }, (_, i) => someLog({ unit: `u${i % 500}` }))).buckets,
      BUCKET_SUMS.length,
    );
    const visits = Array.from({ length: BUCKETS }, (_, bucket) => buckets[bucket * BUCKET_SUMS.length] ?? 0);
    expect(visits.reduce((a, b) => a + b, 0)).toBe(1000);
    expect(visits.every((count) => count % 2 === 0)).toBe(true);
    // 500 visitors in 128 buckets: about 3.9 each, and hardly any bucket empty.
    expect(visits.filter((count) => count > 0).length).toBeGreaterThan(115);
  });

  it.each([
    [[10, 20, 30, 40, 50], 0.5, 30],
    [[10, 20, 30, 40, 50], 0, 10],
    [[10, 20, 30, 40, 50], 1, 50],
    [[100_000], 0.95, 100_000],
    [[0, 0.2], 0.5, 1],
  ])("tell quantiles of %j", (times, quantile, expected) => {
    const bins: Record<string, number> = {};
    for (const ms of times) bins[timeBin(ms)] = (bins[timeBin(ms)] ?? 0) + 1;
    expect(Math.abs(timeQuantile(bins, quantile) / expected - 1)).toBeLessThanOrEqual(0.02 + 1e-9);
  });

  it("tell no quantile of nothing", () => {
    expect(timeQuantile({}, 0.5)).toBeNaN();
  });
});
