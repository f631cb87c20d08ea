import { countUpTo, MISSING_RIGHT, SLOT_BITS, SLOT_MASK } from "./forest-layout.ts";
import type { Objective } from "./format.ts";

/** What a model of a forest answers, and where. */
export interface ForestModel {
  objective: Objective;
  /** Its margins are `outputs` in number from `first` on. */
  first: number;
  outputs: number;
  /** As in Booster. */
  baseFirst: boolean;
}

/** The parts of an opened buffer (forest-layout.ts), as views into one copy of it; sound (open-forest.ts). */
export interface ForestParts {
  models: readonly ForestModel[];
  features: number;
  depth: number;
  trees: number;
  treeRanges: Int32Array;
  baseScores: Float32Array;
  thresholdRanges: Int32Array;
  thresholds: Float32Array;
  heap: Int32Array;
  leaves: Float32Array;
}

/**
 * Scores a row with every model of a version at once, bit for bit as Scorer does (its promise holds here as well), at a
 * tenth of the time: a value becomes its rank among the thresholds once, then a node is one subtraction without a branch,
 * and four trees go down side by side, so that none waits for memory alone.
 */
export class Forest {
  readonly models: readonly ForestModel[];
  readonly features: number;
  private readonly parts: ForestParts;
  /** Per slot, `how many thresholds the value reaches << 6`. */
  private readonly ranks = new Int32Array(SLOT_MASK + 1);

  constructor(parts: ForestParts) {
    this.models = parts.models;
    this.features = parts.features;
    this.parts = parts;
  }

  /**
   * Margins of one row, of all models in their order.
   * @param row one value per feature, in the boosters' order; NaN is missing
   */
  margins(row: ArrayLike<number>): Float32Array {
    const { parts, ranks } = this;
    if (row.length !== parts.features) {
      throw new RangeError(`the row has ${row.length} values, the models ${parts.features} features`);
    }
    rank(row, parts, ranks);
    const { models, treeRanges, baseScores, trees } = parts;
    const sums = new Float32Array(baseScores.length);
    for (const { first, outputs, baseFirst } of models) {
      for (let output = first; output < first + outputs; output++) {
        const from = trees + (treeRanges[output] as number);
        const to = trees + (treeRanges[output + 1] as number);
        const base = baseScores[output] as number;
        const sum = sumOfLeaves(parts, ranks, { from, to, start: baseFirst ? base : 0 });
        sums[output] = baseFirst ? sum : sum + base;
      }
    }
    return sums;
  }
}

function rank(row: ArrayLike<number>, { features, thresholds, thresholdRanges }: ForestParts, ranks: Int32Array): void {
  for (let feature = 0; feature < features; feature++) {
    const value = Math.fround(row[feature] as number);
    const slot = feature * 2;
    if (Number.isNaN(value)) {
      ranks[slot] = MISSING_RIGHT;
      ranks[slot + 1] = 0;
      continue;
    }
    const from = thresholdRanges[feature] as number;
    const reached = countUpTo(thresholds, value, from, thresholdRanges[feature + 1] as number) << SLOT_BITS;
    ranks[slot] = reached;
    ranks[slot + 1] = reached;
  }
}

/** Sum in float32, beginning with `start`, of the leaves of the trees whose roots are at [from, to), in their order. */
function sumOfLeaves(
  { heap, leaves, depth }: ForestParts,
  ranks: Int32Array,
  { from, to, start }: { from: number; to: number; start: number },
): number {
  let sum = start;
  let root = from;
  for (; root + 3 < to; root += 4) {
    let a = root;
    let b = root + 1;
    let c = root + 2;
    let d = root + 3;
    for (let level = 0; level < depth; level++) {
      const na = heap[a] as number;
      const nb = heap[b] as number;
      const nc = heap[c] as number;
      const nd = heap[d] as number;
      // Right, if the value reaches the threshold: its rank is then greater, and the difference negative.
      a = (a << 1) + ((na - (ranks[na & SLOT_MASK] as number)) >>> 31);
      b = (b << 1) + ((nb - (ranks[nb & SLOT_MASK] as number)) >>> 31);
      c = (c << 1) + ((nc - (ranks[nc & SLOT_MASK] as number)) >>> 31);
      d = (d << 1) + ((nd - (ranks[nd & SLOT_MASK] as number)) >>> 31);
    }
    sum = Math.fround(sum + (leaves[a] as number));
    sum = Math.fround(sum + (leaves[b] as number));
    sum = Math.fround(sum + (leaves[c] as number));
    sum = Math.fround(sum + (leaves[d] as number));
  }
  for (; root < to; root++) {
    let at = root;
    for (let level = 0; level < depth; level++) {
      const node = heap[at] as number;
      at = (at << 1) + ((node - (ranks[node & SLOT_MASK] as number)) >>> 31);
    }
    sum = Math.fround(sum + (leaves[at] as number));
  }
  return sum;
}
