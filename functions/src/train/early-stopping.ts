import type { Booster } from "../model/format.ts";
import { predictionOf } from "../model/prediction.ts";
import { roundsOf } from "../model/rounds.ts";
import { Scorer } from "../model/scorer.ts";
import type { Holdout } from "./training-input.ts";

/** Smallest probability that the log-loss counts with, as XGBoost does. */
const LEAST_PROBABILITY = 1e-16;

/**
 * Mean loss of predictions: log-loss of probabilities, squared error of numbers.
 * @param predictions rows x outputs
 */
export function lossOf(objective: Booster["objective"], predictions: Float32Array, labels: Float32Array): number {
  const outputs = predictions.length / labels.length;
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const first = predictions[row * outputs] as number;
    if (objective === "reg:linear") sum += (first - label) ** 2;
    else {
      const one = label === 1 ? first : 1 - first;
      const p = objective === "binary:logistic" ? one : (predictions[row * outputs + label] as number);
      sum -= Math.log(Math.max(p, LEAST_PROBABILITY));
    }
  }
  return sum / labels.length;
}

/** Watches the loss on a hold-out round by round. */
export class EarlyStopping {
  private readonly holdout: Holdout;
  private readonly columns: number;
  private margins: Float32Array | undefined;
  private rounds = 0;
  private leastLoss = Infinity;
  /** The round of the least loss so far. */
  bestRound = 0;

  /** @param holdout as checkTrainingInput takes it */
  constructor(holdout: Holdout, columns: number) {
    this.holdout = holdout;
    this.columns = columns;
  }

  /** Takes the booster after one more round, or several; true if it is time to stop. */
  isOver(booster: Booster): boolean {
    const { rows, labels, patience, baseMargins } = this.holdout;
    const { outputs } = booster;
    this.margins ??= Float32Array.from({ length: labels.length * outputs }, (_, i) =>
      baseMargins === undefined ? (booster.baseScores[i % outputs] as number) : (baseMargins[i] as number),
    );
    const from = this.rounds * outputs;
    const news = new Scorer({
      ...booster,
      roots: booster.roots.subarray(from),
      treeOutput: booster.treeOutput.subarray(from),
      baseScores: new Float32Array(outputs),
    });
    const predictions = new Float32Array(this.margins.length);
    for (let row = 0; row < labels.length; row++) {
      const own = this.margins.subarray(row * outputs, (row + 1) * outputs);
      const added = news.margins(rows.subarray(row * this.columns, (row + 1) * this.columns));
      own.forEach((margin, output) => {
        own[output] = margin + (added[output] as number);
      });
      predictions.set(predictionOf(booster.objective, own), row * outputs);
    }
    this.rounds = roundsOf(booster);
    const loss = lossOf(booster.objective, predictions, labels);
    if (loss < this.leastLoss) {
      this.leastLoss = loss;
      this.bestRound = this.rounds;
    }
    return this.rounds - this.bestRound >= patience;
  }
}
