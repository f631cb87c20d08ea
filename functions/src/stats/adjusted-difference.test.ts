import { describe, expect, it } from "vitest";
import { adjustedDifference, type PairedMoments, pairedMoments } from "./adjusted-difference.ts";
import { addCluster, clusteredRatio, noRatioSums } from "./clustered-ratio.ts";
import type { Measured } from "./measured.ts";
import { relativeEffect } from "./relative-effect.ts";

function demanded<T>(measured: Measured<T>): T {
  if (measured.status !== "measured") throw new Error(measured.reason);
  return measured;
}

function moments(n: number, sum: number, squares: number): { mean: number; variance: number } {
  return { mean: sum / n, variance: (squares - (sum * sum) / n) / (n - 1) };
}

describe("a difference that is adjusted by what was before", () => {
  it("is GrowthBook's for means", () => {
    // gbstats, tests/frequentist/test_tests.py, test_sequential_test_runs_ra: relative, expected 0.50338, stddev 0.33341.
    const arm = (n: number, after: [number, number], before: [number, number], product: number): PairedMoments => ({
      n,
      after: moments(n, ...after),
      before: moments(n, ...before),
      covariance: (product - (after[0] * before[0]) / n) / (n - 1),
    });
    const control = arm(3000, [1396.87, 52377.9767], [16.87, 527.9767], 1);
    const treatment = arm(3461, [2422.7, 134698.29], [22.7, 1348.29], 1);
    const found = demanded(adjustedDifference({ control, treatment }));
    const { mean } = control.after;
    const relative = demanded(
      relativeEffect({ control: mean, treatment: mean + found.difference, squares: found.squares }),
    );
    expect(relative.effect).toBeCloseTo(0.50338, 5);
    expect(relative.standardError).toBeCloseTo(0.33341, 4);
  });

  it("is GrowthBook's for ratios, whose linearised moments these are", () => {
    // gbstats, tests/frequentist/test_tests.py, test_two_sided_ttest_test_runs_ratio_ra: relative, expected -0.0007, stddev 0.00391,
    // p 0.85771; the moments are those of its sums, linearised in Python.
    const control = {
      n: 100,
      after: { mean: 0.7134954868365716, variance: 0.019620702937212648 },
      before: { mean: 0.6637881261549418, variance: 0.028626508420947962 },
      covariance: 0.023497023588491702,
    };
    const treatment = {
      n: 100,
      after: { mean: 0.729754963223164, variance: 0.01911916572440983 },
      before: { mean: 0.6840051250829231, variance: 0.02661180718451525 },
      covariance: 0.0222957845004288,
    };
    const found = demanded(adjustedDifference({ control, treatment }));
    const { mean } = control.after;
    const relative = demanded(
      relativeEffect({ control: mean, treatment: mean + found.difference, squares: found.squares }),
    );
    expect(relative.effect).toBeCloseTo(-0.0007, 5);
    expect(relative.standardError).toBeCloseTo(0.00391, 5);
    expect(found.reduction).toBeGreaterThan(0.9);
  });

  it("is Spotify's regression, whose coefficient is that of all units together, to the tolerance of its own test", () => {
    // spotify/confidence, tests/frequentist/test_ztest_linreg.py, TestUnivariateSingleMetric.test_parameters_univariate: its data by
    // numpy.random.seed(123), moments by numpy.cov, and what the test holds the library against: linreg, and sqrt(v0 / n0 + v1 / n1).
    const control = {
      n: 5028,
      after: { mean: 49.99737892025025, variance: 1.2123352984689297 },
      before: { mean: 100.01565688654188, variance: 1.0348959042884083 },
      covariance: 0.48397732973978347,
    };
    const treatment = {
      n: 4972,
      after: { mean: 50.5068257404541, variance: 1.2322237679771122 },
      before: { mean: 100.03072274876564, variance: 0.9958227733852685 },
      covariance: 0.5019226424497324,
    };
    const found = demanded(adjustedDifference({ control, treatment }));
    expect(found.theta).toBeCloseTo(0.48725399501244826, 2);
    expect(found.difference / 0.5021059186470053).toBeCloseTo(1, 3);
    expect(found.standardError / 0.019826989879085894).toBeCloseTo(1, 3);
  });

  it("does nothing where what was before tells nothing", () => {
    const arm = { n: 50, after: { mean: 1, variance: 2 }, before: { mean: 5, variance: 1 }, covariance: 0 };
    const treatment = { ...arm, after: { mean: 2, variance: 2 }, before: { mean: 7, variance: 1 } };
    const found = demanded(adjustedDifference({ control: arm, treatment }));
    expect(found).toMatchObject({ theta: 0, difference: 1, reduction: 0 });
    expect(found.degreesOfFreedom).toBeCloseTo(98, 9);
    expect(found.standardError).toBeCloseTo(Math.sqrt(4 / 50), 12);
  });

  it("says where it cannot", () => {
    const arm = { n: 50, after: { mean: 1, variance: 2 }, before: { mean: 5, variance: 0 }, covariance: 0 };
    expect(adjustedDifference({ control: arm, treatment: arm }).status).toBe("insufficient_data");
    expect(adjustedDifference({ control: { ...arm, n: 1 }, treatment: arm }).status).toBe("insufficient_data");
    const broken = { ...arm, covariance: Number.NaN };
    expect(() => adjustedDifference({ control: broken, treatment: arm })).toThrow(RangeError);
  });
});

describe("moments of two ratios over the same clusters", () => {
  const sums = { y: [3, 1, 4, 2, 9], w: [10, 5, 12, 8, 0], x: [2, 0, 5, 0, 7], v: [9, 0, 11, 4, 20] };

  it("have the standard errors of clustered ratios", () => {
    const found = pairedMoments(sums);
    const ratio = noRatioSums();
    for (let i = 0; i < 4; i++) addCluster(ratio, { y: sums.y[i] ?? 0, w: sums.w[i] ?? 0 });
    const { estimate, standardError } = clusteredRatio(ratio);
    expect(found).toMatchObject({ n: 4, after: { mean: estimate }, before: { mean: 7 / 24 } });
    expect(Math.sqrt((found?.after.variance ?? 0) / 4)).toBeCloseTo(standardError, 12);
  });

  it("are the plain ones where every cluster is a unit", () => {
    // numpy: np.cov([1, 2, 4], [2, 2, 5])
    const found = pairedMoments({ y: [1, 2, 4], w: [1, 1, 1], x: [2, 2, 5], v: [1, 1, 1] });
    expect(found?.after.variance).toBeCloseTo(7 / 3, 12);
    expect(found?.before.variance).toBeCloseTo(3, 12);
    expect(found?.covariance).toBeCloseTo(2.5, 12);
  });

  it("are not there where nobody was", () => {
    expect(pairedMoments({ ...sums, v: [0, 0, 0, 0, 0] })).toBeNull();
    expect(pairedMoments({ ...sums, w: [10, 0, 0, 0, 0] })).toBeNull();
  });
});
