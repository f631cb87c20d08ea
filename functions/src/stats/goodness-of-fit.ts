import { chiSquareUpperTail } from "./distributions.ts";
import { demand } from "./measured.ts";
import type { DealtUnits } from "./sample-ratio.ts";

/** What the test found. */
export interface GoodnessOfFit {
  /** Pearson's, >= 0. */
  statistic: number;
  degreesOfFreedom: number;
  /** Upper tail; 1 without any unit. */
  pValue: number;
}

/**
 * Pearson's test that units fall into the arms in the shares in which they were dealt, for one look: scipy.stats.chisquare, GrowthBook's
 * checkSrm. Over stretches with other shares the statistics and their degrees of freedom (arms less one) add up, since the
 * stretches are independent; one without units says nothing and is left out.
 * @throws RangeError for counts and shares of unlike length, fewer than two arms, negative counts, shares that are not positive
 */
export function goodnessOfFit(stretches: readonly DealtUnits[]): GoodnessOfFit {
  let [statistic, degreesOfFreedom] = [0, 0];
  for (const { counts, shares } of stretches) {
    demand(counts.length === shares.length && counts.length > 1, "there is a share for each of several counts");
    demand(
      counts.every((count) => count >= 0),
      "counts are not negative",
    );
    demand(
      shares.every((share) => share > 0),
      "shares are positive",
    );
    const units = counts.reduce((sum, count) => sum + count, 0);
    if (units === 0) continue;
    const dealt = shares.reduce((sum, share) => sum + share, 0);
    counts.forEach((count, i) => {
      const expected = (units * (shares[i] ?? 0)) / dealt;
      statistic += (count - expected) ** 2 / expected;
    });
    degreesOfFreedom += counts.length - 1;
  }
  const pValue = degreesOfFreedom === 0 ? 1 : chiSquareUpperTail(statistic, degreesOfFreedom);
  return { statistic, degreesOfFreedom, pValue };
}
