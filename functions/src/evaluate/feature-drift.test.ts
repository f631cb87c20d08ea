import { describe, expect, it } from "vitest";
import { someDay, someReference, someVisitor } from "../../../test/some-visitors.ts";
import { Lifecycle } from "../config.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import type { HistoryBand, Reference } from "../registry/schema.ts";
import type { FeatureDay } from "./feature-drift.ts";
import { comparison, judgeDay } from "./judge-day.ts";
import type { Visitor } from "./visitors.ts";

const policy = Lifecycle.parse({}).triggers;

/** Every hundredth of visitors is of another kind: `share` of them touch, and have known the site for `days`. */
function kind(share: number, differences: Parameters<typeof someVisitor>[0] = {}) {
  return (i: number): Visitor =>
    someVisitor({
      ...differences,
      features: { ...differences.features, touch_enabled: Number(i % 100 < share * 100) },
    });
}

function judged(reference: Reference, count: number, make: (i: number) => Visitor): Record<string, FeatureDay> {
  const { features } = judgeDay(someDay(count, make), comparison(reference, "", policy), policy);
  return Object.fromEntries(features.map((day) => [day.feature, day]));
}

describe("drift of features", () => {
  const reference = someReference(600, kind(0.22));

  it("looks at 14 features, and reports one more", () => {
    const days = judged(reference, 1000, kind(0.22));
    const clock = ["hour_of_day", "is_weekend", "is_business_hours", "time_intensity"];
    expect(Object.keys(days).sort()).toEqual(FEATURE_NAMES.filter((name) => !clock.includes(name)).sort());
  });

  it.each([
    { name: "the same share", share: 0.22, isBeyond: false, isWarning: false, moved: [] },
    // psi::psi of (0.78, 0.22) and (0.63, 0.37) is 0.110.
    {
      name: "a share of PSI 0.11",
      share: 0.37,
      isBeyond: false,
      isWarning: true,
      moved: ["touch visitors 22 % -> 37 %"],
    },
    {
      name: "a share of PSI 0.17",
      share: 0.41,
      isBeyond: false,
      isWarning: true,
      moved: ["touch visitors 22 % -> 41 %"],
    },
    {
      name: "a share of PSI 0.23",
      share: 0.44,
      isBeyond: true,
      isWarning: true,
      moved: ["touch visitors 22 % -> 44 %"],
    },
  ])("with $name", ({ share, isBeyond, isWarning, moved }) => {
    const { touch_enabled: day } = judged(reference, 1000, kind(share));
    expect(day).toMatchObject({ status: "measured", visitors: 1000, isBeyond, isWarning, moved });
    const psi = (share - 0.22) * Math.log((share / (1 - share)) * (0.78 / 0.22));
    expect(day?.status === "measured" && Math.abs(day.psi - psi)).toBeLessThan(0.003);
  });

  it("is not found below 400 visitors, and is from there on", () => {
    expect(judged(reference, 399, kind(0.9))["touch_enabled"]).toMatchObject({
      status: "insufficient_data",
      visitors: 399,
      reason: "399 visitors, 400 are needed",
    });
    expect(judged(reference, 400, kind(0.9))["touch_enabled"]).toMatchObject({ isBeyond: true });
  });

  it("is noise where the reference is small, whatever the PSI", () => {
    // Ten visitors in each cell are thin; 30 are not, but where all come again and again they say next to nothing.
    const thin = someReference(10, kind(0.2));
    expect(judged(thin, 1000, kind(0.9))["touch_enabled"]).toMatchObject({ status: "insufficient_data" });
    const fifth = (i: number) => someVisitor({ features: { touch_enabled: Number(i < 6) } });
    const dependent = { ...someReference(30, fifth), design_effect: 10 };
    const touch = judged(dependent, 1000, kind(0.6))["touch_enabled"];
    expect(touch).toMatchObject({ isBeyond: false, isWarning: false, moved: [] });
    expect(touch?.status === "measured" && touch.psi).toBeGreaterThan(0.2);
  });

  it("has no drift and no NaN where a feature has one value, or none", () => {
    for (const day of Object.values(judged(reference, 1000, kind(0.22)))) {
      if (day.status === "measured") expect([day.psi, day.noise, day.p].every(Number.isFinite)).toBe(true);
    }
    expect(judged(reference, 1000, kind(0.22))["viewport_area"]).toMatchObject({
      psi: 0,
      noise: 0,
      p: 1,
      isBeyond: false,
    });
  });

  it("finds a new screen and what is now missing", () => {
    const days = judged(
      reference,
      1000,
      kind(0.22, { features: { viewport_area: 99, accessibility_needs: Number.NaN } }),
    );
    expect(days["viewport_area"]).toMatchObject({ isBeyond: false });
    expect(days["accessibility_needs"]).toMatchObject({
      isBeyond: true,
      moved: ["accessibility_needs 0 100 % -> 0 %", "accessibility_needs missing 0 % -> 100 %"],
    });
  });
});

