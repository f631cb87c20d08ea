import { CLASSES, VARIABLES } from "../design/schema.ts";
import { type Examples, labelledRows } from "./examples.ts";
import { isClassGroup, TARGET_NAMES, type TargetName } from "./labels.ts";
import type { Split } from "./split.ts";

/** What a version will be made of: a target that is constant in the training data is kept as its value, not trained. */
export interface TrainingPlan {
  constants: Partial<Record<TargetName, number>>;
  /** Targets to train, one unit of work each. */
  trees: TargetName[];
}

/** Answers for a target that no visit said anything about: the neutral design. */
function neutral(target: TargetName): number {
  if (!isClassGroup(target)) return VARIABLES[target].neutral;
  const names = { density: "densidad-media", font: "fuente-sans", theme: "tema-auto" } as const;
  return (CLASSES[target] as readonly string[]).indexOf(names[target]);
}

/** Tells the targets that vary in the training data from those that do not. */
export function planTraining(examples: Examples, split: Split): TrainingPlan {
  const plan: TrainingPlan = { constants: {}, trees: [] };
  for (const target of TARGET_NAMES) {
    const labels = examples.labels[target];
    const rows = labelledRows(examples, split.train, target);
    const first = rows[0] === undefined ? neutral(target) : (labels[rows[0]] ?? Number.NaN);
    if (rows.every((row) => labels[row] === first)) plan.constants[target] = first;
    else plan.trees.push(target);
  }
  return plan;
}
