import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, it } from "vitest";
import { bootstrapIntervals, totalOf } from "./bootstrap.ts";

/** One cluster per value: its sum and its count. */
function clustersOf(values: readonly number[]) {
  return { sums: Float64Array.from(values.flatMap((value) => [value, 1])), width: 2 };
}
const mean = ([sum = 0, count = 0]: Float64Array): number[] => [sum / count];

// R 4.4, data(city) of the package boot: 1920 and 1930 populations of ten cities; Davison and Hinkley 1997, example 2.1.
const CITY = [
  [138, 143],
  [93, 104],
  [61, 69],
  [179, 260],
  [48, 75],
  [37, 63],
  [29, 50],
  [23, 48],
  [30, 111],
  [2, 50],
] as const;

describe("bootstrapIntervals", () => {
  it("agree with a published ratio", () => {
    const clusters = { sums: Float64Array.from(CITY.flat()), width: 2 };
    const ratio = ([u = 0, x = 0]: Float64Array): number[] => [x / u];
    expect(ratio(totalOf(clusters))[0]).toBeCloseTo(1.520312, 6);
    // scipy 1.17.1: bootstrap((u, x), lambda u, x, axis: x.sum(axis) / u.sum(axis), paired=True, method="percentile",
    // n_resamples=99999, rng=1) gives [1.2507, 2.1090]. The bounds of 999 resamples scatter, their mean over seeds does not.
    const runs = Array.from({ length: 50 }, (_, seed) => bootstrapIntervals(clusters, ratio, { seed })[0]);
    const bound = (of: 0 | 1): number => runs.reduce((sum, run) => sum + (run?.[of] ?? 0), 0) / runs.length;
    expect(Math.abs(bound(0) - 1.2507)).toBeLessThan(0.01);
    expect(Math.abs(bound(1) - 2.109)).toBeLessThan(0.02);
  });

  it("cover the mean of what they were drawn from about 95 times of 100", () => {
    let covered = 0;
    const random = xoroshiro128plus(7);
    for (let run = 0; run < 200; run++) {
      const values = Array.from({ length: 40 }, () => uniformFloat64(random) - 0.5);
      const [interval] = bootstrapIntervals(clustersOf(values), mean, { seed: run });
      const [low = 1, high = 0] = interval ?? [];
      covered += Number(low <= 0 && 0 <= high);
    }
    expect(covered).toBeGreaterThanOrEqual(180);
    expect(covered).toBeLessThanOrEqual(199);
  });

  it("are paired: of two that differ by a constant, the difference has no width", () => {
    const sums = Float64Array.from([1, 5, 2, 9, 4].flatMap((value) => [value, value + 3, 1]));
    const difference = ([a = 0, b = 0, n = 0]: Float64Array): number[] => [b / n - a / n];
    const [interval] = bootstrapIntervals({ sums, width: 3 }, difference, { seed: 1 });
    expect(interval?.[0]).toBeCloseTo(3, 12);
    expect(interval?.[1]).toBeCloseTo(3, 12);
  });

  it("are the same for the same seed, others for another", () => {
    const clusters = clustersOf([1, 5, 2, 9, 4, 7, 7, 3]);
    expect(bootstrapIntervals(clusters, mean, { seed: 1 })).toEqual(bootstrapIntervals(clusters, mean, { seed: 1 }));
    expect(bootstrapIntervals(clusters, mean, { seed: 1 })).not.toEqual(
      bootstrapIntervals(clusters, mean, { seed: 2 }),
    );
  });

  it("leave out resamples in which a figure is unknown", () => {
    const share = ([right = 0, weight = 0]: Float64Array): number[] => [weight === 0 ? Number.NaN : right / weight];
    const sums = Float64Array.from([1, 1, 0, 0]);
    expect(bootstrapIntervals({ sums, width: 2 }, share, { seed: 1 })).toEqual([[1, 1]]);
    expect(bootstrapIntervals({ sums: new Float64Array(4), width: 2 }, share, { seed: 1 })).toEqual([
      [Number.NaN, Number.NaN],
    ]);
  });

  it("are none where there is no cluster", () => {
    expect(bootstrapIntervals({ sums: new Float64Array(), width: 2 }, mean, { seed: 1 })).toEqual([]);
  });
});
