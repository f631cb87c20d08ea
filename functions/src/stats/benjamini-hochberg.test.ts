import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { benjaminiHochberg } from "./benjamini-hochberg.ts";
import { holm } from "./holm.ts";

describe("Benjamini and Hochberg's procedure", () => {
  // scipy 1.17.1: stats.false_discovery_control(p_values); statsmodels 0.15.0: multipletests(p_values, q, "fdr_bh"); R: p.adjust(
  // p_values, "BH"). The first is table 1 of Benjamini and Hochberg 1995, who reject four at 0.05.
  it.each([
    {
      name: "fifteen of their own",
      pValues: [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
      ],
      q: 0.05,
      adjusted: [
        0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714285714286, 0.06385714285714286, 0.0645, 0.0765, 0.486,
        0.5811818181818181, 0.714875, 0.7532307692307693, 0.8132142857142857, 1,
      ],
      rejected: 4,
    },
    {
      name: "seven of growthbook/growthbook, packages/shared/test/experiments.test.ts, 'does BH procedure correctly'",
      pValues: [0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138],
      q: 0.05,
      adjusted: [0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415],
      rejected: 2,
    },
    {
      name: "four in any order",
      pValues: [0.04, 0.01, 0.03, 0.005],
      q: 0.05,
      adjusted: [0.04, 0.02, 0.04, 0.02],
      rejected: 4,
    },
    { name: "two alike", pValues: [0.01, 0.01, 0.9], q: 0.02, adjusted: [0.015, 0.015, 0.9], rejected: 2 },
    { name: "a single one", pValues: [0.2], q: 0.05, adjusted: [0.2], rejected: 0 },
    { name: "none", pValues: [], q: 0.05, adjusted: [], rejected: 0 },
  ])("rejects $rejected of $name", ({ pValues, q, adjusted, rejected }) => {
    const found = benjaminiHochberg(pValues, { q });
    expect(found.adjusted).toEqual(adjusted.map((p) => expect.closeTo(p, 12)));
    expect(found.rejected).toEqual(found.adjusted.map((p) => p <= q));
    expect(found.rejected.filter(Boolean)).toHaveLength(rejected);
  });

  it.each([
    { name: "NaN", pValues: [0.1, Number.NaN], q: 0.05 },
    { name: "a p-value above 1", pValues: [1.1], q: 0.05 },
    { name: "q 0", pValues: [0.1], q: 0 },
  ])("refuses $name", ({ pValues, q }) => {
    expect(() => benjaminiHochberg(pValues, { q })).toThrow(RangeError);
  });

  const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

  it("keeps the order of p-values, never makes one smaller, and rejects all that Holm rejects", () => {
    fc.assert(
      fc.property(family, (pValues) => {
        const { adjusted, rejected } = benjaminiHochberg(pValues, { q: 0.05 });
        const strict = holm(pValues, { alpha: 0.05 });
        pValues.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(1);
          if (strict.rejected[i]) expect(rejected[i]).toBe(true);
          pValues.forEach((other, j) => {
            if (p <= other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 0);
          });
        });
      }),
    );
  });
});
