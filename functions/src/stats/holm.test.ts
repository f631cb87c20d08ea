import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holm } from "./holm.ts";

describe("Holm's procedure", () => {
  // statsmodels 0.15.0: multipletests(p_values, alpha, "holm"); R: p.adjust(p_values, "holm"). The first is table 1 of
  // Benjamini and Hochberg 1995, where Bonferroni's bound rejects three, as it does here.
  it.each([
    {
      name: "fifteen of Benjamini and Hochberg",
      pValues: [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
      ],
      alpha: 0.05,
      adjusted: [0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1, 1, 1, 1, 1, 1],
      rejected: 3,
    },
    {
      name: "six of growthbook/growthbook, packages/shared/test/experiments.test.ts, beside 'does BH procedure correctly'",
      pValues: [0.01, 0.04, 0.03, 0.005, 0.55, 0.6],
      alpha: 0.05,
      adjusted: [0.05, 0.12, 0.12, 0.03, 1, 1],
      rejected: 2,
    },
    {
      name: "four in any order",
      pValues: [0.04, 0.01, 0.03, 0.005],
      alpha: 0.05,
      adjusted: [0.06, 0.03, 0.06, 0.02],
      rejected: 2,
    },
    { name: "two alike", pValues: [0.01, 0.01, 0.9], alpha: 0.02, adjusted: [0.03, 0.03, 0.9], rejected: 0 },
    { name: "a single one", pValues: [0.05], alpha: 0.05, adjusted: [0.05], rejected: 1 },
    { name: "none", pValues: [], alpha: 0.05, adjusted: [], rejected: 0 },
  ])("rejects $rejected of $name", ({ pValues, alpha, adjusted, rejected }) => {
    const found = holm(pValues, { alpha });
    expect(found.adjusted).toEqual(adjusted.map((p) => expect.closeTo(p, 12)));
    expect(found.rejected).toEqual(found.adjusted.map((p) => p <= alpha));
    expect(found.rejected.filter(Boolean)).toHaveLength(rejected);
  });

  it.each([
    { name: "NaN", pValues: [0.1, Number.NaN], alpha: 0.05 },
    { name: "a p-value above 1", pValues: [1.1], alpha: 0.05 },
    { name: "a negative p-value", pValues: [-0.1], alpha: 0.05 },
    { name: "alpha 0", pValues: [0.1], alpha: 0 },
    { name: "alpha 1", pValues: [0.1], alpha: 1 },
  ])("refuses $name", ({ pValues, alpha }) => {
    expect(() => holm(pValues, { alpha })).toThrow(RangeError);
  });

  it("steps down: the smallest p-values first, each against what is left of the family", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (pValues) => {
        const sorted = pValues.toSorted((a, b) => a - b);
        const stop = sorted.findIndex((p, rank) => p * (pValues.length - rank) > 0.05);
        const expected = pValues.map((p) => stop === -1 || p < (sorted[stop] ?? 0));
        expect(holm(pValues, { alpha: 0.05 }).rejected).toEqual(expected);
      }),
    );
  });
});
