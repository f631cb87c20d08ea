import type { Objective } from "./format.ts";
import { softmax } from "./softmax.ts";

/**
 * What a model predicts by its margins: probabilities for softprob (bit for bit the module's), the probability of class 1
 * for logistic (to 1e-7 the module's), the number itself for regression.
 */
export function predictionOf(objective: Objective, margins: Float32Array): Float32Array {
  switch (objective) {
    case "multi:softprob":
      return softmax(margins);
    case "binary:logistic":
      return margins.map((margin) => 1 / (1 + Math.exp(-margin)));
    case "reg:linear":
      return margins;
  }
}

/** The margin of a probability, rounded to float32 where XGBoost rounds it; not finite outside of (0, 1). */
export function logOdds(probability: number): number {
  return Math.fround(-Math.log(Math.fround(Math.fround(1 / probability) - 1)));
}

/** What XGBoost takes for 0 and for 1 since 3.2, which also writes these where all labels are one class; before, it refused them. */
const [LEAST_PROBABILITY, MOST_PROBABILITY] = [Math.fround(1e-6), Math.fround(1 - 1e-6)];

/** A probability as XGBoost reads it since 3.2. */
export function clippedProbability(probability: number): number {
  return Math.min(Math.max(probability, LEAST_PROBABILITY), MOST_PROBABILITY);
}