describe("drift of history", () => {
  const known = (group: number, days: number) => (i: number) =>
    someVisitor({
      features: {
        days_since_first_visit: days,
        user_density_group: i % 10 < group ? 2 : 1,
        total_interactions: i % 10,
      },
    });
  const reference = someReference(600, known(3, 5));

  it.each([
    { name: "alike", group: 3, days: 5, verdict: { isBeyond: false } },
    { name: "alike but older", group: 3, days: 90, verdict: { isBeyond: false } },
    {
      name: "more active",
      group: 7,
      days: 5,
      verdict: { isBeyond: true, moved: ["high activity 30 % -> 70 %", "medium activity 70 % -> 30 %"] },
    },
    {
      name: "new",
      group: 7,
      days: Number.NaN,
      verdict: { status: "insufficient_data", visitors: 0, reason: "0 visitors, 400 are needed: those have a history" },
    },
  ])("of visitors who are $name", ({ group, days, verdict }) => {
    expect(judged(reference, 1000, known(group, days))["user_density_group"]).toMatchObject(verdict);
  });

  it("is worth less where the same visitors are counted on many days", () => {
    const bands = JSON.parse(JSON.stringify(reference.bands)) as NonNullable<Reference["bands"]>;
    bands.week.design_effect = 4;
    const day = judged({ ...reference, bands }, 1000, known(3, 5))["user_density_group"];
    expect(day?.status === "measured" && day.referenceVisitors).toBeCloseTo((600 * 28) / 4, 6);
  });

  const of = (visitors: Partial<Record<HistoryBand, number>>): Reference => {
    const bands = JSON.parse(JSON.stringify(reference.bands)) as NonNullable<Reference["bands"]>;
    for (const [band, count] of Object.entries(visitors)) bands[band as HistoryBand].visitors = count;
    return { ...reference, bands };
  };
  const mixed = (i: number): Visitor => known(7, i < 500 ? 5 : i < 900 ? 20 : 90)(i);

  it.each([
    { name: "all bands", visitors: {}, group: 1000, interactions: 900 },
    { name: "200 visitors in the oldest", visitors: { older: 200 }, group: 1000, interactions: 900 },
    {
      name: "199 in the oldest, so that the one before is not whole",
      visitors: { older: 199 },
      group: 900,
      interactions: 500,
    },
    { name: "199 in the middle", visitors: { month: 199 }, group: 600, interactions: 0 },
    { name: "199 in the youngest", visitors: { week: 199 }, group: 500, interactions: 400 },
  ])("is compared in bands that the reference knows: $name", ({ visitors, group, interactions }) => {
    const days = judged(of(visitors), 1000, mixed);
    expect(days["user_density_group"]?.visitors).toBe(group);
    expect(days["avg_session_duration"]?.visitors).toBe(group);
    // What accumulates is not compared where it has no end.
    expect(days["total_interactions"]?.visitors).toBe(interactions);
  });

  it("reports the age of visitors, which fires nothing", () => {
    const young = someReference(600, (i) => known(3, i % 8)(i));
    expect(judged(young, 1000, known(3, 90))["days_since_first_visit"]).toMatchObject({
      isBeyond: false,
      isWarning: true,
    });
  });
});
