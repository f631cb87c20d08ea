import { CLASSES, FEATURE_NAMES } from "../design/schema.ts";
import { type Booster, parseBooster } from "../model/format.ts";
import { littleEndian } from "../model/little-endian.ts";
import { predictionOf } from "../model/prediction.ts";
import { appendTrees } from "../model/rounds.ts";
import { Scorer } from "../model/scorer.ts";
import { writeBooster } from "../model/write-booster.ts";
import { trainingOfChild } from "./continue-booster.ts";
import { COLUMNS, featuresOf, pick } from "./examples.ts";
import { isClassGroup } from "./labels.ts";
import type { Training } from "./module.ts";
import type { TrainingParameters } from "./parameters.ts";
import { INCREMENTAL_ROUNDS } from "./parent.ts";
import { trainInWorkers } from "./train-in-workers.ts";
import { heldBackRows, learntRows, type Unit } from "./units.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Does some units of work, one core each. A model is learnt from the rows of the training side that are labelled for its
 * target; where the workspace has a parent, it is the parent's with more rounds. Of a fold, the predictions for its rows are
 * kept, rows x outputs in float32. The same workspace gives the same bytes.
 * @param onRound told after every round, in words; what it throws ends them all
 */
export async function trainUnits(
  workspace: Workspace,
  units: readonly Unit[],
  onRound: (message: string) => Promise<void>,
): Promise<Uint8Array[]> {
  const works = units.map((unit) => ({ unit, training: trainingOf(workspace, unit) }));
  // Nothing to learn from: new visits may say nothing about a target, or one fold has all that do.
  const learning = works.filter(({ training }) => training.labels.length > 0);
  const trained = await trainInWorkers(
    learning.map(({ training }) => training),
    { onRound: (index, done, total) => onRound(`${learning[index]?.unit.name}: round ${done} of ${total}`) },
  );
  const boosters = new Map(learning.map(({ unit }, i) => [unit, trained[i] as Uint8Array]));
  return units.map((unit) => resultOf(workspace, unit, boosters.get(unit)));
}

function resultOf(workspace: Workspace, unit: Unit, booster: Uint8Array | undefined): Uint8Array {
  if (unit.fold !== null) {
    return booster === undefined ? new Uint8Array() : foldPredictions(workspace, unit, parseBooster(booster));
  }
  const parent = workspace.parent?.boosters.get(unit.target);
  if (parent !== undefined) {
    return writeBooster(booster === undefined ? parent : appendTrees(parent, parseBooster(booster)));
  }
  if (booster === undefined) throw new RangeError(`no row says anything about ${unit.target}`);
  return booster;
}

/** rows x outputs as little-endian float32: what `booster` predicts for the rows that the fold has held back. */
function foldPredictions(workspace: Workspace, unit: Unit, booster: Booster): Uint8Array {
  const rows = heldBackRows(workspace, unit);
  const scorer = new Scorer(booster);
  const predictions = new Float32Array(rows.length * booster.outputs);
  rows.forEach((row, i) => {
    const margins = scorer.margins(featuresOf(workspace.examples, row));
    predictions.set(predictionOf(booster.objective, margins), i * booster.outputs);
  });
  return littleEndian(predictions.buffer);
}

function trainingOf(workspace: Workspace, unit: Unit): Training {
  const { training, examples, parent } = workspace;
  const { target } = unit;
  const rows = learntRows(workspace, unit);
  const features = new Float32Array(rows.length * COLUMNS);
  rows.forEach((row, i) => {
    features.set(featuresOf(examples, row), i * COLUMNS);
    if (unit.without !== undefined) features[i * COLUMNS + FEATURE_NAMES.indexOf(unit.without)] = Number.NaN;
  });
  const { eta, max_depth, min_child_weight, lambda, subsample, colsample_bytree, tree_method } = training;
  const common = { eta, max_depth, min_child_weight, lambda, subsample, colsample_bytree, tree_method };
  const parameters: TrainingParameters = isClassGroup(target)
    ? { ...common, objective: "multi:softprob", num_class: CLASSES[target].length }
    : { ...common, objective: "reg:linear" };
  const fresh = {
    rows: features,
    columns: COLUMNS,
    labels: Float32Array.from(pick(examples.labels[target], rows)),
    weights: Float32Array.from(pick(examples.weights, rows)),
    parameters,
    rounds: training.rounds,
    seed: training.seed,
  };
  const continued = parent?.boosters.get(target);
  if (continued === undefined || rows.length === 0) return fresh;
  return trainingOfChild({ ...fresh, rounds: INCREMENTAL_ROUNDS, parent: continued });
}
