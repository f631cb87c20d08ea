import { mostProbable } from "../model/softmax.ts";

/** What a classifier is worth on rows that it has not seen; all over weighted rows. NaN where no row has weight. */
export interface ClassificationFigures {
  accuracy: number;
  /** Mean of -ln(probability of the class that was right), nats. */
  logLoss: number;
  /** Mean of F1 = 2 tp / (2 tp + fp + fn) over the classes that are there or predicted, as scikit-learn's f1_score by default. */
  macroF1: number;
  /** Expected calibration error: mean distance of confidence and accuracy over the bins of reliability, by their weight. */
  ece: number;
}

/** Rows whose confidence (the probability of the predicted class) is in (from, to]. */
export interface ReliabilityBin {
  from: number;
  to: number;
  weight: number;
  /** Means; 0 without weight. */
  confidence: number;
  accuracy: number;
}

/** Bins of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks". */
const BINS = 10;
const BIN_SUMS = 3;

/**
 * Least probability that log-loss reckons with: a class that was called impossible costs 36.04 nats. It is the machine
 * epsilon of float64, as in scikit-learn's log_loss.
 */
const LEAST_PROBABILITY = 2 ** -52;

/** One row: what it was given for each class, and what was right. */
export interface ClassifiedRow {
  probabilities: ArrayLike<number>;
  /** Class, from 0. */
  label: number;
  weight: number;
}

/**
 * How many sums the figures of a classifier take: the losses, the confusion (actual x predicted), and three for each bin.
 * They add up: sums of some rows and sums of others are sums of both.
 */
export function sumsOf(classes: number): number {
  return 1 + classes * classes + BINS * BIN_SUMS;
}

/** Adds a row to the sums that begin at `at`; the first of equally probable classes is predicted. */
export function addRow(sums: Float64Array, at: number, classes: number, row: ClassifiedRow): void {
  const { probabilities, label, weight } = row;
  const of = (c: number): number => probabilities[c] as number;
  const guess = mostProbable(probabilities);
  const add = (i: number, value: number): void => {
    sums[at + i] = (sums[at + i] as number) + weight * value;
  };
  add(0, -Math.log(Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, of(label)))));
  add(1 + label * classes + guess, 1);
  const bin = binsFrom(classes) + BIN_SUMS * Math.min(BINS - 1, Math.max(0, Math.ceil(of(guess) * BINS) - 1));
  add(bin, 1);
  add(bin + 1, of(guess));
  add(bin + 2, Number(guess === label));
}

function binsFrom(classes: number): number {
  return 1 + classes * classes;
}

/** The figures that sums beginning at `at` amount to. */
export function figuresFrom(sums: Float64Array, at: number, classes: number): ClassificationFigures {
  const confusion = (actual: number, predicted: number): number =>
    sums[at + 1 + actual * classes + predicted] as number;
  let weight = 0;
  let right = 0;
  let f1 = 0;
  let present = 0;
  for (let c = 0; c < classes; c++) {
    let both = 0;
    for (let other = 0; other < classes; other++) {
      weight += confusion(c, other);
      both += confusion(c, other) + confusion(other, c);
    }
    right += confusion(c, c);
    if (both === 0) continue;
    f1 += (2 * confusion(c, c)) / both;
    present++;
  }
  let gap = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const from = at + binsFrom(classes) + BIN_SUMS * bin;
    gap += Math.abs((sums[from + 1] as number) - (sums[from + 2] as number));
  }
  if (weight === 0) return { accuracy: Number.NaN, logLoss: Number.NaN, macroF1: Number.NaN, ece: Number.NaN };
  return { accuracy: right / weight, logLoss: (sums[at] as number) / weight, macroF1: f1 / present, ece: gap / weight };
}

/** How confidence and accuracy go together, bin by bin. */
export function reliabilityFrom(sums: Float64Array, at: number, classes: number): ReliabilityBin[] {
  return Array.from({ length: BINS }, (_, bin) => {
    const from = at + binsFrom(classes) + BIN_SUMS * bin;
    const weight = sums[from] as number;
    const mean = (sum: number): number => (weight === 0 ? 0 : sum / weight);
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      weight,
      confidence: mean(sums[from + 1] as number),
      accuracy: mean(sums[from + 2] as number),
    };
  });
}

/**
 * The figures of a classifier on some rows.
 * @param probabilities rows x classes, row by row
 * @param labels class of each row
 * @param weights 1 for each if left out
 */
export function classificationFigures({
  probabilities,
  labels,
  weights,
  classes,
}: {
  probabilities: ArrayLike<number>;
  labels: ArrayLike<number>;
  weights?: ArrayLike<number>;
  classes: number;
}): ClassificationFigures {
  const sums = new Float64Array(sumsOf(classes));
  for (let row = 0; row < labels.length; row++) {
    const of = { length: classes } as { length: number; [c: number]: number };
    for (let c = 0; c < classes; c++) of[c] = probabilities[row * classes + c] as number;
    addRow(sums, 0, classes, { probabilities: of, label: labels[row] as number, weight: weights?.[row] ?? 1 });
  }
  return figuresFrom(sums, 0, classes);
}
