import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { kolmogorovSmirnovTest } from "./kolmogorov-smirnov.ts";

/** numpy's arange(n), each value changed. */
function range(n: number, change: (i: number) => number): number[] {
  return Array.from({ length: n }, (_, i) => change(i));
}

describe("the Kolmogorov-Smirnov test", () => {
  // scipy 1.17.1: stats.ks_2samp(reference, current, method="asymp")
  it.each([
    {
      name: "1..100 v 11..110",
      reference: range(100, (i) => i + 1),
      current: range(100, (i) => i + 11),
      statistic: 0.1,
      pValue: 0.6623112704658178,
    },
    {
      name: "1..100 v 26..125",
      reference: range(100, (i) => i + 1),
      current: range(100, (i) => i + 26),
      statistic: 0.25,
      pValue: 0.0030657620198697444,
    },
    {
      name: "0..599 v every 2.5th of 0..749",
      reference: range(600, (i) => i),
      current: range(300, (i) => 2.5 * i),
      statistic: 0.2,
      pValue: 1.7317874617308178e-7,
    },
    {
      name: "values that repeat, i % 7 v i % 5",
      reference: range(200, (i) => i % 7),
      current: range(200, (i) => i % 5),
      statistic: 0.28,
      pValue: 1.996480599061576e-7,
    },
    {
      name: "a curve, x v x ** 1.1",
      reference: range(2000, (i) => i / 2000),
      current: range(2000, (i) => (i / 2000) ** 1.1),
      statistic: 0.0355,
      pValue: 0.15697753195611241,
    },
    {
      name: "another curve, x v x ** 2",
      reference: range(400, (i) => i / 400),
      current: range(400, (i) => (i / 400) ** 2),
      statistic: 0.25,
      pValue: 1.6840667400683204e-11,
    },
    {
      name: "R's sleep, ten each, in any order",
      reference: [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2.0],
      current: [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
      statistic: 0.4,
      pValue: 0.3087999999999995,
    },
    {
      name: "a sample and itself",
      reference: range(10, (i) => i),
      current: range(10, (i) => i),
      statistic: 0,
      pValue: 1,
    },
  ])("of $name", ({ reference, current, statistic, pValue }) => {
    const found = figuresOf(kolmogorovSmirnovTest({ reference, current }));
    expect(found.statistic).toBeCloseTo(statistic, 12);
    const tolerance = reference.length < 50 ? 0.0075 : 0.0005;
    expect(Math.abs(found.pValue - pValue)).toBeLessThan(tolerance);
    // The far tail is right in its order of magnitude.
    expect(Math.abs(Math.log10(found.pValue / pValue))).toBeLessThan(0.15);
  });

  it.each([
    { name: "an empty sample", n: 0 },
    { name: "four observations", n: 4 },
  ])("is insufficient data for $name", ({ n }) => {
    const reason = `${n} observations, 5 are needed`;
    const [few, many] = [range(n, (i) => i), range(100, (i) => i)];
    expect(kolmogorovSmirnovTest({ reference: many, current: few })).toEqual({ status: "insufficient_data", reason });
    expect(kolmogorovSmirnovTest({ reference: few, current: many }).status).toBe("insufficient_data");
    expect(kolmogorovSmirnovTest({ reference: range(5, (i) => i), current: many }).status).toBe("measured");
  });

  it("refuses NaN", () => {
    const missing = [1, 2, 3, 4, Number.NaN];
    expect(() => kolmogorovSmirnovTest({ reference: missing, current: missing })).toThrow(RangeError);
  });

  const sample = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 5, maxLength: 60 });

  it("is the same both ways, and whatever grows with the values in their place", () => {
    fc.assert(
      fc.property(sample, sample, (reference, current) => {
        const found = figuresOf(kolmogorovSmirnovTest({ reference, current }));
        expect(found.pValue).toBeGreaterThanOrEqual(0);
        expect(found.pValue).toBeLessThanOrEqual(1);
        expect(figuresOf(kolmogorovSmirnovTest({ reference: current, current: reference }))).toEqual(found);
        const cube = (values: number[]) => values.map((value) => value ** 3 + 7);
        expect(figuresOf(kolmogorovSmirnovTest({ reference: cube(reference), current: cube(current) }))).toEqual(found);
      }),
    );
  });

  it("finds the largest gap between the two distribution functions", () => {
    fc.assert(
      fc.property(sample, sample, (reference, current) => {
        const share = (values: number[], at: number) => values.filter((value) => value <= at).length / values.length;
        const gaps = [...reference, ...current].map((at) => Math.abs(share(reference, at) - share(current, at)));
        expect(figuresOf(kolmogorovSmirnovTest({ reference, current })).statistic).toBeCloseTo(Math.max(...gaps), 12);
      }),
    );
  });

  it("never grows more probable as the gap widens", () => {
    const pValues = range(101, (shift) => {
      const [reference, current] = [range(100, (i) => i), range(100, (i) => i + shift)];
      return figuresOf(kolmogorovSmirnovTest({ reference, current })).pValue;
    });
    expect(pValues).toEqual(pValues.toSorted((a, b) => b - a));
  });
});
