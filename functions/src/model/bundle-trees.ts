import { CLASS_GROUPS, CLASSES, type ClassGroup, VARIABLE_NAMES, type VariableName } from "../design/schema.ts";
import { ModelFormatError } from "./byte-reader.ts";
import { type Booster, type Objective, parseBooster } from "./format.ts";
import { freezeForest, unfreezable } from "./freeze-forest.ts";
import { openForest } from "./open-forest.ts";
import type { Bundle } from "./schema.ts";
import { Scorer } from "./scorer.ts";

/** The frozen scoring buffer of a version (forest-layout.ts) among its files. */
export const FOREST_FILE = "forest.bin";

/** A target that trees answer; its margins are `outputs` in number from `first` on. */
export interface TreeTarget {
  name: ClassGroup | VariableName;
  file: string;
  objective: Objective;
  first: number;
  outputs: number;
}

/** The targets of a bundle that trees answer, in the order in which they are scored. */
export function treeTargets(bundle: Bundle): TreeTarget[] {
  const targets: TreeTarget[] = [];
  let first = 0;
  const add = (name: TreeTarget["name"], file: string, objective: Objective, outputs: number): void => {
    targets.push({ name, file, objective, first, outputs });
    first += outputs;
  };
  for (const group of CLASS_GROUPS) {
    const target = bundle.classes[group];
    if (target.kind === "trees") add(group, target.file, "multi:softprob", CLASSES[group].length);
  }
  for (const name of VARIABLE_NAMES) {
    const target = bundle.variables[name];
    if (target.kind === "trees") add(name, target.file, "reg:linear", 1);
  }
  return targets;
}

/**
 * The file under FOREST_FILE for a bundle and its model files: with it a version opens in milliseconds. The same files give
 * the same bytes. Undefined where no target has trees, or where they are too deep for it: such a version opens by its
 * model files.
 * @throws {ModelFormatError} as `openBundle`
 */
export function freezeBundle(bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): Uint8Array | undefined {
  return frozen(treeTargets(bundle).map((target) => openBooster(target, bundle, files)));
}

/**
 * Margins of all tree targets at once, for rows of the bundle's columns: from the frozen buffer if it is among the files,
 * otherwise from the model files.
 * @throws {ModelFormatError} a file is missing or not sound, or does not fit its target
 */
export function openTrees(bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): (row: Float64Array) => Float32Array {
  const targets = treeTargets(bundle);
  if (targets.length === 0) return () => new Float32Array(0);
  const stored = files.get(FOREST_FILE);
  if (stored !== undefined) return openStored(stored, targets, bundle.features.length);
  const boosters = targets.map((target) => openBooster(target, bundle, files));
  const bytes = frozen(boosters);
  if (bytes !== undefined) {
    const forest = openForest(bytes);
    return (row) => forest.margins(row);
  }
  const scorers = boosters.map((booster) => new Scorer(booster));
  return (row) => Float32Array.from(scorers.flatMap((scorer) => Array.from(scorer.margins(row))));
}

function frozen(boosters: readonly Booster[]): Uint8Array | undefined {
  const can = boosters.length > 0 && boosters.every((booster) => unfreezable(booster) === undefined);
  return can ? freezeForest(boosters) : undefined;
}

function openStored(bytes: Uint8Array, targets: readonly TreeTarget[], features: number) {
  const forest = openForest(bytes);
  const fits =
    forest.features === features &&
    forest.models.length === targets.length &&
    targets.every(({ objective, outputs }, i) => {
      const model = forest.models[i];
      return model?.objective === objective && model.outputs === outputs;
    });
  if (!fits) throw new ModelFormatError(FOREST_FILE, "is of another bundle");
  return (row: Float64Array) => forest.margins(row);
}

function openBooster(target: TreeTarget, bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): Booster {
  const { file, objective, outputs } = target;
  const bytes = files.get(file);
  if (bytes === undefined) throw new ModelFormatError(file, "is missing");
  const booster = parseFile(file, bytes);
  const expected = { objective, outputs, features: bundle.features.length };
  for (const property of ["objective", "outputs", "features"] as const) {
    if (booster[property] !== expected[property]) {
      throw new ModelFormatError(file, `has ${property} ${booster[property]}, not ${expected[property]}`);
    }
  }
  return booster;
}

function parseFile(file: string, bytes: Uint8Array): Booster {
  try {
    return parseBooster(bytes);
  } catch (error) {
    if (error instanceof ModelFormatError) {
      throw new ModelFormatError(`${file}: ${error.where}`, error.what, { cause: error });
    }
    throw error;
  }
}
