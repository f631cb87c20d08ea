import { standardNormalQuantile } from "./distributions.ts";
import { demand, insufficient, type Measured } from "./measured.ts";

/** A share of trials, and what confidence to have. */
export interface Share {
  /** Out of `trials`; not whole where it is a sum of visitors' means. */
  successes: number;
  /** Independent units: visitors rather than logs. */
  trials: number;
  /** For instance 0.95. */
  confidence: number;
}

/** A share with its bounds, 0 <= lower <= estimate <= upper <= 1. */
export interface ShareInterval {
  estimate: number;
  lower: number;
  upper: number;
}

/**
 * Wilson's score interval (1927) of a share, two-sided, without continuity correction: method 3 of Newcombe 1998, "Two-sided
 * confidence intervals for the single proportion", R's prop.test(correct = FALSE), statsmodels' proportion_confint(method=
 * "wilson"). Good from few trials on and at shares near 0 and 1. No trial is insufficient data.
 * @throws RangeError unless 0 <= successes <= trials and 0 < confidence < 1
 */
export function wilsonInterval({ successes, trials, confidence }: Share): Measured<ShareInterval> {
  demand(confidence > 0 && confidence < 1, "confidence is between 0 and 1");
  return wilsonBounds({ successes, trials, confidence: (1 + confidence) / 2 });
}

/**
 * Wilson's bounds of a share, one-sided: each of the two is right with this confidence by itself. A share is below 0.75 beyond
 * doubt if `upper` is.
 * @throws RangeError unless 0 <= successes <= trials and 0.5 < confidence < 1
 */
export function wilsonBounds({ successes, trials, confidence }: Share): Measured<ShareInterval> {
  demand(trials >= 0 && Number.isFinite(trials), "trials are a finite number");
  demand(successes >= 0 && successes <= trials, "successes are between 0 and the trials");
  demand(confidence > 0.5 && confidence < 1, "confidence of one bound is between 0.5 and 1");
  if (trials === 0) return insufficient("no trials");
  const estimate = successes / trials;
  const z2 = standardNormalQuantile(confidence) ** 2;
  const centre = estimate + z2 / (2 * trials);
  const half = Math.sqrt((z2 * estimate * (1 - estimate)) / trials + (z2 / (2 * trials)) ** 2);
  const width = 1 + z2 / trials;
  // At the ends the bound is the end; computed, it may miss it by 1e-17.
  const lower = successes === 0 ? 0 : (centre - half) / width;
  const upper = successes === trials ? 1 : (centre + half) / width;
  return { status: "measured", estimate, lower, upper };
}
