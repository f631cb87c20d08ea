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
import type { Bundle } from "./schema.ts";
import { mostProbable, softmax } from "./softmax.ts";

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

/** A version that also tells what it thinks of every class, for those who judge it. */
export interface JudgedModel extends VersionModel {
  /** As `predict`, with the probability of every class; a constant is sure of itself. */
  predictFully(features: Float64Array): FullAnswer;
}

/** A version's answer with what it thinks of every class, by its index. */
type FullAnswer = Design & { probabilities: Record<ClassGroup, Float32Array> };

/**
 * Makes a version's bundle and model files ready to answer. Features go by name: a bundle may use some of them, in any order.
 * @param files name in the bundle -> bytes, whose checksums have been verified; with FOREST_FILE, model files are not read
 * @throws {ModelFormatError} a file is missing or not sound, or its model does not fit its target
 */
export function openBundle(bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): JudgedModel {
  checkConstants(bundle);
  const columns = bundle.features.map((name) => FEATURE_NAMES.indexOf(name));
  const margins = openTrees(bundle, files);
  const places = new Map(treeTargets(bundle).map((target) => [target.name, target]));
  const groups = CLASS_GROUPS.map((group) => ({ group, of: probabilitiesOf(bundle, group, places.get(group)) }));
  const row = new Float64Array(columns.length);
  const score = (features: Float64Array): Float32Array => {
    if (features.length !== FEATURE_NAMES.length) {
      throw new RangeError(`a feature row has ${FEATURE_NAMES.length} values, not ${features.length}`);
    }
    columns.forEach((column, i) => {
      row[i] = features[column] ?? Number.NaN;
    });
    return margins(row);
  };
  const predictFully = (features: Float64Array): FullAnswer => {
    const scored = score(features);
    const answer = { classes: {}, variables: {}, confidence: {}, probabilities: {} } as FullAnswer;
    for (const { group, of } of groups) {
      const probabilities = of(scored);
      const index = mostProbable(probabilities);
      answer.classes[group] = index;
      answer.confidence[group] = probabilities[index] ?? 0;
      answer.probabilities[group] = probabilities;
    }
    for (const name of VARIABLE_NAMES) {
      const target = bundle.variables[name];
      const value = target.kind === "constant" ? target.value : scored[places.get(name)?.first ?? scored.length];
      answer.variables[name] = clampVariable(name, value ?? Number.NaN);
    }
    return answer;
  };
  return {
    varyingGroups: CLASS_GROUPS.filter((group) => bundle.classes[group].kind === "trees"),
    predict(features) {
      const { classes, variables, confidence } = predictFully(features);
      return { classes, variables, confidence };
    },
    predictFully,
  };
}

/** How the probabilities of a group's classes follow from the margins; a constant's are the same at every visit. */
function probabilitiesOf(
  { classes }: Bundle,
  group: ClassGroup,
  place: TreeTarget | undefined,
): (scored: Float32Array) => Float32Array {
  const target = classes[group];
  if (target.kind === "constant") {
    const sure = Float32Array.from(CLASSES[group], (_, index) => Number(index === target.value));
    return () => sure;
  }
  if (place === undefined) throw new RangeError(`${target.file} is not scored`);
  return (scored) => softmax(scored.subarray(place.first, place.first + place.outputs));
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
