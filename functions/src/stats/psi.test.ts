import fc from "fast-check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { psi, psiNoiseBound, psiPValue } from "./psi.ts";

const TENTHS = Array(10).fill(100);
const SLOPE = [50, 60, 70, 80, 90, 100, 110, 120, 150, 170];

describe("PSI", () => {
  // numpy 2.4.6: p, q = (r + 0.5) / (r.sum() + 0.5 * B), (c + 0.5) / (c.sum() + 0.5 * B); ((q - p) * np.log(q / p)).sum()
  // Beside it Evidently 0.7.23, _psi(reference, current, ColumnType.Categorical, ...): alike without empty cells only.
  it.each([
    { name: "equal shares", reference: TENTHS, current: TENTHS, expected: 0, cells: 10, evidently: 0 },
    {
      name: "a slope",
      reference: TENTHS,
      current: SLOPE,
      expected: 0.1319416421319954,
      cells: 10,
      evidently: 0.1333238743933438,
    },
    {
      name: "a flag of 22 % that rises to 41 %, and nothing missing",
      reference: [780, 220, 0],
      current: [590, 410, 0],
      expected: 0.17091332096053333,
      cells: 2,
      evidently: 0.1713231892646742,
    },
    {
      name: "a class that is new",
      reference: [50, 50, 0],
      current: [40, 40, 20],
      expected: 0.7752203800735229,
      cells: 3,
      evidently: 1.5640491119253044,
    },
    {
      name: "one row each, in two cells",
      reference: [1, 0],
      current: [0, 1],
      expected: Math.log(3),
      cells: 2,
      evidently: Number.NaN,
    },
    { name: "one cell for all", reference: [0, 7], current: [0, 5], expected: 0, cells: 1, evidently: 0 },
  ])("of $name", ({ reference, current, expected, cells, evidently }) => {
    const found = figuresOf(psi({ reference, current }));
    expect(found.psi).toBeCloseTo(expected, 12);
    expect(found.cells).toBe(cells);
    const isEmptyCell = reference.some((count, i) => (count === 0) !== (current[i] === 0));
    expect(Math.abs(found.psi - evidently) < 0.002).toBe(!isEmptyCell);
  });

  it("says what each cell adds, in the histogram's order", () => {
    const { contributions } = figuresOf(psi({ reference: [780, 0, 220], current: [590, 0, 410] }));
    expect(contributions[0]).toBeCloseTo(0.05295041940103223, 12);
    expect(contributions[1]).toBe(0);
    expect(contributions[2]).toBeCloseTo(0.11796290155950111, 12);
  });

  it("is insufficient data without rows on either side", () => {
    expect(psi({ reference: [3, 4], current: [0, 0] }).status).toBe("insufficient_data");
    expect(psi({ reference: [0, 0], current: [3, 4] }).status).toBe("insufficient_data");
  });

  const histogram = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 20 });

  it("is finite, not negative, the sum of its cells, and the same both ways and in any order", () => {
    fc.assert(
      fc.property(histogram, (rows) => {
        const histograms = { reference: rows.map(([r]) => r), current: rows.map(([, c]) => c) };
        const found = psi(histograms);
        if (found.status !== "measured") return;
        expect(found.psi).toBeGreaterThanOrEqual(0);
        expect(found.contributions.every((part) => part >= 0)).toBe(true);
        expect(found.contributions.reduce((sum, part) => sum + part, 0)).toBeCloseTo(found.psi, 12);
        const { reference, current } = histograms;
        expect(figuresOf(psi({ reference: current, current: reference })).psi).toBeCloseTo(found.psi, 12);
        const turned = { reference: reference.toReversed(), current: current.toReversed() };
        expect(figuresOf(psi(turned)).psi).toBeCloseTo(found.psi, 12);
      }),
    );
  });
});

