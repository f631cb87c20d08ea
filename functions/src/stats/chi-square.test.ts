import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { chiSquareTest } from "./chi-square.ts";

describe("the chi-square test", () => {
  // scipy 1.17.1: stats.chi2_contingency(table, correction=False), without columns of zeros.
  it.each([
    {
      name: "party by gender, Agresti 2007 p. 39 and R's ?chisq.test (X-squared = 30.07, df = 2, p-value = 2.954e-07)",
      groups: [
        [762, 327, 468],
        [484, 239, 477],
      ],
      expected: [30.070149095754672, 2, 2.9535891832117595e-7, 246.35473340587595],
    },
    {
      name: "smokers, Fleiss 1981 and R's ?prop.test (X-squared = 12.6, df = 3, p-value = 0.005585)",
      groups: [
        [83, 3],
        [90, 3],
        [129, 7],
        [70, 12],
      ],
      expected: [12.600411297127634, 3, 0.005585476661627036, 5.163727959697733],
    },
    {
      name: "three groups",
      groups: [
        [30, 20, 10],
        [25, 25, 10],
        [10, 30, 20],
      ],
      expected: [17, 4, 0.0019329495056011196, 13.333333333333334],
    },
    {
      name: "a category that nobody chose",
      groups: [
        [12, 5, 0],
        [9, 8, 0],
      ],
      expected: [1.120879120879121, 1, 0.28972923522176486, 6.5],
    },
    {
      name: "a drift that is beyond doubt",
      groups: [
        [780, 220],
        [590, 410],
      ],
      expected: [83.65195226509096, 1, 5.900195688382118e-20, 315],
    },
  ])("of $name", ({ groups, expected: [statistic = 0, df, pValue = 0, smallest = 0] }) => {
    const found = figuresOf(chiSquareTest(groups));
    expect(found.statistic).toBeCloseTo(statistic, 10);
    expect(found.degreesOfFreedom).toBe(df);
    expect(found.pValue / pValue).toBeCloseTo(1, 9);
    expect(found.smallestExpected).toBeCloseTo(smallest, 10);
  });

  it("of a constant column is p = 1", () => {
    const expected = { status: "measured", statistic: 0, degreesOfFreedom: 0, pValue: 1, smallestExpected: 5 };
    expect(chiSquareTest([Float64Array.of(0, 7), Float64Array.of(0, 5)])).toEqual(expected);
  });

  it.each([
    {
      name: "an empty group",
      groups: [
        [3, 4],
        [0, 0],
      ],
      reason: "group 1 is empty",
    },
    { name: "no counts", groups: [[0], [0]], reason: "group 0 is empty" },
    { name: "no categories", groups: [[], []], reason: "group 0 is empty" },
  ])("of $name is insufficient data", ({ groups, reason }) => {
    expect(chiSquareTest(groups)).toEqual({ status: "insufficient_data", reason });
  });

  it.each([
    { name: "one group", groups: [[3, 4]] },
    { name: "groups of different length", groups: [[3, 4], [3]] },
    {
      name: "a negative count",
      groups: [
        [3, -4],
        [3, 4],
      ],
    },
    {
      name: "NaN",
      groups: [
        [3, 4],
        [3, Number.NaN],
      ],
    },
  ])("refuses $name", ({ groups }) => {
    expect(() => chiSquareTest(groups)).toThrow(RangeError);
  });

  it("does not ask for the order of groups or categories, nor for empty ones among these", () => {
    const table = fc.array(fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(table, (groups) => {
        const found = chiSquareTest(groups);
        if (found.status !== "measured") return;
        expect(found.pValue).toBeGreaterThanOrEqual(0);
        expect(found.pValue).toBeLessThanOrEqual(1);
        const turned = groups.map(([a, b, c]) => [c, 0, a, b]).reverse();
        const again = figuresOf(chiSquareTest(turned));
        expect(again.degreesOfFreedom).toBe(found.degreesOfFreedom);
        expect(again.pValue).toBeCloseTo(found.pValue, 10);
      }),
    );
  });
});
