import { describe, expect, it } from "vitest";
import { addCluster, clusteredRatio, noRatioSums } from "./clustered-ratio.ts";

function sumsOf(clusters: readonly (readonly [y: number, w: number])[]) {
  const sums = noRatioSums();
  for (const [y, w] of clusters) addCluster(sums, { y, w });
  return sums;
}

describe("a ratio over clusters", () => {
  it("has the linearised standard error", () => {
    // Python: r = sum(y) / sum(w); (5 / 4 * sum((a - r * b) ** 2 for a, b in zip(y, w))) ** .5 / sum(w)
    const { estimate, standardError, degreesOfFreedom } = clusteredRatio(
      sumsOf([
        [1, 1],
        [0, 1],
        [-1, 2],
        [0.5, 1],
        [0.25, 0.5],
      ]),
    );
    expect(estimate).toBeCloseTo(0.13636363636, 10);
    expect(standardError).toBeCloseTo(0.324584080771165, 12);
    expect(degreesOfFreedom).toBe(4);
  });

  it("is the mean with its usual standard error where each weighs 1", () => {
    const { estimate, standardError } = clusteredRatio(sumsOf([1, 2, 4, 9].map((y) => [y, 1] as const)));
    expect(estimate).toBe(4);
    // sd(c(1,2,4,9)) / 2
    expect(standardError).toBeCloseTo(3.559026084 / 2, 8);
  });

  it("has no standard error where every cluster has the same ratio, however it rounds", () => {
    for (const ratio of [0.1, 1 / 3, 0.7, 1234.567]) {
      const clusters = Array.from({ length: 128 }, (_, i) => [ratio * (1 + (i % 7)), 1 + (i % 7)] as const);
      expect(clusteredRatio(sumsOf(clusters)).standardError).toBe(0);
    }
  });

  it("keeps a variance that is small against the mean", () => {
    // numpy: np.std([1e6 - 1, 1e6, 1e6 + 1] * 40, ddof=1) / 120 ** .5
    const clusters = Array.from({ length: 120 }, (_, i) => [1e6 - 1 + (i % 3), 1] as const);
    expect(clusteredRatio(sumsOf(clusters)).standardError).toBeCloseTo(0.07484811885651198, 6);
  });

  it("says no number of one cluster, or without weight", () => {
    expect(() => clusteredRatio(sumsOf([[1, 1]]))).toThrow("two clusters");
    expect(() =>
      clusteredRatio(
        sumsOf([
          [0, 0],
          [0, 0],
        ]),
      ),
    ).toThrow("no weight");
  });
});
