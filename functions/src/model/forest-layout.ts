/**
 * The frozen scoring buffer: every tree of a version in one block of 32-bit little-endian words, ready to score.
 *
 *     0  magic, version, features, depth, models, trees, outputs, thresholds
 *     8  per model: objective (index in OBJECTIVES), outputs, 1 if sums begin with the base score (Booster.baseFirst)
 *        tree ranges: outputs + 1 words; the trees of output k are [range k, range k + 1), in the booster's order
 *        base scores: one float32 per output
 *        threshold ranges: features + 1 words
 *        thresholds: float32, per feature all distinct ones, ascending
 *        heap: trees << (depth + 1) words; the first `trees` are not used
 *
 * All trees share the heap: the root of tree t is at trees + t, the children of i at 2i and 2i + 1, leaves (float32) at
 * i >= trees << depth. An inner node is `rank << 6 | slot`: rank = position of its threshold among its feature's, slot =
 * 2 * feature + (1 if a missing value goes left). Trees that end earlier are filled with PADDING nodes over copies of their leaf.
 */
export const HEADER = { magic: 0, version: 1, features: 2, depth: 3, models: 4, trees: 5, outputs: 6, thresholds: 7 };
export const HEADER_WORDS = 8;
export const MODEL_WORDS = 3;

/** "PRFT", little endian. */
export const MAGIC = 0x54465250;
export const FORMAT_VERSION = 1;

/** Bits of a node that hold its slot. */
export const SLOT_BITS = 6;
export const SLOT_MASK = 63;
/** Two slots for each feature. */
export const MAX_FEATURES = 32;
/** A complete heap doubles with every level: deeper trees are scored node by node, by Scorer. */
export const MAX_DEPTH = 8;
/** Words of a buffer: 512 MiB, and counts that 32 bits hold. */
export const MAX_WORDS = 2 ** 27;

/** A node whose both ways lead to the same leaf: the largest rank, so that no value reaches it. */
export const PADDING = 0x7fffffc0;
/** What a missing value puts into the slot from which it goes right: more than any rank, less than PADDING. */
export const MISSING_RIGHT = 0x7fffff80;

export interface Counts {
  features: number;
  depth: number;
  models: number;
  trees: number;
  outputs: number;
  thresholds: number;
}

/** Where the parts begin, in words; `end` is the size of the whole. */
export function partsOf({ features, depth, models, trees, outputs, thresholds }: Counts) {
  const treeRanges = HEADER_WORDS + models * MODEL_WORDS;
  const baseScores = treeRanges + outputs + 1;
  const thresholdRanges = baseScores + outputs;
  const values = thresholdRanges + features + 1;
  const heap = values + thresholds;
  return { treeRanges, baseScores, thresholdRanges, thresholds: values, heap, end: heap + trees * 2 ** (depth + 1) };
}

/** Position of the first value that is greater than `limit`: how many are not. `values` ascend within [from, to). */
export function countUpTo(values: Float32Array, limit: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - from;
}
