import { mean, sampleVariance } from "simple-statistics";
import { type Alternative, symmetricPValue } from "./alternative.ts";
import { tCdf, tQuantile } from "./distributions.ts";
import { demand, type InsufficientData, insufficient, type Measured } from "./measured.ts";

/** What Welch's test wants to know of a sample. */
export interface Moments {
  /** Independent units. */
  n: number;
  mean: number;
  /** With n - 1 in the denominator (ddof = 1). */
  variance: number;
}

/** What the test found; differences are treatment minus control. */
export interface WelchT {
  difference: number;
  standardError: number;
  statistic: number;
  /** Welch-Satterthwaite, not whole. */
  degreesOfFreedom: number;
  pValue: number;
  /** Two-sided interval of the difference, whatever the alternative: for a one-sided bound of 0.95 ask for 0.90. */
  lower: number;
  upper: number;
}

/** What is asked: `less` that treatment is below control. */
export interface WelchQuestion {
  /** Of the interval, two-sided; for instance 0.95. */
  confidence: number;
  alternative: Alternative;
}

/**
 * Welch's t-test (1947) of the difference of two means, variances unequal, from moments: R's t.test, scipy.stats.
 * ttest_ind_from_stats(equal_var=False). Fewer than two units, or a sample that does not vary, is insufficient data: its
 * variance is not known, however equal its values are. As R's, it takes a sample for constant whose standard error is below ten
 * roundings of its mean.
 * @throws RangeError for moments that are not finite, a negative variance, or unless 0 < confidence < 1
 */
export function welchTest(
  { control, treatment }: { control: Moments; treatment: Moments },
  { confidence, alternative }: WelchQuestion,
): Measured<WelchT> {
  demand(confidence > 0 && confidence < 1, "confidence is between 0 and 1");
  const lack = lackOf("control", control) ?? lackOf("treatment", treatment);
  if (lack !== undefined) return lack;

  const controlSquare = control.variance / control.n;
  const treatmentSquare = treatment.variance / treatment.n;
  const standardError = Math.sqrt(controlSquare + treatmentSquare);
  // By shares of the squared error, since its own square may underflow.
  const share = treatmentSquare / (controlSquare + treatmentSquare);
  const degreesOfFreedom = 1 / (share ** 2 / (treatment.n - 1) + (1 - share) ** 2 / (control.n - 1));
  const difference = treatment.mean - control.mean;
  const statistic = difference / standardError;
  const half = tQuantile((1 + confidence) / 2, degreesOfFreedom) * standardError;
  return {
    status: "measured",
    difference,
    standardError,
    statistic,
    degreesOfFreedom,
    pValue: symmetricPValue(statistic, alternative, (x) => tCdf(x, degreesOfFreedom)),
    lower: difference - half,
    upper: difference + half,
  };
}

/**
 * The same test from the values of independent units.
 * @throws RangeError for a value that is not finite, or unless 0 < confidence < 1
 */
export function welchTestOfSamples(
  { control, treatment }: { control: number[]; treatment: number[] },
  question: WelchQuestion,
): Measured<WelchT> {
  return welchTest({ control: momentsOf(control), treatment: momentsOf(treatment) }, question);
}

function momentsOf(values: number[]): Moments {
  const n = values.length;
  return { n, mean: n === 0 ? 0 : mean(values), variance: n < 2 ? 0 : sampleVariance(values) };
}

function lackOf(name: string, { n, mean, variance }: Moments): InsufficientData | undefined {
  demand(n >= 0 && variance >= 0, `n and variance of ${name} are not negative`);
  demand([n, mean, variance].every(Number.isFinite), `the moments of ${name} are finite`);
  if (n < 2) return insufficient(`${name} has ${n} units, 2 are needed`);
  if (Math.sqrt(variance / n) <= 10 * Number.EPSILON * Math.abs(mean)) return insufficient(`${name} does not vary`);
  return undefined;
}
