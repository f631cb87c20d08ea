import { type Booster, parseBooster } from "../model/format.ts";
import { freezeForest, unfreezable } from "../model/freeze-forest.ts";
import { openForest } from "../model/open-forest.ts";
import { appendTrees, roundsOf } from "../model/rounds.ts";
import { Scorer } from "../model/scorer.ts";
import { type Training, trainBooster } from "./module.ts";
import { TrainingInputError } from "./training-input.ts";

/** More training of a booster, on other data or the same. */
export interface Continuation extends Omit<Training, "baseMargins"> {
  parent: Booster;
  /** Rounds that a booster may grow to, all continuations together; MAX_ROUNDS if left out. */
  maxRounds?: number;
}

/** Rounds after which continuing no longer pays: every answer and every further round goes through all trees. */
export const MAX_ROUNDS = 400;

/**
 * Goes on boosting: the parent's answers become what new trees add to, and these come after the parent's own, which stay as
 * they are. With subsample 1, 20 rounds and 10 more are 30. Of the two ways to do this, the other (to load the parent into
 * the module) scores all its trees again at every round: 110 ms a round against 45.
 * @throws {TrainingInputError} as trainBooster, and where parent and rounds would exceed the budget: train anew
 */
export async function continueBooster(continuation: Continuation): Promise<Booster> {
  return appendTrees(continuation.parent, parseBooster(await trainBooster(trainingOfChild(continuation))));
}

/**
 * The training whose trees, appended to the parent's, continue it.
 *
 * Random numbers begin anew with every training, so the seed is moved on by the parent's rounds: a continuation does
 * not see the same samples of rows again.
 * @throws {TrainingInputError} where it does not fit the parent, or parent and rounds would exceed the budget
 */
export function trainingOfChild({ parent, maxRounds = MAX_ROUNDS, ...training }: Continuation): Training {
  const { rounds, columns, holdout } = training;
  const before = roundsOf(parent);
  if (before + rounds > maxRounds) {
    const sum = `the parent's ${before} and ${rounds} more are over the ${maxRounds} that a model may have`;
    throw new TrainingInputError("rounds", `${sum}: a full retraining is due`);
  }
  if (parent.features !== columns) {
    throw new TrainingInputError("columns", `must be the parent's ${parent.features}, is ${columns}`);
  }
  if (parent.objective !== training.parameters.objective) {
    throw new TrainingInputError("parameters.objective", `must be the parent's ${parent.objective}`);
  }
  if ("num_class" in training.parameters && training.parameters.num_class !== parent.outputs) {
    throw new TrainingInputError("parameters.num_class", `must be the parent's ${parent.outputs}`);
  }
  return {
    ...training,
    seed: (training.seed + before) % 2 ** 31,
    baseMargins: marginsOf(parent, training.rows),
    holdout: holdout && { ...holdout, baseMargins: marginsOf(parent, holdout.rows) },
  };
}

/** What the module keeps of every row while it trains: the base score first, whatever the order that the parent promises. */
function marginsOf(parent: Booster, rows: Float32Array): Float32Array {
  const booster = { ...parent, baseFirst: true };
  const scorer = unfreezable(booster) === undefined ? openForest(freezeForest([booster])) : new Scorer(booster);
  const count = Math.floor(rows.length / parent.features);
  const margins = new Float32Array(count * parent.outputs);
  for (let row = 0; row < count; row++) {
    const values = rows.subarray(row * parent.features, (row + 1) * parent.features);
    margins.set(scorer.margins(values), row * parent.outputs);
  }
  return margins;
}
