import { CLASSES } from "../design/schema.ts";
import { COLUMNS, labelledRows, pick } from "./examples.ts";
import { isClassGroup, type TargetName } from "./labels.ts";
import { trainBooster } from "./module.ts";
import type { TrainingParameters } from "./parameters.ts";
import type { Workspace } from "./workspace.ts";

/**
 * One unit of work: trains the booster of a target on the rows of the training side that are labelled for it. The same
 * workspace gives the same bytes.
 * @param onRound told after every round, in words
 */
export async function trainTarget(
  { training, examples, split }: Workspace,
  target: TargetName,
  onRound: (message: string) => Promise<void>,
): Promise<Uint8Array> {
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
  return trainBooster({
    rows: features,
    columns: COLUMNS,
    labels: Float32Array.from(pick(examples.labels[target], rows)),
    weights: Float32Array.from(pick(examples.weights, rows)),
    parameters,
    rounds: training.rounds,
    seed: training.seed,
    onRound: (done, total) => onRound(`${target}: round ${done} of ${total}`),
  });
}
