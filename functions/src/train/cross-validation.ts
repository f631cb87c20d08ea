import { mean, sampleStandardDeviation } from "simple-statistics";
import { clampVariable } from "../design/css.ts";
import { CLASSES, type ClassGroup, VARIABLES, type VariableName } from "../design/schema.ts";
import { littleEndian } from "../model/little-endian.ts";
import type { GroupMetrics, OverFolds, VariableMetrics } from "../registry/schema.ts";
import { classificationFigures } from "./classification.ts";
import { pick } from "./examples.ts";
import type { TargetName } from "./labels.ts";
import { absoluteError, periodOf } from "./metrics.ts";
import { heldBackRows } from "./units.ts";
import type { Workspace } from "./workspace.ts";

/** What each fold's own model predicts for its rows, fold by fold, as `trainUnits` gave it; nothing for one without a model. */
export type FoldPredictions = readonly Uint8Array[];

/** A class group's figures over the folds that could be judged; null if those are fewer than two. */
export function groupOverFolds(
  workspace: Workspace,
  group: ClassGroup,
  predictions: FoldPredictions,
): NonNullable<GroupMetrics["cross_validation"]> | null {
  const judged = foldsWithRows(workspace, group, predictions).map(({ rows, values }) =>
    classificationFigures({
      probabilities: values,
      labels: pick(workspace.examples.labels[group], rows),
      weights: pick(workspace.examples.weights, rows),
      classes: CLASSES[group].length,
    }),
  );
  if (judged.length < 2) return null;
  return {
    folds: judged.length,
    accuracy: over(judged.map(({ accuracy }) => accuracy)),
    log_loss: over(judged.map(({ logLoss }) => logLoss)),
    macro_f1: over(judged.map(({ macroF1 }) => macroF1)),
    ece: over(judged.map(({ ece }) => ece)),
  };
}

/** A variable's errors over the folds that could be judged; null if those are fewer than two. */
export function variableOverFolds(
  workspace: Workspace,
  name: VariableName,
  predictions: FoldPredictions,
): NonNullable<VariableMetrics["cross_validation"]> | null {
  const { min, max } = VARIABLES[name];
  const period = periodOf(name);
  const { labels, weights } = workspace.examples;
  const maes = foldsWithRows(workspace, name, predictions).map(({ rows, values }) => {
    let [sum, weight] = [0, 0];
    rows.forEach((row, i) => {
      const predicted = clampVariable(name, values[i] as number);
      const error = absoluteError(predicted, labels[name][row] as number, period);
      sum += (weights[row] as number) * error;
      weight += weights[row] as number;
    });
    return sum / weight;
  });
  if (maes.length < 2) return null;
  return { folds: maes.length, mae: over(maes), normalised_mae: over(maes.map((mae) => mae / (max - min))) };
}

function foldsWithRows(workspace: Workspace, target: TargetName, predictions: FoldPredictions) {
  return predictions.flatMap((bytes, fold) => {
    const rows = heldBackRows(workspace, { target, fold });
    if (rows.length === 0 || bytes.length === 0) return [];
    // A copy of its own is aligned to words.
    return [{ rows, values: new Float32Array(littleEndian(new Uint8Array(bytes).buffer).buffer) }];
  });
}

function over(values: number[]): OverFolds {
  return { mean: mean(values), sd: sampleStandardDeviation(values) };
}
