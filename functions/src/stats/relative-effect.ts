import { demand, insufficient, type Measured } from "./measured.ts";

/** Two estimates that do not depend on each other, and the squares of their standard errors. */
export interface ArmEstimates {
  control: number;
  treatment: number;
  squares: { control: number; treatment: number };
}

/** What the treatment changes, as a part of the control: 0.1 is a tenth more. */
export interface RelativeEffect {
  effect: number;
  standardError: number;
}

/**
 * T / C - 1 with its standard error by the delta method, var(T) / C^2 + var(C) T^2 / C^4: GrowthBook's gbstats (`difference_type =
 * "relative"`). The control's own error counts, so that it is no mere rescaling of the difference's. A control that is not above 0
 * has no parts: insufficient data.
 * @throws RangeError for figures that are not finite, or negative squares
 */
export function relativeEffect({ control, treatment, squares }: ArmEstimates): Measured<RelativeEffect> {
  demand([control, treatment, squares.control, squares.treatment].every(Number.isFinite), "estimates are finite");
  demand(squares.control >= 0 && squares.treatment >= 0, "squares are not negative");
  if (control <= 0) return insufficient("the control is not above 0");
  const ratio = treatment / control;
  const standardError = Math.sqrt(squares.treatment + ratio * ratio * squares.control) / control;
  return { status: "measured", effect: ratio - 1, standardError };
}
