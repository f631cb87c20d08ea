import { type Histograms, occupiedCells } from "./histograms.ts";
import { demand, type Measured } from "./measured.ts";

/**
 * Total variation distance of two histograms, half the sum of |q - p|: the share of one sample that would have to change its
 * cell to look like the other; 0 to 1. Nothing is smoothed.
 * @throws RangeError as `occupiedCells`
 */
export function totalVariation(histograms: Histograms): Measured<{ distance: number }> {
  const occupied = occupiedCells(histograms);
  if (occupied.status !== "measured") return occupied;
  const { cells, referenceSize, currentSize } = occupied;
  const sum = cells.reduce(
    (total, { reference, current }) => total + Math.abs(current / currentSize - reference / referenceSize),
    0,
  );
  return { status: "measured", distance: Math.min(1, sum / 2) };
}

/**
 * How far a measured total variation exceeds its own expectation with probability at most alpha, whatever the distributions:
 * sqrt(ln(1 / alpha) / 2 (1/n + 1/m)), McDiarmid's inequality of 1989, since one observation moves it by 1/n or 1/m. One-sided.
 * The expectation in turn is above the true distance, by at most sqrt((B - 1) (1/n + 1/m)) / 2 over B cells (all of it where the
 * true distance is 0). For few cells the first bound is wide enough to hold both.
 * @param sizes of the samples, in independent units
 * @throws RangeError unless 0 < alpha < 1 and sizes > 0
 */
export function totalVariationNoise({
  referenceSize,
  currentSize,
  alpha,
}: {
  referenceSize: number;
  currentSize: number;
  alpha: number;
}): number {
  demand(alpha > 0 && alpha < 1, "alpha is between 0 and 1");
  demand(referenceSize > 0 && currentSize > 0, "both samples have a size");
  return Math.sqrt((Math.log(1 / alpha) / 2) * (1 / referenceSize + 1 / currentSize));
}
