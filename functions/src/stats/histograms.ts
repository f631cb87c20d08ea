import { demand, insufficient, type Measured } from "./measured.ts";

/**
 * Counts of two samples over the same cells, which were fixed before either was looked at. Counts may be sums of weights; then
 * whoever scales them has them add up to the effective number of visitors.
 */
export interface Histograms {
  reference: ArrayLike<number>;
  current: ArrayLike<number>;
}

/** A cell that either sample has anything in. */
interface Cell {
  /** Its place in the histograms. */
  index: number;
  reference: number;
  current: number;
}

/** Both samples' counts where there are any, and what they add up to, > 0. */
export interface Occupied {
  cells: Cell[];
  referenceSize: number;
  currentSize: number;
}

/**
 * Puts two histograms side by side. Cells that are empty in both say nothing and are left out: they would only count as
 * degrees of freedom.
 * @throws RangeError unless both have the same number of cells and all counts are finite and >= 0
 */
export function occupiedCells({ reference, current }: Histograms): Measured<Occupied> {
  demand(reference.length === current.length, `${reference.length} cells cannot be compared with ${current.length}`);
  const all = Array.from(reference, (count, index) => ({ index, reference: count, current: current[index] ?? 0 }));
  for (const cell of all) {
    demand(isCount(cell.reference) && isCount(cell.current), `cell ${cell.index} does not hold two counts`);
  }
  const referenceSize = all.reduce((sum, cell) => sum + cell.reference, 0);
  const currentSize = all.reduce((sum, cell) => sum + cell.current, 0);
  if (referenceSize === 0) return insufficient("the reference is empty");
  if (currentSize === 0) return insufficient("the current sample is empty");
  const cells = all.filter((cell) => cell.reference > 0 || cell.current > 0);
  return { status: "measured", cells, referenceSize, currentSize };
}

function isCount(value: number): boolean {
  return value >= 0 && Number.isFinite(value);
}
