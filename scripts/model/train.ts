import type { Booster } from "../../functions/src/model/format.ts";
import { parseBooster } from "../../functions/src/model/format.ts";
import { predictionOf } from "../../functions/src/model/prediction.ts";
import { roundsOf } from "../../functions/src/model/rounds.ts";
import { Scorer } from "../../functions/src/model/scorer.ts";
import { continueBooster } from "../../functions/src/train/continue-booster.ts";
import { lossOf } from "../../functions/src/train/early-stopping.ts";
import { type Training, trainBooster } from "../../functions/src/train/module.ts";
import { readModelFile, writeModelFile } from "./model-files.ts";
import { RefusedError, readNumbers, readRows } from "./ndjson.ts";
import { progressBar } from "./progress.ts";

/** What the command line says. */
export interface TrainOptions {
  rows: string;
  labels: string;
  weights?: string;
  objective?: string;
  rounds: number;
  param: Record<string, unknown>;
  seed: number;
  out: string;
  continue?: string;
  cv?: number;
  deadline?: number;
}

/** XGBoost's own defaults, with hist, which is several times faster than exact and as good. */
const DEFAULTS = {
  eta: 0.3,
  max_depth: 6,
  min_child_weight: 1,
  lambda: 1,
  subsample: 1,
  colsample_bytree: 1,
  tree_method: "hist",
};

/** Trains as told, writes the model, and gives one line of figures. */
export async function train(options: TrainOptions): Promise<Record<string, unknown>> {
  const { values, columns, count } = await readRows(options.rows);
  const labels = await readNumbers(options.labels);
  const weights = options.weights === undefined ? undefined : await readNumbers(options.weights);
  if (labels.length !== count) {
    throw new RefusedError(`${options.labels} has ${labels.length} labels, ${options.rows} ${count} rows`);
  }
  const parent = options.continue === undefined ? undefined : readModelFile(options.continue).booster;
  const parameters = {
    ...DEFAULTS,
    ...options.param,
    ...objectiveOf(options, labels, parent),
  } as Training["parameters"];
  const { rounds, seed } = options;
  const training = { rows: Float32Array.from(values), columns, labels, weights, parameters, rounds, seed };

  const folds = options.cv === undefined ? [] : await crossValidate({ ...training, parent, folds: options.cv });
  const started = performance.now();
  const until = started + (options.deadline ?? Infinity) * 1000;
  const bar = progressBar("training", rounds);
  const booster = await boost({
    ...training,
    parent,
    onRound: bar.update,
    isEnough: () => performance.now() >= until,
  }).finally(bar.stop);
  const bytes = writeModelFile(options.out, booster);
  return {
    out: options.out,
    bytes,
    objective: booster.objective,
    rows: count,
    columns,
    rounds: roundsOf(booster),
    trees: booster.roots.length,
    seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
    [`train_${lossName(booster)}`]: loss(booster, training),
    ...(folds.length === 0 ? {} : { [`cv_${lossName(booster)}`]: mean(folds), cv_folds: folds }),
  };
}

/** The objective by our name for it, and the number of classes, from the labels or the parent unless it is given. */
function objectiveOf({ objective, param }: TrainOptions, labels: Float32Array, parent: Booster | undefined) {
  const given = objective ?? param["objective"] ?? parent?.objective;
  if (given === undefined) throw new RefusedError("name an objective: --objective reg:squarederror, for one");
  if (given === "multi:softprob") {
    const largest = labels.reduce((a, b) => Math.max(a, b), 1);
    return { objective: given, num_class: param["num_class"] ?? parent?.outputs ?? Math.trunc(largest) + 1 };
  }
  return { objective: given === "reg:squarederror" ? "reg:linear" : given };
}

async function boost({ parent, ...training }: Training & { parent?: Booster | undefined }): Promise<Booster> {
  if (parent !== undefined) return await continueBooster({ ...training, parent });
  return parseBooster(await trainBooster(training));
}

/** Losses on the fold that each training leaves out; the folds are drawn by the seed. */
async function crossValidate(all: Training & { parent: Booster | undefined; folds: number }): Promise<number[]> {
  const { folds, parent, ...training } = all;
  const { labels, rounds, seed } = training;
  if (labels.length < folds) throw new RefusedError(`${labels.length} rows are too few for ${folds} folds`);
  const fold = foldsOf(labels.length, folds, seed);
  const losses: number[] = [];
  const bar = progressBar(`${folds}-fold cross-validation`, folds * rounds);
  try {
    for (let out = 0; out < folds; out++) {
      const within = part(training, (row) => fold[row] !== out);
      const onRound = (done: number): void => bar.update(out * rounds + done);
      const booster = await boost({ ...training, ...within, parent, onRound });
      losses.push(loss(booster, { ...training, ...part(training, (row) => fold[row] === out) }));
    }
  } finally {
    bar.stop();
  }
  return losses;
}

/** Fold of each row: equal shares in an order that is drawn by the seed (Fisher-Yates over a linear congruential generator). */
function foldsOf(rows: number, folds: number, seed: number): Int32Array {
  const fold = Int32Array.from({ length: rows }, (_, row) => row % folds);
  let state = (seed ^ 0x5deece66) >>> 0;
  for (let i = rows - 1; i > 0; i--) {
    // Knuth's MMIX constants, lower half; the upper bits are the random ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [fold[i], fold[j]] = [fold[j] as number, fold[i] as number];
  }
  return fold;
}

function part({ rows, columns, labels, weights }: Training, isIn: (row: number) => boolean) {
  const chosen = Array.from(labels.keys()).filter(isIn);
  const values = new Float32Array(chosen.length * columns);
  chosen.forEach((row, i) => {
    values.set(rows.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  const pick = (from: Float32Array): Float32Array => Float32Array.from(chosen, (row) => from[row] as number);
  return { rows: values, labels: pick(labels), weights: weights && pick(weights) };
}

function lossName({ objective }: Booster): string {
  return objective === "reg:linear" ? "rmse" : "logloss";
}

function loss(booster: Booster, { rows, columns, labels }: Training): number {
  const scorer = new Scorer(booster);
  const predictions = new Float32Array(labels.length * booster.outputs);
  for (let row = 0; row < labels.length; row++) {
    const margins = scorer.margins(rows.subarray(row * columns, (row + 1) * columns));
    predictions.set(predictionOf(booster.objective, margins), row * booster.outputs);
  }
  const value = lossOf(booster.objective, predictions, labels);
  return booster.objective === "reg:linear" ? Math.sqrt(value) : value;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
