import { type Histograms, occupiedCells } from "./histograms.ts";
import type { Measured } from "./measured.ts";

/**
 * Jensen-Shannon **distance** of two histograms: the square root of the divergence of Lin 1991, which makes it a metric (Endres
 * and Schindelin 2003). Logarithm to base **2**, so 0 where shares are equal and 1 where no cell is shared; as
 * scipy.spatial.distance.jensenshannon(p, q, base=2) and NannyML have it. Evidently 0.7 takes the natural logarithm, which is
 * smaller by the factor sqrt(ln 2) = 0.8326. Nothing is smoothed: empty cells do no harm. Without any drift it is not 0 but
 * about sqrt((B - 1) (1/n + 1/m) / (8 ln 2)) for B cells and samples of n and m.
 * @throws RangeError as `occupiedCells`
 */
export function jensenShannonDistance(histograms: Histograms): Measured<{ distance: number }> {
  const occupied = occupiedCells(histograms);
  if (occupied.status !== "measured") return occupied;
  const { cells, referenceSize, currentSize } = occupied;
  let divergence = 0;
  for (const { reference, current } of cells) {
    const p = reference / referenceSize;
    const q = current / currentSize;
    divergence += (towardsMiddle(p, q) + towardsMiddle(q, p)) / 2;
  }
  // Rounding may step over either end by 1e-16.
  return { status: "measured", distance: Math.sqrt(Math.min(1, Math.max(0, divergence))) };
}

/** p log2(p / m) with m halfway between p and q; 0 at p = 0. */
function towardsMiddle(p: number, q: number): number {
  return p === 0 ? 0 : p * Math.log2((2 * p) / (p + q));
}
