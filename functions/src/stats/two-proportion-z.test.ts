import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { chiSquareTest } from "./chi-square.ts";
import { twoProportionInterval, twoProportionTest } from "./two-proportion-z.ts";

/** [successes, trials] of an arm. */
type Pair = [successes: number, trials: number];

function armsOf([a, n]: Pair, [b, m]: Pair) {
  return { control: { successes: a, trials: n }, treatment: { successes: b, trials: m } };
}

describe("two shares", () => {
  // statsmodels 0.15.0: proportions_ztest([treatment, control], [...], alternative="two-sided" | "smaller" | "larger")
  it.each<{ control: Pair; treatment: Pair; z: number; pValues: [number, number, number]; smallest: number }>([
    {
      control: [48, 80],
      treatment: [56, 70],
      z: 2.6501719512585336,
      pValues: [0.00804508136819656, 0.9959774593159018, 0.00402254068409828],
      smallest: 70 * (46 / 150),
    },
    {
      control: [83, 86],
      treatment: [90, 93],
      z: 0.09751163391198005,
      pValues: [0.9223200957342691, 0.5388399521328655, 0.46116004786713455],
      smallest: 86 * (6 / 179),
    },
    {
      control: [200, 1000],
      treatment: [230, 1000],
      z: 1.632872212837632,
      pValues: [0.10249587537989271, 0.9487520623100536, 0.05124793768994636],
      smallest: 215,
    },
    {
      control: [0, 1000],
      treatment: [50, 1000],
      z: 7.161148740394329,
      pValues: [8.000378447994564e-13, 0.9999999999996, 4.000189223997282e-13],
      smallest: 25,
    },
    {
      control: [9, 10],
      treatment: [3, 10],
      z: -2.738612787525831,
      pValues: [0.006169899320544151, 0.0030849496602720753, 0.9969150503397279],
      smallest: 4,
    },
  ])("$control and $treatment differ by z = $z, pooled", ({ control, treatment, z, pValues, smallest }) => {
    (["two-sided", "less", "greater"] as const).forEach((alternative, i) => {
      const found = figuresOf(twoProportionTest({ ...armsOf(control, treatment), alternative }));
      expect(found.statistic).toBeCloseTo(z, 10);
      expect(found.pValue / (pValues[i] ?? 0)).toBeCloseTo(1, 10);
      expect(found.smallestExpected).toBeCloseTo(smallest, 10);
      expect(found.difference).toBeCloseTo(treatment[0] / treatment[1] - control[0] / control[1], 12);
    });
  });

  // statsmodels 0.15.0: confint_proportions_2indep(*treatment, *control, method="wald", correction=False, alpha=1 - confidence).
  // The first is method 1 of table II in Newcombe 1998, 56/70 - 48/80: 0.0575 to 0.3425.
  it.each<{ control: Pair; treatment: Pair; confidence: number; lower: number; upper: number }>([
    { control: [48, 80], treatment: [56, 70], confidence: 0.95, lower: 0.057504899149037114, upper: 0.342495100850963 },
    { control: [48, 80], treatment: [56, 70], confidence: 0.9, lower: 0.08041434163774949, upper: 0.3195856583622506 },
    { control: [9, 10], treatment: [3, 10], confidence: 0.95, lower: -0.9394757202228516, upper: -0.26052427977714854 },
  ])(
    "$control and $treatment differ by $lower to $upper, not pooled",
    ({ control, treatment, confidence, ...bounds }) => {
      const found = figuresOf(twoProportionInterval({ ...armsOf(control, treatment), confidence }));
      expect(found.lower).toBeCloseTo(bounds.lower, 10);
      expect(found.upper).toBeCloseTo(bounds.upper, 10);
    },
  );

  it.each<{ name: string; control: Pair; treatment: Pair; reason: string }>([
    { name: "no control", control: [0, 0], treatment: [1, 10], reason: "control has no trials" },
    { name: "no treatment", control: [1, 10], treatment: [0, 0], reason: "treatment has no trials" },
    { name: "no event at all", control: [0, 10], treatment: [0, 10], reason: "no arm has a success" },
    { name: "nothing but events", control: [10, 10], treatment: [5, 5], reason: "no arm has a failure" },
  ])("cannot be told apart, nor alike, with $name", ({ control, treatment, reason }) => {
    const arms = armsOf(control, treatment);
    expect(twoProportionTest({ ...arms, alternative: "less" })).toEqual({ status: "insufficient_data", reason });
    expect(twoProportionInterval({ ...arms, confidence: 0.95 }).status).toBe("insufficient_data");
  });

  it.each<{ name: string; control: Pair; reason: string }>([
    { name: "without a success", control: [0, 1000], reason: "control has no success in 1000" },
    { name: "without a failure", control: [1000, 1000], reason: "control has no failure in 1000" },
  ])("have no interval when an arm is $name: it would be too narrow", ({ control, reason }) => {
    const arms = armsOf(control, [50, 1000]);
    expect(twoProportionInterval({ ...arms, confidence: 0.95 })).toEqual({ status: "insufficient_data", reason });
  });

  it.each<{ name: string; control: Pair; confidence: number }>([
    { name: "more successes than trials", control: [11, 10], confidence: 0.95 },
    { name: "negative successes", control: [-1, 10], confidence: 0.95 },
    { name: "NaN", control: [1, Number.NaN], confidence: 0.95 },
    { name: "certainty", control: [1, 10], confidence: 1 },
  ])("are refused with $name", ({ control, confidence }) => {
    expect(() => twoProportionInterval({ ...armsOf(control, [1, 10]), confidence })).toThrow(RangeError);
  });

  const pair = fc.integer({ min: 1, max: 10_000 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));

  it("are tested as chi-square tests them, and turn the sign when arms change places", () => {
    fc.assert(
      fc.property(pair, pair, (control, treatment) => {
        const test = (a: Pair, b: Pair) => twoProportionTest({ ...armsOf(a, b), alternative: "two-sided" });
        const found = test(control, treatment);
        if (found.status !== "measured") return;
        const table = [control, treatment].map(([successes, trials]) => [successes, trials - successes]);
        const { statistic, pValue } = figuresOf(chiSquareTest(table));
        expect(found.statistic ** 2).toBeCloseTo(statistic, 6);
        expect(found.pValue).toBeCloseTo(pValue, 6);
        expect(figuresOf(test(treatment, control)).statistic + found.statistic).toBe(0);
      }),
    );
  });
});
