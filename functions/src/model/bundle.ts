import { clampVariable } from "../design/css.ts";
import {
  CLASS_GROUPS,
  CLASSES,
  type ClassGroup,
  type Design,
  FEATURE_NAMES,
  VARIABLE_NAMES,
} from "../design/schema.ts";
import { openTrees, type TreeTarget, treeTargets } from "./bundle-trees.ts";
import { ModelFormatError } from "./byte-reader.ts";
import type { Bundle, Target } from "./schema.ts";
import { softmax } from "./softmax.ts";

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

/**
 * Makes a version's bundle and model files ready to answer. Features go by name: a bundle may use some of them, in any order.
 * @param files name in the bundle -> bytes, whose checksums have been verified; with FOREST_FILE, model files are not read
 * @throws {ModelFormatError} a file is missing or not sound, or its model does not fit its target
 */
export function openBundle(bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): VersionModel {
  checkConstants(bundle);
  const columns = bundle.features.map((name) => FEATURE_NAMES.indexOf(name));
  const margins = openTrees(bundle, files);
  const places = new Map(treeTargets(bundle).map((target) => [target.name, target]));
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
      const scored = margins(row);
      const design = { classes: {}, variables: {}, confidence: {} } as Design;
      for (const group of CLASS_GROUPS) {
        const { index, confidence } = classAnswer(bundle.classes[group], places.get(group), scored);
        design.classes[group] = index;
        design.confidence[group] = confidence;
      }
      for (const name of VARIABLE_NAMES) {
        const target = bundle.variables[name];
        const value = target.kind === "constant" ? target.value : scored[places.get(name)?.first ?? scored.length];
        design.variables[name] = clampVariable(name, value ?? Number.NaN);
      }
      return design;
    },
  };
}

/** The most probable class, the first of equals. */
function classAnswer(target: Target, place: TreeTarget | undefined, scored: Float32Array) {
  if (target.kind === "constant") return { index: target.value, confidence: 1 };
  if (place === undefined) throw new RangeError(`${target.file} is not scored`);
  const probabilities = softmax(scored.subarray(place.first, place.first + place.outputs));
  let index = 0;
  for (let i = 1; i < place.outputs; i++) if ((probabilities[i] ?? 0) > (probabilities[index] ?? 0)) index = i;
  return { index, confidence: probabilities[index] ?? 0 };
}

function checkConstants({ classes, variables }: Bundle): void {
  for (const group of CLASS_GROUPS) {
    const target = classes[group];
    const last = CLASSES[group].length - 1;
    if (target.kind === "trees" || (Number.isInteger(target.value) && target.value >= 0 && target.value <= last))
      continue;
    throw new ModelFormatError(group, `the constant ${target.value} is not a class from 0 to ${last}`);
  }
  for (const name of VARIABLE_NAMES) {
    const target = variables[name];
    if (target.kind === "trees" || Number.isFinite(target.value)) continue;
    throw new ModelFormatError(name, `the constant ${target.value} is not finite`);
  }
}
