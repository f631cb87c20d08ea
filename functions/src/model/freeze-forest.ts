import {
  type Counts,
  countUpTo,
  FORMAT_VERSION,
  HEADER,
  HEADER_WORDS,
  MAGIC,
  MAX_DEPTH,
  MAX_FEATURES,
  MAX_WORDS,
  MODEL_WORDS,
  PADDING,
  partsOf,
  SLOT_BITS,
} from "./forest-layout.ts";
import { type Booster, OBJECTIVES } from "./format.ts";
import { littleEndian } from "./little-endian.ts";

/** Longest way from a root to a leaf, in edges, of any tree. */
export function depthOf({ roots, left, right }: Booster): number {
  let deepest = 0;
  const open = Array.from(roots, (node) => ({ node, depth: 0 }));
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { node, depth } = at;
    deepest = Math.max(deepest, depth);
    if ((left[node] as number) < 0) continue;
    open.push({ node: left[node] as number, depth: depth + 1 }, { node: right[node] as number, depth: depth + 1 });
  }
  return deepest;
}

/** Why a booster cannot be frozen, in words; undefined if it can. */
export function unfreezable(booster: Booster): string | undefined {
  if (booster.features > MAX_FEATURES) return `${booster.features} features are more than ${MAX_FEATURES}`;
  const depth = depthOf(booster);
  return depth > MAX_DEPTH ? `a tree of depth ${depth} is deeper than ${MAX_DEPTH}` : undefined;
}

/**
 * Freezes the boosters of a version into one scoring buffer (forest-layout.ts says how), which `openForest` opens without
 * parsing any of them. The same boosters give the same bytes.
 * @param boosters of the same features; their outputs follow each other in this order
 * @throws {RangeError} `unfreezable` says why, the boosters differ in features, or all together are too large
 */
export function freezeForest(boosters: readonly Booster[]): Uint8Array {
  const features = boosters[0]?.features;
  if (features === undefined) throw new RangeError("there is no booster to freeze");
  for (const booster of boosters) {
    if (booster.features !== features) throw new RangeError(`features ${booster.features} and ${features}`);
    const reason = unfreezable(booster);
    if (reason !== undefined) throw new RangeError(reason);
  }
  const thresholds = thresholdsByFeature(boosters, features);
  const counts: Counts = {
    features,
    depth: boosters.reduce((depth, booster) => Math.max(depth, depthOf(booster)), 0),
    models: boosters.length,
    trees: boosters.reduce((sum, booster) => sum + booster.roots.length, 0),
    outputs: boosters.reduce((sum, booster) => sum + booster.outputs, 0),
    thresholds: thresholds.reduce((sum, values) => sum + values.length, 0),
  };
  const parts = partsOf(counts);
  if (parts.end > MAX_WORDS) throw new RangeError(`${counts.trees} trees of depth ${counts.depth} are too many`);

  const words = new Int32Array(parts.end);
  const floats = new Float32Array(words.buffer);
  words[HEADER.magic] = MAGIC;
  words[HEADER.version] = FORMAT_VERSION;
  for (const name of ["features", "depth", "models", "trees", "outputs", "thresholds"] as const) {
    words[HEADER[name]] = counts[name];
  }
  let at = 0;
  thresholds.forEach((values, feature) => {
    words[parts.thresholdRanges + feature] = at;
    floats.set(values, parts.thresholds + at);
    at += values.length;
  });
  words[parts.thresholdRanges + features] = at;

  const heap = words.subarray(parts.heap);
  const leaves = floats.subarray(parts.heap);
  let tree = 0;
  let output = 0;
  boosters.forEach((booster, model) => {
    const { objective, outputs, baseFirst } = booster;
    words.set([OBJECTIVES.indexOf(objective), outputs, baseFirst ? 1 : 0], HEADER_WORDS + model * MODEL_WORDS);
    for (let own = 0; own < booster.outputs; own++, output++) {
      words[parts.treeRanges + output] = tree;
      floats[parts.baseScores + output] = booster.baseScores[own] as number;
      booster.treeOutput.forEach((target, t) => {
        if (target !== own) return;
        plant(
          { booster, root: booster.roots[t] as number },
          { heap, leaves, thresholds, at: counts.trees + tree, depth: counts.depth },
        );
        tree++;
      });
    }
  });
  words[parts.treeRanges + output] = tree;
  return littleEndian(words.buffer);
}

/** Every distinct threshold of every feature, ascending. */
function thresholdsByFeature(boosters: readonly Booster[], features: number): Float32Array[] {
  const seen = Array.from({ length: features }, () => new Set<number>());
  for (const { left, feature, value } of boosters) {
    // -0 and 0 part the same values; a Set takes them for one.
    left.forEach((child, node) => {
      if (child >= 0) seen[feature[node] as number]?.add(value[node] as number);
    });
  }
  return seen.map((values) => Float32Array.from(values).sort());
}

interface Ground {
  heap: Int32Array;
  leaves: Float32Array;
  thresholds: readonly Float32Array[];
  /** Where the root goes. */
  at: number;
  depth: number;
}

function plant({ booster, root }: { booster: Booster; root: number }, ground: Ground): void {
  const { heap, leaves, thresholds } = ground;
  const { left, right, feature, defaultLeft, value } = booster;
  const open = [{ node: root, at: ground.at, below: ground.depth }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, at, below } = next;
    const isLeaf = (left[node] as number) < 0;
    if (below === 0) {
      leaves[at] = value[node] as number;
      continue;
    }
    if (isLeaf) {
      heap[at] = PADDING;
    } else {
      const column = feature[node] as number;
      const values = thresholds[column] as Float32Array;
      const rank = countUpTo(values, value[node] as number, 0, values.length) - 1;
      heap[at] = (rank << SLOT_BITS) | (column * 2) | (defaultLeft[node] as number);
    }
    open.push(
      { node: isLeaf ? node : (left[node] as number), at: at * 2, below: below - 1 },
      { node: isLeaf ? node : (right[node] as number), at: at * 2 + 1, below: below - 1 },
    );
  }
}
