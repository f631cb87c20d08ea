import { CLASSES } from "../design/schema.ts";
import { COLUMNS, labelledRows, pick } from "./examples.ts";
import { isClassGroup, type TargetName } from "./labels.ts";
import type { Training } from "./module.ts";
import type { TrainingParameters } from "./parameters.ts";
import { trainInWorkers } from "./train-in-workers.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Trains the boosters of some targets, one core each, on the rows of the training side that are labelled for them. The same
 * workspace gives the same bytes.
 * @param onRound told after every round, in words; what it throws ends them all
 */
export function trainTargets(
  workspace: Workspace,
  targets: readonly TargetName[],
  onRound: (message: string) => Promise<void>,
): Promise<Uint8Array[]> {
  return trainInWorkers(
    targets.map((target) => trainingOf(workspace, target)),
    { onRound: (index, done, total) => onRound(`${targets[index]}: round ${done} of ${total}`) },
  );
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
