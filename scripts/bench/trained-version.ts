import { CLASS_GROUPS, FEATURE_NAMES, VARIABLE_NAMES, VARIABLES } from "../../functions/src/design/schema.ts";
import type { Bundle } from "../../functions/src/model/schema.ts";
import { trainBooster } from "../../functions/src/train/module.ts";
import { Draws } from "../crowd/draws.ts";

/** Trees per output, and their depth: 11 models with 1700 trees, as large as a version gets with the largest sensible policy. */
const ROUNDS = 100;
const DEPTH = 6;

/** A bundle whose every target is trained, with its files. */
export interface TrainedVersion {
  bundle: Bundle;
  files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Trains a version of the largest realistic size on these feature rows. Labels are mostly noise, so that every tree grows
 * to its full depth: it predicts nothing, and costs what a good one costs.
 */
export async function trainVersion(
  rows: readonly Float64Array[],
  say: (line: string) => void,
): Promise<TrainedVersion> {
  const columns = FEATURE_NAMES.length;
  const matrix = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    matrix.set(row, i * columns);
  });
  const files = new Map<string, Uint8Array>();
  const train = async (name: string, label: (draws: Draws) => number, parameters: typeof CLASSES | typeof NUMBER) => {
    say(`  … training ${name} (${files.size + 1} of ${CLASS_GROUPS.length + VARIABLE_NAMES.length})`);
    const labels = Float32Array.from(rows, (_, i) => label(new Draws(files.size, "visit", i)));
    const bytes = await trainBooster({ rows: matrix, columns, labels, parameters, rounds: ROUNDS, seed: 1 });
    files.set(`${name}.xgb`, bytes);
    return [name, { kind: "trees", file: `${name}.xgb` }] as const;
  };
  const classes = [];
  for (const group of CLASS_GROUPS) classes.push(await train(group, (draws) => draws.integer(0, 2), CLASSES));
  const variables = [];
  for (const name of VARIABLE_NAMES) {
    const { min, max } = VARIABLES[name];
    variables.push(await train(name, (draws) => draws.between(min, max), NUMBER));
  }
  const bundle = {
    schema_version: 1,
    features: [...FEATURE_NAMES],
    classes: Object.fromEntries(classes),
    variables: Object.fromEntries(variables),
  } as Bundle;
  files.set("bundle.json", new TextEncoder().encode(JSON.stringify(bundle)));
  return { bundle, files };
}

const COMMON = {
  eta: 0.1,
  max_depth: DEPTH,
  min_child_weight: 1,
  lambda: 1,
  subsample: 1,
  colsample_bytree: 1,
  tree_method: "hist",
} as const;
const CLASSES = { ...COMMON, objective: "multi:softprob", num_class: 3 } as const;
const NUMBER = { ...COMMON, objective: "reg:linear" } as const;
