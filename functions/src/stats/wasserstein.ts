import { standardDeviation } from "simple-statistics";
import { insufficient, type Measured } from "./measured.ts";
import { distancesOf, type Samples, sorted } from "./samples.ts";

/** How far the mass of one sample must be carried to make the other. */
export interface Wasserstein {
  /** In the unit of the values, >= 0. */
  distance: number;
  /** In standard deviations of the reference, >= 0; Evidently's default threshold is 0.1. */
  normed: number;
}

/**
 * Wasserstein-1 (earth mover's) distance of two samples on a line, the area between their empirical distribution functions, as
 * scipy.stats.wasserstein_distance; normed by the reference's standard deviation with n in the denominator (ddof = 0), as
 * Evidently's "Wasserstein distance (normed)". That one divides by 0.001 at least; here a reference that does not vary is no
 * scale: 0 if the current sample is the same constant, else insufficient data (count it in bins). It does not shrink to 0
 * without drift: noise is of the order of sqrt(1/n + 1/m) deviations.
 * @throws RangeError for a value that is not finite
 */
export function wassersteinDistance({ reference, current }: Samples): Measured<Wasserstein> {
  const a = sorted(reference);
  const b = sorted(current);
  if (a.length === 0) return insufficient("the reference is empty");
  if (b.length === 0) return insufficient("the current sample is empty");

  let distance = 0;
  let last = { value: Math.min(a[0] as number, b[0] as number), distance: 0 };
  for (const step of distancesOf(a, b)) {
    distance += Math.abs(last.distance) * (step.value - last.value);
    last = step;
  }
  if (distance === 0) return { status: "measured", distance, normed: 0 };
  // Asked of the values: the deviation of equal ones, computed, need not be 0.
  const isConstant = a[0] === a.at(-1);
  const normed = distance / standardDeviation(Array.from(a));
  if (isConstant || !Number.isFinite(normed)) {
    return insufficient(`the reference does not vary around ${a[0]}: a distance from it has no scale`);
  }
  return { status: "measured", distance, normed };
}
