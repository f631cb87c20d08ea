import { demand, insufficient, type Measured } from "./measured.ts";

/** Units of an arm with what is compared, and with what was known of them before. */
export interface PairedMoments {
  /** Independent units. */
  n: number;
  after: { mean: number; variance: number };
  before: { mean: number; variance: number };
  /** Variances and covariance with n - 1 in the denominator (ddof = 1). */
  covariance: number;
}

/** A difference of two arms, treatment minus control, from which is taken what was different before. */
export interface AdjustedDifference {
  /** Regression coefficient of after on before, the same in both arms. */
  theta: number;
  difference: number;
  standardError: number;
  /** Welch-Satterthwaite. */
  degreesOfFreedom: number;
  /** Squared standard errors of the arms' adjusted means. */
  squares: { control: number; treatment: number };
  /** Part of the difference's variance that is taken away, 0-1. */
  reduction: number;
}

/**
 * CUPED: the difference of adjusted means, after - theta (before - its mean). Theta is that with the least variance of the difference,
 * (covT/nT + covC/nC) / (varT/nT + varC/nC), which is GrowthBook's for arms of like size. What was before must not hang on the arm.
 *
 * Deng, Xu, Kohavi and Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data",
 * WSDM; gbstats' RegressionAdjustedStatistic.
 * @throws RangeError for moments that are not finite, or negative variances
 */
export function adjustedDifference({
  control,
  treatment,
}: {
  control: PairedMoments;
  treatment: PairedMoments;
}): Measured<AdjustedDifference> {
  for (const { after, before, covariance } of [control, treatment]) {
    demand(
      [after.mean, after.variance, before.mean, before.variance, covariance].every(Number.isFinite),
      "moments are finite",
    );
    demand(after.variance >= 0 && before.variance >= 0, "variances are not negative");
  }
  if (control.n < 2 || treatment.n < 2) return insufficient("an arm has fewer than two units");
  const spread = control.before.variance / control.n + treatment.before.variance / treatment.n;
  if (spread === 0) return insufficient("what was before does not vary");
  const theta = (control.covariance / control.n + treatment.covariance / treatment.n) / spread;
  const squareOf = ({ n, after, before, covariance }: PairedMoments): number =>
    Math.max(0, after.variance + theta * theta * before.variance - 2 * theta * covariance) / n;
  const squares = { control: squareOf(control), treatment: squareOf(treatment) };
  const variance = squares.control + squares.treatment;
  const plain = control.after.variance / control.n + treatment.after.variance / treatment.n;
  if (!(variance > 0)) return insufficient("nothing varies that was not so before");
  const pieces = squares.control ** 2 / (control.n - 1) + squares.treatment ** 2 / (treatment.n - 1);
  const was = treatment.before.mean - control.before.mean;
  return {
    status: "measured",
    theta,
    difference: treatment.after.mean - control.after.mean - theta * was,
    standardError: Math.sqrt(variance),
    degreesOfFreedom: variance ** 2 / pieces,
    squares,
    reduction: 1 - variance / plain,
  };
}

/** Sums of an arm by cluster of units: y over w is what is compared, x over v the same before. */
export interface PairedSums {
  y: ArrayLike<number>;
  w: ArrayLike<number>;
  x: ArrayLike<number>;
  v: ArrayLike<number>;
}

/**
 * Moments of two ratios over the same clusters, linearised (Cochran 1977, section 6.3): their means are the ratios, their variances over
 * n the squares of `clusteredRatio`'s standard errors. A cluster without w is left out; one that was not there before is as the
 * mean. Null for fewer than two clusters, or where nothing was before.
 */
export function pairedMoments({ y, w, x, v }: PairedSums): PairedMoments | null {
  const used = Array.from({ length: w.length }, (_, i) => i).filter((i) => (w[i] ?? 0) > 0);
  const n = used.length;
  const sum = (of: ArrayLike<number>): number => used.reduce((all, i) => all + (of[i] ?? 0), 0);
  const [weight, earlier] = [sum(w), sum(v)];
  if (n < 2 || !(earlier > 0)) return null;
  const [after, before] = [sum(y) / weight, sum(x) / earlier];
  let [squareAfter, squareBefore, product] = [0, 0, 0];
  for (const i of used) {
    const a = (((y[i] ?? 0) - after * (w[i] ?? 0)) * n) / weight;
    const b = (((x[i] ?? 0) - before * (v[i] ?? 0)) * n) / earlier;
    squareAfter += a * a;
    squareBefore += b * b;
    product += a * b;
  }
  return {
    n,
    after: { mean: after, variance: squareAfter / (n - 1) },
    before: { mean: before, variance: squareBefore / (n - 1) },
    covariance: product / (n - 1),
  };
}
