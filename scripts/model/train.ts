import type { Booster } from "../../functions/src/model/format.ts";
import { parseBooster } from "../../functions/src/model/format.ts";
import { predictionOf } from "../../functions/src/model/prediction.ts";
import { roundsOf } from "../../functions/src/model/rounds.ts";
import { Scorer } from "../../functions/src/model/scorer.ts";
import { canonicalJson } from "../../functions/src/shared/canonical.ts";
import { classificationFigures } from "../../functions/src/train/classification.ts";
import { continueBooster } from "../../functions/src/train/continue-booster.ts";
import { lossOf } from "../../functions/src/train/early-stopping.ts";
import { foldsOf } from "../../functions/src/train/folds.ts";
import { type Training, trainBooster } from "../../functions/src/train/module.ts";
import { RefusedError } from "../cli/command-line.ts";
import { checkModelFile, readModelFile, writeModelFile } from "./model-files.ts";
import { jsonLines, readNumbers, readRows } from "./ndjson.ts";
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
  groups?: string;
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
  if (options.groups !== undefined && options.cv === undefined) throw new RefusedError("--groups is for --cv");
  if (options.objective !== undefined && "objective" in options.param) {
    throw new RefusedError("the objective is given twice: --objective, and --param objective");
  }
  const parent = options.continue === undefined ? undefined : readModelFile(options.continue).booster;
  checkModelFile(options.out, parent);
  const { values, columns, count } = await readRows(options.rows);
  const labels = await readNumbers(options.labels);
  const weights = options.weights === undefined ? undefined : await readNumbers(options.weights);
  if (labels.length !== count) {
    throw new RefusedError(`${options.labels} has ${labels.length} labels, ${options.rows} ${count} rows`);
  }
  const parameters = {
    ...DEFAULTS,
    ...options.param,
    ...objectiveOf(options, labels, parent),
  } as Training["parameters"];
  const { rounds, seed } = options;
  const training = { rows: Float32Array.from(values), columns, labels, weights, parameters, rounds, seed };

  const validated =
    options.cv === undefined
      ? {}
      : await crossValidate({ ...training, parent }, await foldsOfRows({ ...options, folds: options.cv }, count));
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
    [`train_${lossName(booster)}`]: lossIn(booster, predictionsOf(booster, training), labels),
    ...validated,
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

/** Fold of each row; rows of one group, where there are groups, are in one fold. */
async function foldsOfRows(
  { groups, folds, seed }: TrainOptions & { folds: number },
  rows: number,
): Promise<Int32Array> {
  const names: string[] = [];
  if (groups === undefined) for (let row = 0; row < rows; row++) names.push(String(row));
  else for await (const { value } of jsonLines(groups)) names.push(canonicalJson(value));
  if (names.length !== rows) throw new RefusedError(`${groups} has ${names.length} groups for ${rows} rows`);
  const ordinals = new Map<string, number>();
  const group = names.map((name) => {
    const ordinal = ordinals.get(name) ?? ordinals.size;
    ordinals.set(name, ordinal);
    return ordinal;
  });
  if (ordinals.size < folds) throw new RefusedError(`${ordinals.size} are too few to make ${folds} folds of`);
  return foldsOf(group, { folds, seed });
}

/** Trains without each fold in turn and judges by what it left out: the loss of each fold, and figures over all rows. */
async function crossValidate(
  { parent, ...training }: Training & { parent: Booster | undefined },
  fold: Int32Array,
): Promise<Record<string, unknown>> {
  const { rounds, labels } = training;
  const folds = fold.reduce((most, own) => Math.max(most, own), 0) + 1;
  const losses: number[] = [];
  const judged = { predictions: [] as number[], labels: [] as number[] };
  let kind: Pick<Booster, "objective" | "outputs"> | undefined;
  const bar = progressBar(`${folds}-fold cross-validation`, folds * rounds);
  try {
    for (let out = 0; out < folds; out++) {
      const within = part(training, (row) => fold[row] !== out);
      const onRound = (done: number): void => bar.update(out * rounds + done);
      const booster = await boost({ ...training, ...within, parent, onRound });
      const left = part(training, (row) => fold[row] === out);
      const predictions = predictionsOf(booster, { ...training, ...left });
      losses.push(lossIn(booster, predictions, left.labels));
      // Not spread: there may be more than a call takes arguments.
      for (const prediction of predictions) judged.predictions.push(prediction);
      for (const label of left.labels) judged.labels.push(label);
      kind = booster;
    }
  } finally {
    bar.stop();
  }
  if (kind === undefined) return {};
  const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
  const figures = { [`cv_${lossName(kind)}`]: mean, cv_folds: losses };
  if (kind.objective === "reg:linear") return figures;
  // Of logistic, the probabilities of both classes.
  const probabilities =
    kind.outputs > 1 ? judged.predictions : judged.predictions.flatMap((probability) => [1 - probability, probability]);
  const classes = probabilities.length / labels.length;
  const { accuracy, macroF1, ece } = classificationFigures({ probabilities, labels: judged.labels, classes });
  return { ...figures, cv_accuracy: accuracy, cv_macro_f1: macroF1, cv_ece: ece };
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

function lossName({ objective }: Pick<Booster, "objective">): string {
  return objective === "reg:linear" ? "rmse" : "logloss";
}

function lossIn({ objective }: Booster, predictions: Float32Array, labels: Float32Array): number {
  const value = lossOf(objective, predictions, labels);
  return objective === "reg:linear" ? Math.sqrt(value) : value;
}

function predictionsOf(booster: Booster, { rows, columns, labels }: Training): Float32Array {
  const scorer = new Scorer(booster);
  const predictions = new Float32Array(labels.length * booster.outputs);
  for (let row = 0; row < labels.length; row++) {
    const margins = scorer.margins(rows.subarray(row * columns, (row + 1) * columns));
    predictions.set(predictionOf(booster.objective, margins), row * booster.outputs);
  }
  return predictions;
}
