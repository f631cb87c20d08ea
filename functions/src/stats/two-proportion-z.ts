import { type Alternative, symmetricPValue } from "./alternative.ts";
import { standardNormalCdf, standardNormalQuantile } from "./distributions.ts";
import { demand, type InsufficientData, insufficient, type Measured } from "./measured.ts";

/** Successes out of so many independent units. */
interface Counted {
  successes: number;
  trials: number;
}

/** Two arms; differences of their shares are treatment minus control. */
export interface Arms {
  control: Counted;
  treatment: Counted;
}

/**
 * z-test that two shares are equal, the variance **pooled** as it would be if they were: R's prop.test(correct = FALSE), whose
 * X-squared is z squared, statsmodels' proportions_ztest. No trial in an arm, or the same outcome everywhere, is insufficient
 * data. Normal approximation: wants `smallestExpected`, the least of the four expected counts, of 5.
 * @param alternative `less` asks whether treatment's share is below control's
 * @throws RangeError unless 0 <= successes <= trials
 */
export function twoProportionTest({ control, treatment, alternative }: Arms & { alternative: Alternative }): Measured<{
  difference: number;
  statistic: number;
  pValue: number;
  smallestExpected: number;
}> {
  const lack = lackOf({ control, treatment });
  if (lack !== undefined) return lack;
  const pooled = (control.successes + treatment.successes) / (control.trials + treatment.trials);
  if (pooled === 0) return insufficient("no arm has a success");
  if (pooled === 1) return insufficient("no arm has a failure");
  const difference = differenceOf({ control, treatment });
  const statistic = difference / Math.sqrt(pooled * (1 - pooled) * (1 / control.trials + 1 / treatment.trials));
  const smallestExpected = Math.min(control.trials, treatment.trials) * Math.min(pooled, 1 - pooled);
  const pValue = symmetricPValue(statistic, alternative, standardNormalCdf);
  return { status: "measured", difference, statistic, pValue, smallestExpected };
}

/**
 * Interval of the difference of two shares, two-sided, the variances **not pooled** (Wald): method 1 of Newcombe 1998,
 * "Interval estimation for the difference between independent proportions", statsmodels' confint_proportions_2indep(method=
 * "wald"). An arm without a success or without a failure has no variance to show, and is insufficient data: see
 * `exact-binomial.ts`.
 * @param confidence two-sided; for a one-sided bound of 0.95 ask for 0.90
 * @throws RangeError unless 0 <= successes <= trials and 0 < confidence < 1
 */
export function twoProportionInterval({
  control,
  treatment,
  confidence,
}: Arms & { confidence: number }): Measured<{ difference: number; lower: number; upper: number }> {
  demand(confidence > 0 && confidence < 1, "confidence is between 0 and 1");
  const lack = lackOf({ control, treatment });
  if (lack !== undefined) return lack;
  for (const [name, { successes, trials }] of Object.entries({ control, treatment })) {
    if (successes === 0) return insufficient(`${name} has no success in ${trials}`);
    if (successes === trials) return insufficient(`${name} has no failure in ${trials}`);
  }
  const difference = differenceOf({ control, treatment });
  const half =
    standardNormalQuantile((1 + confidence) / 2) * Math.sqrt(squaredError(control) + squaredError(treatment));
  return { status: "measured", difference, lower: difference - half, upper: difference + half };
}

function squaredError({ successes, trials }: Counted): number {
  return ((successes / trials) * (1 - successes / trials)) / trials;
}

function differenceOf({ control, treatment }: Arms): number {
  return treatment.successes / treatment.trials - control.successes / control.trials;
}

function lackOf(arms: Arms): InsufficientData | undefined {
  for (const [name, { successes, trials }] of Object.entries(arms)) {
    demand(Number.isFinite(trials), `trials of ${name} are finite`);
    demand(successes >= 0 && successes <= trials, `successes of ${name} are between 0 and the trials`);
    if (trials === 0) return insufficient(`${name} has no trials`);
  }
  return undefined;
}
