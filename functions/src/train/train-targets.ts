import { CLASSES } from "../design/schema.ts";
import { parseBooster } from "../model/format.ts";
import { appendTrees } from "../model/rounds.ts";
import { writeBooster } from "../model/write-booster.ts";
import { trainingOfChild } from "./continue-booster.ts";
import { COLUMNS, labelledRows, pick } from "./examples.ts";
import { isClassGroup, type TargetName } from "./labels.ts";
import type { Training } from "./module.ts";
import type { TrainingParameters } from "./parameters.ts";
import { INCREMENTAL_ROUNDS } from "./parent.ts";
import { trainInWorkers } from "./train-in-workers.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Trains the boosters of some targets, one core each, on the rows of the training side that are labelled for them; where
 * the workspace has a parent, they are the parent's with more rounds. The same workspace gives the same bytes.
 * @param onRound told after every round, in words; what it throws ends them all
 */
export async function trainTargets(
  workspace: Workspace,
  targets: readonly TargetName[],
  onRound: (message: string) => Promise<void>,
): Promise<Uint8Array[]> {
  const units = targets.map((target) => {
    const parent = workspace.parent?.boosters.get(target);
    const training = trainingOf(workspace, target);
    if (parent === undefined) return { target, parent, training };
    // New visits may say nothing about a target: its trees stay as they are.
    if (training.labels.length === 0) return { target, parent, training: null };
    return { target, parent, training: trainingOfChild({ ...training, rounds: INCREMENTAL_ROUNDS, parent }) };
  });
  const learning = units.flatMap(({ target, training }) => (training === null ? [] : [{ target, training }]));
  const trained = await trainInWorkers(
    learning.map(({ training }) => training),
    { onRound: (index, done, total) => onRound(`${learning[index]?.target}: round ${done} of ${total}`) },
  );
  return units.map(({ parent, training }) => {
    const bytes = training === null ? undefined : trained.shift();
    if (parent === undefined) return bytes as Uint8Array;
    return writeBooster(bytes === undefined ? parent : appendTrees(parent, parseBooster(bytes)));
  });
}

function trainingOf({ training, examples, split }: Workspace, target: TargetName): Training {
  const rows = labelledRows(examples, split.train, target);
  const features = new Float32Array(rows.length * COLUMNS);
  rows.forEach((row, i) => {
    features.set(examples.features.subarray(row * COLUMNS, (row + 1) * COLUMNS), i * COLUMNS);
  });
  const { eta, max_depth, min_child_weight, lambda, subsample, colsample_bytree, tree_method } = training;
  const common = { eta, max_depth, min_child_weight, lambda, subsample, colsample_bytree, tree_method };
  const parameters: TrainingParameters = isClassGroup(target)
    ? { ...common, objective: "multi:softprob", num_class: CLASSES[target].length }
    : { ...common, objective: "reg:linear" };
  return {
    rows: features,
    columns: COLUMNS,
    labels: Float32Array.from(pick(examples.labels[target], rows)),
    weights: Float32Array.from(pick(examples.weights, rows)),
    parameters,
    rounds: training.rounds,
    seed: training.seed,
  };
}
