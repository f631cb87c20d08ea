import { standardNormalCdf, tQuantile } from "./distributions.ts";
import { demand } from "./measured.ts";

/** What the width of a sequence depends on, beside the standard error. */
export interface SequenceQuestion {
  /** Probability that any bound, at any time, is on the wrong side. */
  alpha: number;
  /** Independent observations that the estimate is worth so far. */
  n: number;
  /** Observations at which the sequence is to be narrowest: it is valid at all others, and a little wider. */
  tunedFor: number;
  sides: 1 | 2;
  /** Degrees of freedom of the standard error; left out where that is as good as known. */
  degreesOfFreedom?: number;
}

/**
 * Standard errors between an estimate and its bound in an asymptotic confidence sequence: bounds that hold at all times at once, so
 * that one may look as often as one likes and stop when one likes. With x = n rho^2:
 *
 *   sqrt(2 (x + 1) / x ln(1 + sqrt(x + 1) / (2 alpha)))           one-sided
 *   sqrt((x + 1) / x ln((x + 1) / alpha^2))                       two-sided
 *
 * Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, "Time-uniform central limit theory and asymptotic confidence
 * sequences", Annals of Statistics 52, propositions B.1 and 2.2; rho by their (24): rho^2 = (-2 ln a + ln(-2 ln a + 1)) / tunedFor,
 * where a is alpha (two-sided, as in GrowthBook's gbstats) or 2 alpha. With degrees of freedom the normal quantile becomes that of
 * Student's t with the same tail.
 * @throws RangeError unless 0 < alpha < 1 (1/2 for one side), n > 0, tunedFor > 0 and the degrees of freedom, if told, > 0
 */
export function sequenceWidth({ alpha, n, tunedFor, sides, degreesOfFreedom }: SequenceQuestion): number {
  demand(alpha > 0 && alpha * (sides === 1 ? 2 : 1) < 1, "alpha is between 0 and 1, for one side 1/2");
  demand(n > 0 && tunedFor > 0, "n and tunedFor are positive");
  const spent = -2 * Math.log(sides === 1 ? 2 * alpha : alpha);
  const x = (n * (spent + Math.log(spent + 1))) / tunedFor;
  const width =
    sides === 1
      ? Math.sqrt(((2 * (x + 1)) / x) * Math.log1p(Math.sqrt(x + 1) / (2 * alpha)))
      : Math.sqrt(((x + 1) / x) * Math.log((x + 1) / alpha ** 2));
  if (degreesOfFreedom === undefined) return width;
  demand(degreesOfFreedom > 0, "degrees of freedom are positive");
  const tail = standardNormalCdf(-width);
  // Below the smallest double there is no quantile to ask for: nothing is ever so far out.
  return tail > 0 ? Math.max(width, -tQuantile(tail, degreesOfFreedom)) : Number.POSITIVE_INFINITY;
}

/**
 * Always-valid p-value of an estimate that is so many standard errors from the null: the least alpha whose sequence would exclude it,
 * two-sided: min(1, sqrt((x + 1) exp(-x z^2 / (x + 1)))), rho held at that of `alpha`, as GrowthBook does.
 * @throws RangeError for a z that is not a number, or unless 0 < alpha < 1, n > 0 and tunedFor > 0
 */
export function sequentialPValue(
  z: number,
  { alpha, n, tunedFor }: Pick<SequenceQuestion, "alpha" | "n" | "tunedFor">,
): number {
  demand(!Number.isNaN(z), "z is a number");
  demand(alpha > 0 && alpha < 1, "alpha is between 0 and 1");
  demand(n > 0 && tunedFor > 0, "n and tunedFor are positive");
  const spent = -2 * Math.log(alpha);
  const x = (n * (spent + Math.log(spent + 1))) / tunedFor;
  return Math.min(1, Math.sqrt((x + 1) * Math.exp((-x * z * z) / (x + 1))));
}
