import { demand } from "./measured.ts";

/** What a family of tests says together, each in the place of its p-value. */
export interface Adjusted {
  /** The smallest level of the family at which this hypothesis is rejected, 0 to 1. */
  adjusted: number[];
  rejected: boolean[];
}

/**
 * Holm's step-down procedure (1979): the probability of **any** false rejection is at most alpha, however the tests depend on
 * each other. R's p.adjust(method = "holm"), statsmodels' multipletests(method="holm"). A test that had insufficient data
 * does not belong to the family. No test, no answer.
 * @param pValues 0 to 1
 * @throws RangeError for a p-value outside 0 to 1, or unless 0 < alpha < 1
 */
export function holm(pValues: readonly number[], { alpha }: { alpha: number }): Adjusted {
  demand(alpha > 0 && alpha < 1, "alpha is between 0 and 1");
  const adjusted: number[] = new Array(pValues.length).fill(1);
  let largest = 0;
  ranked(pValues).forEach(({ p, index }, rank) => {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return { adjusted, rejected: adjusted.map((p) => p <= alpha) };
}

/**
 * p-values from the smallest on, and where they stood.
 * @throws RangeError for one outside 0 to 1
 */
export function ranked(pValues: readonly number[]): { p: number; index: number }[] {
  demand(
    pValues.every((p) => p >= 0 && p <= 1),
    "p-values are between 0 and 1",
  );
  return pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
}
