import { gammaln } from "simple-statistics";
import { demand } from "./measured.ts";

/** Units that were seen in each arm, and the shares in which they were dealt. */
export interface DealtUnits {
  counts: readonly number[];
  /** In the order of `counts`; they add up to 1. */
  shares: readonly number[];
}

/**
 * Natural logarithm of the evidence that units do not fall into the arms in the shares in which they were dealt: the Bayes factor of a
 * Dirichlet-multinomial, centred on the shares, against the multinomial. Where the shares are right it exceeds 1/alpha at any time
 * with probability alpha at most. Stretches with other shares are multiplied.
 *
 * Lindon and Malek 2022, "Anytime-valid inference for multinomial count data", NeurIPS.
 * @param concentration of the Dirichlet: the larger, the smaller the deviations that are looked for
 * @throws RangeError for counts and shares of unlike length, negative counts, shares that are not positive or do not add up to 1, or
 *   unless the concentration is positive
 */
export function logEvidenceOfMismatch(stretches: readonly DealtUnits[], concentration: number): number {
  demand(concentration > 0, "the concentration is positive");
  return stretches.reduce((sum, { counts, shares }) => {
    demand(counts.length === shares.length && counts.length > 1, "there is a share for each of several counts");
    demand(
      counts.every((count) => count >= 0),
      "counts are not negative",
    );
    const total = shares.reduce((all, share) => all + share, 0);
    demand(shares.every((share) => share > 0) && Math.abs(total - 1) < 1e-9, "shares are positive and add up to 1");
    const units = counts.reduce((all, count) => all + count, 0);
    const arms = counts.map((count, i) => {
      const share = shares[i] ?? 0;
      const prior = concentration * share;
      return gammaln(prior + count) - gammaln(prior) - count * Math.log(share);
    });
    return sum + gammaln(concentration) - gammaln(concentration + units) + arms.reduce((all, arm) => all + arm, 0);
  }, 0);
}