describe("the noise of PSI", () => {
  // scipy 1.17.1: stats.chi2.ppf(1 - alpha, B - 1) * (1 / n + 1 / m)
  it.each([
    { alpha: 0.001, cells: 10, referenceSize: 1000, currentSize: 200, bound: 0.1672629892275394 },
    { alpha: 0.05, cells: 10, referenceSize: 100, currentSize: 100, bound: 0.33837955209240894 },
    { alpha: 0.01, cells: 2, referenceSize: 500, currentSize: 100, bound: 0.07961875921225457 },
    { alpha: 0.01, cells: 1, referenceSize: 500, currentSize: 100, bound: 0 },
  ])("at $alpha with $cells cells, $referenceSize v $currentSize, is $bound", ({ bound, ...question }) => {
    expect(psiNoiseBound(question)).toBeCloseTo(bound, 12);
  });

  // scipy 1.17.1: stats.chi2.sf(psi / (1 / n + 1 / m), B - 1)
  it.each([
    { psi: 0.2, cells: 10, referenceSize: 100, currentSize: 100, expected: 0.3504852123233613 },
    { psi: 0.2, cells: 10, referenceSize: 500, currentSize: 100, expected: 0.05419912101503975 },
    { psi: 0.2, cells: 10, referenceSize: 1000, currentSize: 200, expected: 0.00011682914148935681 },
    { psi: 0.3, cells: 10, referenceSize: 2000, currentSize: 1000, expected: 3.312992393909567e-38 },
    { psi: 0, cells: 10, referenceSize: 2000, currentSize: 1000, expected: 1 },
    { psi: 0, cells: 1, referenceSize: 2000, currentSize: 1000, expected: 1 },
  ])("gives $psi with $cells cells, $referenceSize v $currentSize, p = $expected", ({ expected, ...question }) => {
    expect(psiPValue(question) / expected).toBeCloseTo(1, 9);
  });

  it("is as far as it gets with probability alpha", () => {
    const sizes = { cells: 7, referenceSize: 431, currentSize: 87.5 };
    for (const alpha of [0.2, 0.01, 1e-6]) {
      expect(psiPValue({ ...sizes, psi: psiNoiseBound({ ...sizes, alpha }) }) / alpha).toBeCloseTo(1, 8);
    }
  });

  it.each([
    { name: "alpha 0", question: { alpha: 0, cells: 5, referenceSize: 10, currentSize: 10 } },
    { name: "alpha 1", question: { alpha: 1, cells: 5, referenceSize: 10, currentSize: 10 } },
    { name: "no cell", question: { alpha: 0.1, cells: 0, referenceSize: 10, currentSize: 10 } },
    { name: "no reference", question: { alpha: 0.1, cells: 5, referenceSize: 0, currentSize: 10 } },
    { name: "a current size of NaN", question: { alpha: 0.1, cells: 5, referenceSize: 10, currentSize: Number.NaN } },
  ])("refuses $name", ({ question }) => {
    expect(() => psiNoiseBound(question)).toThrow(RangeError);
  });
});

describe("PSI without any drift, ten bins of equal probability, 4000 seeded draws", () => {
  const DRAWS = 4000;
  const random = xoroshiro128plus(20261);
  const draw = (rows: number): number[] => {
    const counts = Array(10).fill(0);
    for (let i = 0; i < rows; i++) counts[Math.floor(uniformFloat64(random) * 10)]++;
    return counts;
  };
  /** As it is usually computed: not smoothed, 0.0001 for an empty bin. */
  const plain = (reference: number[], current: number[], n: number, m: number): number =>
    reference.reduce((sum, count, i) => {
      const [p, q] = [count / n || 1e-4, (current[i] ?? 0) / m || 1e-4];
      return sum + (q - p) * Math.log(q / p);
    }, 0);

  // A threshold of 0.20 alone is passed in this share of draws; together with the noise bound at 0.001 in hardly any.
  it.each([
    { n: 100, m: 100, usual: 0.39, smoothed: 0.31 },
    { n: 500, m: 100, usual: 0.075, smoothed: 0.05 },
    { n: 1000, m: 200, usual: 0, smoothed: 0 },
  ])("$n v $m passes 0.20 in a share of $usual, smoothed $smoothed", ({ n, m, usual, smoothed }) => {
    const passed = { usual: 0, smoothed: 0, believed: 0 };
    let sum = 0;
    for (let i = 0; i < DRAWS; i++) {
      const [reference, current] = [draw(n), draw(m)];
      const { psi: score, cells } = figuresOf(psi({ reference, current }));
      const bound = psiNoiseBound({ cells, referenceSize: n, currentSize: m, alpha: 0.001 });
      passed.usual += Number(plain(reference, current, n, m) >= 0.2);
      passed.smoothed += Number(score >= 0.2);
      passed.believed += Number(score >= 0.2 && score > bound);
      sum += score;
    }
    expect(Math.abs(passed.usual / DRAWS - usual)).toBeLessThan(0.025);
    expect(Math.abs(passed.smoothed / DRAWS - smoothed)).toBeLessThan(0.025);
    expect(passed.believed / DRAWS).toBeLessThan(0.002);
    const expectation = 9 * (1 / n + 1 / m);
    expect(sum / DRAWS).toBeLessThan(1.02 * expectation);
    expect(sum / DRAWS).toBeGreaterThan(0.93 * expectation);
  });
});
