import { CLASS_GROUPS, CLASSES, type ClassGroup, VARIABLE_NAMES, type VariableName } from "../design/schema.ts";
import type { JudgedModel } from "../model/bundle.ts";
import { type Examples, featuresOf } from "./examples.ts";

/** Rows that are scored between two signs of life. */
const CHUNK = 2000;

/** Answers of a version to rows of the examples, before overrides; what it was not asked stays 0. */
export interface Answers {
  classes: Record<ClassGroup, Uint8Array>;
  /** rows x classes of the group, row by row. */
  probabilities: Record<ClassGroup, Float32Array>;
  variables: Record<VariableName, Float64Array>;
}

/** What a version answers to some rows of the examples. */
export async function answersOf(
  model: JudgedModel,
  examples: Examples,
  rows: Int32Array,
  onProgress: (scored: number) => Promise<void>,
): Promise<Answers> {
  const size = examples.ids.length;
  const of = <T>(names: readonly string[], make: (name: ClassGroup) => T) =>
    Object.fromEntries(names.map((name) => [name, make(name as ClassGroup)]));
  const answers = {
    classes: of(CLASS_GROUPS, () => new Uint8Array(size)),
    probabilities: of(CLASS_GROUPS, (group) => new Float32Array(size * CLASSES[group].length)),
    variables: of(VARIABLE_NAMES, () => new Float64Array(size)),
  } as unknown as Answers;
  for (const [scored, row] of rows.entries()) {
    if (scored % CHUNK === 0) await onProgress(scored);
    const answer = model.predictFully(featuresOf(examples, row));
    for (const group of CLASS_GROUPS) {
      answers.classes[group][row] = answer.classes[group];
      answers.probabilities[group].set(answer.probabilities[group], row * CLASSES[group].length);
    }
    for (const name of VARIABLE_NAMES) answers.variables[name][row] = answer.variables[name];
  }
  return answers;
}
