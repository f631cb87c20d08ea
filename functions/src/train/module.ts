import { setImmediate } from "node:timers/promises";
import type { z } from "zod";
import { type Booster, parseBooster } from "../model/format.ts";
import { firstRounds } from "../model/rounds.ts";
import { writeBooster } from "../model/write-booster.ts";
import { binned } from "./bins.ts";
import { EarlyStopping } from "./early-stopping.ts";
import { withMinusOne } from "./minus-one.ts";
import { ModuleInstance } from "./module-instance.ts";
import { moduleSettings, type TrainingParameters } from "./parameters.ts";
import { checkTrainingInput, type Holdout, outputsOf, type TrainingData } from "./training-input.ts";

/** One training. */
export interface Training extends TrainingData {
  parameters: TrainingParameters;
  /** Trees per output. */
  rounds: number;
  /** Of the module's random numbers (subsampling); 0 to 2^31 - 1. */
  seed: number;
  /** Told after every round; awaited, so that it may write a heartbeat. What it throws ends the training. */
  onRound?: ((done: number, total: number) => void | Promise<void>) | undefined;
  /** Asked before every round: true ends the training with TrainingStopped. */
  shouldStop?: (() => boolean) | undefined;
  /** Asked before every round but the first: true ends the training with the rounds that are done, as at a deadline. */
  isEnough?: (() => boolean) | undefined;
  /** Ends the training once its loss on other rows does not fall any more, with the rounds of the least loss. */
  holdout?: Holdout | undefined;
}

/**
 * Weight that a child has at least, beside a mean weight of 1. The row that bins add has less; and what rounding leaves of an
 * empty child has a gain of 0 / 0 without lambda, which the module (exact) takes for the best of all.
 */
const LEAST_CHILD_WEIGHT = 1e-9;

/** Rows x trees that are settled (bins.ts) at a time, in about 50 ms: left to the end, they would come on top of a deadline. */
const SETTLED_AT_ONCE = 1e6;

/** A training was told to stop before its last round; nothing of it is left. */
export class TrainingStopped extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TrainingStopped";
  }
}

/**
 * Trains one booster in a module instance of its own and gives it in the module's binary format (model/format.ts reads
 * it), without nodes that were pruned. The same data, parameters and seed give the same bytes, in a worker or not. Between
 * rounds the event loop runs.
 * @throws {TrainingInputError} data or parameters that the module would refuse or take in silence
 * @throws {TrainingStopped} shouldStop said so
 * @throws {ModuleError} the module failed; out of memory, for one
 * @throws {ModelFormatError} what it made is not a sound model: labels so large that float32 overflowed
 */
export async function trainBooster(training: Training): Promise<Uint8Array> {
  const { rounds, onRound, shouldStop, isEnough, holdout } = training;
  const parameters = checkTrainingInput(training, training.parameters, training);
  const stopping = holdout === undefined ? undefined : new EarlyStopping(holdout, training.columns);
  const bins = parameters.tree_method === "hist" ? binned(training, parameters.max_bin) : undefined;
  const settings = {
    ...parameters,
    max_bin: bins?.maxBin ?? parameters.max_bin,
    min_child_weight: Math.max(
      parameters.min_child_weight,
      bins !== undefined || parameters.lambda === 0 ? LEAST_CHILD_WEIGHT * meanWeight(training) : 0,
    ),
  };
  const treesOfRound = outputsOf(parameters);
  const settleEvery =
    bins === undefined ? Infinity : Math.ceil(SETTLED_AT_ONCE / (training.labels.length * treesOfRound));
  const instance = await ModuleInstance.open();
  const model = instance.createModel(bins?.data ?? training);
  const baseScore = baseScoreOf(training, parameters);
  for (const [name, value] of moduleSettings(settings, { seed: training.seed, baseScore })) {
    instance.setParameter(model, name, value);
  }
  const restored = bins?.restored ?? withMinusOne;
  const saved = (): Booster => restored(parseBooster(instance.save(model)));
  for (let done = 1; done <= rounds; done++) {
    if (shouldStop?.()) throw new TrainingStopped(`stopped after ${done - 1} of ${rounds} rounds`);
    if (done > 1 && isEnough?.()) break;
    instance.trainRound(model);
    if (done % settleEvery === 0) saved();
    await onRound?.(done, rounds);
    if (stopping?.isOver(saved())) break;
    // A timer that is due, such as a heartbeat's, gets its turn.
    await setImmediate();
  }
  return writeBooster(stopping === undefined ? saved() : firstRounds(saved(), stopping.bestRound));
}

function baseScoreOf(data: TrainingData, parameters: z.output<typeof TrainingParameters>): number {
  if (parameters.objective === "multi:softprob") return 0.5;
  if (parameters.base_score !== undefined) return parameters.base_score;
  const given = mean(data);
  // Labels that are all the same have no log-odds.
  return parameters.objective === "reg:linear" ? given : Math.min(Math.max(given, 1e-6), 1 - 1e-6);
}

function meanWeight({ labels, weights }: TrainingData): number {
  return (weights?.reduce((a, b) => a + b, 0) ?? labels.length) / labels.length;
}

/** Weighted mean of the labels: what regression trees add to. */
function mean({ labels, weights }: TrainingData): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    const weight = weights?.[i] ?? 1;
    sum += weight * (labels[i] as number);
    total += weight;
  }
  return sum / total;
}

/**
 * The module's own predictions, to compare ours with: rows x outputs, row by row (probabilities for softprob).
 * @param bytes a booster that parseBooster accepts: the module itself faults on corrupt ones
 * @param rows rows x columns, NaN is missing
 */
export async function predictWithModule(bytes: Uint8Array, rows: Float32Array, columns: number): Promise<Float32Array> {
  const instance = await ModuleInstance.open();
  return instance.predict(instance.load(bytes), rows, columns);
}
