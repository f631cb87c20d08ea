import { chiSquareQuantile, chiSquareUpperTail } from "./distributions.ts";
import { type Histograms, occupiedCells } from "./histograms.ts";
import { demand, type Measured } from "./measured.ts";

/** What PSI found. */
export interface Psi {
  /** >= 0, in nats. 0.10 and 0.20 or 0.25 are the customary thresholds. */
  psi: number;
  /** Cells that hold anything, B below. */
  cells: number;
  /** What each cell of the histograms adds, >= 0, in their order: the largest is the bin that moved most. */
  contributions: number[];
}

/** How large two samples are, in independent units (visitors, or the effective number of them), and over how many cells. */
export interface PsiSizes {
  cells: number;
  referenceSize: number;
  currentSize: number;
}

/** What an empty cell counts as: half an observation (Krichevsky and Trofimov 1981, and Jeffreys' prior). */
const PSEUDO_COUNT = 0.5;

/**
 * Population stability index, sum over cells of (q - p) ln(q / p), natural logarithm: the symmetrised Kullback-Leibler
 * divergence of Jeffreys 1946, for scorecards by Siddiqi 2006, "Credit Risk Scorecards". Here p and q are smoothed shares
 * (count + 0.5) / (n + 0.5 B) over the B cells that hold anything, so that an empty cell neither costs infinity nor depends on
 * a constant. Other tools differ: Evidently 0.7 puts 0.0001 in place of an empty cell's share and cuts bins anew over both
 * samples, so its figures are close only where no cell is empty and the cells are the same. One cell for all is PSI 0.
 * @throws RangeError as `occupiedCells`
 */
export function psi(histograms: Histograms): Measured<Psi> {
  const occupied = occupiedCells(histograms);
  if (occupied.status !== "measured") return occupied;
  const { cells, referenceSize, currentSize } = occupied;
  const contributions: number[] = new Array(histograms.reference.length).fill(0);
  let sum = 0;
  for (const { index, reference, current } of cells) {
    const p = (reference + PSEUDO_COUNT) / (referenceSize + PSEUDO_COUNT * cells.length);
    const q = (current + PSEUDO_COUNT) / (currentSize + PSEUDO_COUNT * cells.length);
    const contribution = (q - p) * Math.log(q / p);
    contributions[index] = contribution;
    sum += contribution;
  }
  return { status: "measured", psi: sum, cells: cells.length, contributions };
}

/**
 * The PSI that two samples of one distribution exceed with probability alpha: chi2inv(1 - alpha, B - 1) (1/n + 1/m), after
 * Yurdakul and Naranjo 2020, "Statistical properties of the population stability index", Journal of Risk Model Validation
 * 14(4). Asymptotic: good from some 5 observations a cell. 0 where there is one cell.
 * @throws RangeError unless 0 < alpha < 1, sizes > 0 and there is a cell
 */
export function psiNoiseBound({ alpha, ...sizes }: PsiSizes & { alpha: number }): number {
  demand(alpha > 0 && alpha < 1, "alpha is between 0 and 1");
  const scale = noiseScale(sizes);
  return sizes.cells === 1 ? 0 : chiSquareQuantile(1 - alpha, sizes.cells - 1) * scale;
}

/**
 * The probability that two samples of one distribution have at least this PSI; the inverse of `psiNoiseBound`. 1 where there is
 * one cell.
 * @throws RangeError unless psi >= 0, sizes > 0 and there is a cell
 */
export function psiPValue({ psi, ...sizes }: PsiSizes & { psi: number }): number {
  demand(psi >= 0, "PSI is not negative");
  const scale = noiseScale(sizes);
  return sizes.cells === 1 ? 1 : chiSquareUpperTail(psi / scale, sizes.cells - 1);
}

/** Variance of a difference of shares, but for p (1 - p). E[PSI] without any drift is about (B - 1) times this. */
function noiseScale({ cells, referenceSize, currentSize }: PsiSizes): number {
  demand(Number.isInteger(cells) && cells >= 1, "there is at least one cell");
  demand(referenceSize > 0 && currentSize > 0, "both samples have a size");
  return 1 / referenceSize + 1 / currentSize;
}
