import { type Adjusted, ranked } from "./holm.ts";
import { demand } from "./measured.ts";

/**
 * Benjamini and Hochberg's step-up procedure (1995): of all rejections a share of at most q is false on average, for tests that
 * are independent or positively dependent (Benjamini and Yekutieli 2001). R's p.adjust(method = "BH"), scipy.stats.
 * false_discovery_control(method="bh"). If nothing is true, it rejects anything at all with probability q at most. A test that
 * had insufficient data does not belong to the family. No test, no answer.
 * @param pValues 0 to 1
 * @throws RangeError for a p-value outside 0 to 1, or unless 0 < q < 1
 */
export function benjaminiHochberg(pValues: readonly number[], { q }: { q: number }): Adjusted {
  demand(q > 0 && q < 1, "q is between 0 and 1");
  const adjusted: number[] = new Array(pValues.length).fill(1);
  let smallest = 1;
  for (const [rank, { p, index }] of [...ranked(pValues).entries()].reverse()) {
    smallest = Math.min(smallest, p * (pValues.length / (rank + 1)));
    adjusted[index] = smallest;
  }
  return { adjusted, rejected: adjusted.map((p) => p <= q) };
}
