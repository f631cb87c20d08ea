import type { Alternative } from "./alternative.ts";
import { betaQuantile, binomialCdf, binomialPmf } from "./distributions.ts";
import { demand, insufficient, type Measured } from "./measured.ts";
import type { Share, ShareInterval } from "./wilson.ts";

/** R's and scipy's tolerance for two outcomes to count as equally likely. */
const SAME = 1 + 1e-7;

/**
 * Clopper and Pearson's exact interval (1934) of a share, two-sided: covers with at least this confidence whatever the share
 * is. R's binom.test, scipy.stats.binomtest().proportion_ci(method="exact"). For arms with hardly an event, or none: 0 of n
 * says "at most about 3.7 / n". No trial is insufficient data.
 * @throws RangeError unless successes and trials are whole, 0 <= successes <= trials, and 0 < confidence < 1
 */
export function exactInterval({ successes, trials, confidence }: Share): Measured<ShareInterval> {
  demand(confidence > 0 && confidence < 1, "confidence is between 0 and 1");
  return exactBounds({ successes, trials, confidence: (1 + confidence) / 2 });
}

/**
 * Clopper and Pearson's bounds, one-sided: each of the two is right with at least this confidence by itself. 0 of n has the
 * upper bound "about 3 / n" at 0.95.
 * @throws RangeError unless successes and trials are whole, 0 <= successes <= trials, and 0 < confidence < 1
 */
export function exactBounds({ successes, trials, confidence }: Share): Measured<ShareInterval> {
  demandCounts(successes, trials);
  demand(confidence > 0 && confidence < 1, "confidence is between 0 and 1");
  if (trials === 0) return insufficient("no trials");
  const failures = trials - successes;
  const lower = successes === 0 ? 0 : betaQuantile(1 - confidence, successes, failures + 1);
  const upper = failures === 0 ? 1 : betaQuantile(confidence, successes + 1, failures);
  return { status: "measured", estimate: successes / trials, lower, upper };
}

/**
 * Exact test that the true share is `probability`. One-sided: the tail from the observed count on, `greater` upwards. Two-sided:
 * all outcomes that are not likelier than the observed one, as R's binom.test and scipy.stats.binomtest (not twice the smaller
 * tail). No trial is insufficient data.
 * @throws RangeError unless successes and trials are whole, 0 <= successes <= trials, and 0 < probability < 1
 */
export function binomialTest({
  successes,
  trials,
  probability,
  alternative,
}: {
  successes: number;
  trials: number;
  probability: number;
  alternative: Alternative;
}): Measured<{ estimate: number; pValue: number }> {
  demandCounts(successes, trials);
  demand(probability > 0 && probability < 1, "the probability is between 0 and 1");
  if (trials === 0) return insufficient("no trials");
  const pValue = binomialPValue(successes, trials, probability, alternative);
  return { status: "measured", estimate: successes / trials, pValue: Math.min(1, pValue) };
}

function binomialPValue(k: number, n: number, p: number, alternative: Alternative): number {
  const atMost = (count: number): number => binomialCdf(count, n, p);
  // Counts failures, so that a small tail is not what is left of 1.
  const atLeast = (count: number): number => binomialCdf(n - count, n, 1 - p);
  if (alternative === "less") return atMost(k);
  if (alternative === "greater") return atLeast(k);
  const limit = binomialPmf(k, n, p) * SAME;
  const isUnlikely = (count: number): boolean => binomialPmf(count, n, p) <= limit;
  const mean = n * p;
  if (k === mean) return 1;
  // Beyond the mean, away from k, the mass falls from count to count: the first unlikely one is found by bisection.
  if (k < mean) return atMost(k) + atLeast(firstWhere(isUnlikely, Math.ceil(mean), n + 1));
  return atLeast(k) + atMost(-firstWhere((negative) => isUnlikely(-negative), -Math.floor(mean), 1));
}

/** The first whole number of [from, to) for which it holds, and for all after it; `to` if for none. */
function firstWhere(holds: (value: number) => boolean, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function demandCounts(successes: number, trials: number): void {
  demand(Number.isInteger(successes) && Number.isInteger(trials), "successes and trials are whole numbers");
  demand(successes >= 0 && successes <= trials, "successes are between 0 and the trials");
}
