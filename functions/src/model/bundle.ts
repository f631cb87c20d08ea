import { clampVariable } from "../design/css.ts";
import {
  CLASS_GROUPS,
  CLASSES,
  type ClassGroup,
  type Design,
  FEATURE_NAMES,
  VARIABLE_NAMES,
  type VariableName,
} from "../design/schema.ts";
import { ModelFormatError } from "./byte-reader.ts";
import { type Objective, parseBooster } from "./format.ts";
import type { Bundle, Target } from "./schema.ts";
import { Scorer } from "./scorer.ts";

/** A version ready to answer. */
export interface VersionModel {
  /** Class groups that the version chooses by the visit; the others are constant. */
  readonly varyingGroups: readonly ClassGroup[];
  /**
   * The version's own answer, before overrides: per class group the most probable class (the first of equals) with its
   * probability as confidence, variables inside their range. Synchronous, and free of side effects.
   * @param features a feature row in the order of FEATURE_NAMES; NaN is missing
   */
  predict(features: Float64Array): Design;
}

/** Answers one target; the row has the bundle's columns. */
type ClassAnswer = (row: Float64Array) => { index: number; confidence: number };
type VariableAnswer = (row: Float64Array) => number;

/**
 * Makes a version's bundle and model files ready to answer. Features go by name: a bundle may use some of them, in any order.
 * @param files name in the bundle -> bytes, whose checksums have been verified
 * @throws {ModelFormatError} a file is missing or not sound, or its model does not fit its target
 */
export function openBundle(bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): VersionModel {
  const columns = bundle.features.map((name) => FEATURE_NAMES.indexOf(name));
  const open = { files, features: columns.length };
  const classes = CLASS_GROUPS.map((group): [ClassGroup, ClassAnswer] => [
    group,
    classAnswer(group, bundle.classes[group], open),
  ]);
  const variables = VARIABLE_NAMES.map((name): [VariableName, VariableAnswer] => [
    name,
    variableAnswer(name, bundle.variables[name], open),
  ]);
  const row = new Float64Array(columns.length);
  return {
    varyingGroups: CLASS_GROUPS.filter((group) => bundle.classes[group].kind === "trees"),
    predict(features) {
      if (features.length !== FEATURE_NAMES.length) {
        throw new RangeError(`a feature row has ${FEATURE_NAMES.length} values, not ${features.length}`);
      }
      columns.forEach((column, i) => {
        row[i] = features[column] ?? Number.NaN;
      });
      const design = { classes: {}, variables: {}, confidence: {} } as Design;
      for (const [group, answer] of classes) {
        const { index, confidence } = answer(row);
        design.classes[group] = index;
        design.confidence[group] = confidence;
      }
      for (const [name, answer] of variables) design.variables[name] = clampVariable(name, answer(row));
      return design;
    },
  };
}

interface Open {
  files: ReadonlyMap<string, Uint8Array>;
  features: number;
}

function classAnswer(group: ClassGroup, target: Target, open: Open): ClassAnswer {
  const classes = CLASSES[group].length;
  if (target.kind === "constant") {
    const index = target.value;
    if (!Number.isInteger(index) || index < 0 || index >= classes) {
      throw new ModelFormatError(group, `the constant ${index} is not a class from 0 to ${classes - 1}`);
    }
    return () => ({ index, confidence: 1 });
  }
  const scorer = openScorer(target.file, { ...open, objective: "multi:softprob", outputs: classes });
  return (row) => {
    const probabilities = scorer.probabilities(row);
    let index = 0;
    for (let i = 1; i < classes; i++) if ((probabilities[i] ?? 0) > (probabilities[index] ?? 0)) index = i;
    return { index, confidence: probabilities[index] ?? 0 };
  };
}

function variableAnswer(name: VariableName, target: Target, open: Open): VariableAnswer {
  if (target.kind === "constant") {
    const { value } = target;
    if (!Number.isFinite(value)) throw new ModelFormatError(name, `the constant ${value} is not finite`);
    return () => value;
  }
  const scorer = openScorer(target.file, { ...open, objective: "reg:linear", outputs: 1 });
  return (row) => scorer.margins(row)[0] ?? Number.NaN;
}

function openScorer(file: string, expected: Open & { objective: Objective; outputs: number }): Scorer {
  const bytes = expected.files.get(file);
  if (bytes === undefined) throw new ModelFormatError(file, "is missing");
  const booster = parseFile(file, bytes);
  for (const property of ["objective", "outputs", "features"] as const) {
    if (booster[property] !== expected[property]) {
      throw new ModelFormatError(file, `has ${property} ${booster[property]}, not ${expected[property]}`);
    }
  }
  return new Scorer(booster);
}

function parseFile(file: string, bytes: Uint8Array) {
  try {
    return parseBooster(bytes);
  } catch (error) {
    if (error instanceof ModelFormatError)
      throw new ModelFormatError(`${file}: ${error.where}`, error.what, { cause: error });
    throw error;
  }
}
