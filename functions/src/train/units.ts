import { CLASS_GROUPS, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { labelledRows } from "./examples.ts";
import type { TargetName } from "./labels.ts";
import type { Workspace } from "./workspace.ts";

/** One unit of a job's work: the model of a target, or what a model that has not seen a fold predicts for it. */
export interface Unit {
  /** Its name in the job's document, unique in a job. */
  name: string;
  target: TargetName;
  /** Null for the model itself. */
  fold: number | null;
  /** A feature that it learns without: all rows miss it. */
  without?: FeatureName;
}

/** Everything that a job has to train, the models first. */
export function unitsOf({ plan, fold, training }: Pick<Workspace, "plan" | "fold" | "training">): Unit[] {
  const models = plan.trees.map((target): Unit => ({ name: target, target, fold: null }));
  if (fold === null) return models;
  const folds = plan.trees.flatMap((target) =>
    Array.from({ length: training.folds }, (_, i): Unit => ({ name: foldName(target, i), target, fold: i })),
  );
  return [...models, ...folds];
}

/** Everything that a review has to train: the models of the varying class groups, with every feature and without each. */
export function reviewUnitsOf({ plan }: Pick<Workspace, "plan">): Unit[] {
  const groups = CLASS_GROUPS.filter((group) => plan.trees.includes(group));
  const whole = groups.map((target): Unit => ({ name: target, target, fold: null }));
  const without = FEATURE_NAMES.flatMap((feature) =>
    groups.map((target): Unit => ({ name: withoutName(target, feature), target, fold: null, without: feature })),
  );
  return [...whole, ...without];
}

/** Name of the unit of a target that learns without a feature. */
export function withoutName(target: TargetName, feature: FeatureName): string {
  return `${target}.without.${feature}`;
}

/** Name of the unit of a target's fold. */
function foldName(target: TargetName, fold: number): string {
  return `${target}.fold${fold}`;
}

/** Rows that a unit learns from. */
export function learntRows({ examples, split, fold }: Workspace, unit: Unit): Int32Array {
  const rows = labelledRows(examples, split.train, unit.target);
  if (unit.fold === null || fold === null) return rows;
  return rows.filter((row) => fold[row] !== -1 && fold[row] !== unit.fold);
}

/** Rows of a target that a fold holds back. */
export function heldBackRows(
  { examples, split, fold: of }: Workspace,
  { target, fold }: Pick<Unit, "target" | "fold">,
): Int32Array {
  return labelledRows(examples, split.train, target).filter((row) => of?.[row] === fold);
}
