import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { extractFeatures } from "../design/features.ts";
import { goldenContexts } from "../design/golden-contexts.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import { treeTargets } from "../model/bundle-trees.ts";
import { type Booster, parseBooster } from "../model/format.ts";
import type { Bundle } from "../model/schema.ts";
import type { Parity } from "../registry/parity-file.ts";
import { predictWithModule } from "./module.ts";

/** Drawn rows beside the golden contexts. */
const DRAWN_ROWS = 128;
/** One value of a drawn row in so many is missing. */
const MISSING_OF = 8;

/**
 * What the module that has trained a version's models answers: to the golden contexts, and to rows that are drawn from the
 * thresholds of the trees. The same bundle, files and seed give the same.
 * @param files name in the bundle -> bytes of the trained models
 */
export async function trainerAnswers(
  bundle: Bundle,
  files: ReadonlyMap<string, Uint8Array>,
  seed: number,
): Promise<Parity> {
  const models = treeTargets(bundle).map(({ name, file, outputs }) => {
    const bytes = files.get(file);
    if (bytes === undefined) throw new RangeError(`${file} is missing`);
    return { name, bytes, outputs };
  });
  const thresholds = thresholdsOf(
    models.map(({ bytes }) => parseBooster(bytes)),
    bundle.features.length,
  );
  const rows = [...goldenRows(bundle), ...drawnRows(thresholds, seed)];
  const flat = Float32Array.from(rows.flat());
  const answers: Parity["answers"] = {};
  for (const { name, bytes, outputs } of models) {
    const predicted = Array.from(await predictWithModule(bytes, flat, bundle.features.length));
    answers[name] = rows.map((_, row) => predicted.slice(row * outputs, (row + 1) * outputs));
  }
  const stored = rows.map((row) => row.map((value) => (Number.isNaN(value) ? null : value)));
  return { schema_version: 1, features: bundle.features, rows: stored, answers };
}

/** The golden contexts' features in float32, in the order of the bundle. */
function goldenRows({ features }: Bundle): number[][] {
  const columns = features.map((name) => FEATURE_NAMES.indexOf(name));
  return goldenContexts().map(({ context, history }) => {
    const row = extractFeatures(context, history);
    return columns.map((column) => Math.fround(row[column] as number));
  });
}

/** The distinct thresholds of each column, in ascending order; JSON has no infinite ones. */
function thresholdsOf(boosters: readonly Booster[], columns: number): number[][] {
  const found = Array.from({ length: columns }, () => new Set<number>());
  for (const { left, feature, value } of boosters) {
    left.forEach((child, node) => {
      if (child >= 0 && Number.isFinite(value[node])) found[feature[node] as number]?.add(value[node] as number);
    });
  }
  return found.map((values) => [...values].sort((a, b) => a - b));
}

/**
 * Rows whose values lie where the trees decide: on a threshold, which goes right, or just below it, which goes left; one value in
 * MISSING_OF is missing, and so is what no tree looks at.
 */
function drawnRows(thresholds: readonly number[][], seed: number): number[][] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: DRAWN_ROWS }, () =>
    thresholds.map((of) => {
      const isMissing = uniformInt(random, 1, MISSING_OF) === 1;
      const threshold = of[uniformInt(random, 0, Math.max(0, of.length - 1))];
      const isBelow = uniformInt(random, 0, 1) === 1;
      if (isMissing || threshold === undefined) return Number.NaN;
      return isBelow ? justBelow(threshold) : threshold;
    }),
  );
}

/** The float32 before a finite one. */
function justBelow(value: number): number {
  if (value === 0) return -(2 ** -149);
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  bits[0] = (bits[0] as number) + (value > 0 ? -1 : 1);
  return float[0] as number;
}
