/** Probabilities and right answers of rows. */
export interface Classified {
  /** rows x classes, row by row. */
  probabilities: ArrayLike<number>;
  /** Class of each row, from 0. */
  labels: ArrayLike<number>;
  classes: number;
}

/** What a classifier is worth on rows that it has not seen. */
export interface ClassificationFigures {
  accuracy: number;
  /** Mean over the classes of F1 = 2 tp / (2 tp + fp + fn); 0 for a class that is neither there nor predicted, as in scikit-learn. */
  macroF1: number;
  /** Expected calibration error: mean distance of confidence and accuracy over the bins of `reliability`, by their rows. */
  ece: number;
  reliability: ReliabilityBin[];
}

/** Rows whose confidence (the probability of the predicted class) is in (from, to]. */
interface ReliabilityBin {
  from: number;
  to: number;
  rows: number;
  /** Means; NaN without rows. */
  confidence: number;
  accuracy: number;
}

/** Bins of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks". */
const BINS = 10;

/** Judges a classifier by its predictions; the first of equally probable classes is predicted. */
export function classificationFigures({ probabilities, labels, classes }: Classified): ClassificationFigures {
  const hits = new Int32Array(classes);
  const predicted = new Int32Array(classes);
  const actual = new Int32Array(classes);
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, confidence: 0, right: 0 }));
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    let guess = 0;
    const of = (c: number): number => probabilities[row * classes + c] as number;
    for (let c = 1; c < classes; c++) if (of(c) > of(guess)) guess = c;
    count(predicted, guess);
    count(actual, label);
    if (guess === label) count(hits, label);
    const bin = bins[Math.min(BINS - 1, Math.max(0, Math.ceil(of(guess) * BINS) - 1))];
    if (bin === undefined) continue;
    bin.rows++;
    bin.confidence += of(guess);
    bin.right += guess === label ? 1 : 0;
  }
  const rows = labels.length;
  const f1 = Array.from(hits, (tp, c) => {
    const both = (predicted[c] as number) + (actual[c] as number);
    return both === 0 ? 0 : (2 * tp) / both;
  });
  return {
    accuracy: hits.reduce((a, b) => a + b, 0) / rows,
    macroF1: f1.reduce((a, b) => a + b, 0) / classes,
    ece: bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / rows,
    reliability: bins.map(({ rows: own, confidence, right }, i) => ({
      from: i / BINS,
      to: (i + 1) / BINS,
      rows: own,
      confidence: confidence / own,
      accuracy: right / own,
    })),
  };
}

function count(counts: Int32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}
