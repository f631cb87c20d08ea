import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Booster } from "../functions/src/model/format.ts";

/** Thresholds that many nodes share, and the ones at which comparisons go wrong. */
const THRESHOLDS = [0, -0, 1, -1, 0.1, 1e-45, -1e-45, 3.4e38, -3.4e38, Infinity, -Infinity].map(Math.fround);

export interface BoosterShape {
  features: number;
  /** 1 is regression. */
  outputs: number;
  trees: number;
  /** Deepest that a tree may be; a tree that is not bushy ends by chance, at the root even. */
  depth: number;
  /** Every tree complete. */
  bushy?: boolean;
}

/** A booster that nobody trained, fixed by its seed. */
export function randomBooster({ features, outputs, trees, depth, bushy = false }: BoosterShape, seed: number): Booster {
  const generator = xoroshiro128plus(seed);
  const uniform = (): number => uniformFloat64(generator);
  const nodes = {
    left: [] as number[],
    right: [] as number[],
    feature: [] as number[],
    defaultLeft: [] as number[],
    value: [] as number[],
  };
  const add = (): number => {
    for (const values of Object.values(nodes)) values.push(0);
    return nodes.left.length - 1;
  };
  const grow = (node: number, below: number): number => {
    if (below === 0 || (!bushy && uniform() < 0.2)) {
      nodes.left[node] = -1;
      nodes.right[node] = -1;
      nodes.value[node] = uniform() * 2 - 1;
      return node;
    }
    nodes.feature[node] = Math.floor(uniform() * features);
    nodes.defaultLeft[node] = uniform() < 0.5 ? 1 : 0;
    const common = THRESHOLDS[Math.floor(uniform() * THRESHOLDS.length * 2)];
    nodes.value[node] = common ?? Math.fround(uniform() * 20 - 10);
    // Siblings are neighbours, as XGBoost numbers them.
    const children = [add(), add()] as const;
    nodes.left[node] = grow(children[0], below - 1);
    nodes.right[node] = grow(children[1], below - 1);
    return node;
  };
  const roots = Int32Array.from({ length: trees }, () => grow(add(), depth));
  const count = nodes.left.length;
  return {
    objective: outputs === 1 ? "reg:linear" : "multi:softprob",
    baseFirst: false,
    baseScores: new Float32Array(outputs).map(() => uniform() * 10),
    features,
    outputs,
    roots,
    // Not in turns: continuation may append in any order.
    treeOutput: Int32Array.from(roots, () => Math.floor(uniform() * outputs)),
    left: Int32Array.from(nodes.left),
    right: Int32Array.from(nodes.right),
    feature: Int32Array.from(nodes.feature),
    defaultLeft: Uint8Array.from(nodes.defaultLeft),
    value: Float32Array.from(nodes.value),
    gain: new Float32Array(count).map(uniform),
    cover: new Float32Array(count).map(uniform),
    weight: new Float32Array(count).map(uniform),
  };
}

/** Rows that try a forest: values on, beside and far from the boosters' thresholds; zeros, infinities, and nothing at all. */
export function tryingRows(boosters: readonly Booster[], count: number, seed: number): Float64Array[] {
  const generator = xoroshiro128plus(seed);
  const uniform = (): number => uniformFloat64(generator);
  const features = boosters[0]?.features ?? 0;
  const thresholds = boosters.flatMap(({ left, value }) =>
    Array.from(value).filter((_, node) => (left[node] ?? -1) >= 0),
  );
  const extreme = [Number.NaN, 0, -0, Infinity, -Infinity, 1e300, -1e300, 3.4028234663852886e38, 1e-45, -1e-46];
  const rows = extreme.map((value) => new Float64Array(features).fill(value));
  while (rows.length < count) {
    const missing = uniform();
    rows.push(
      new Float64Array(features).map(() => {
        const threshold = thresholds[Math.floor(uniform() * thresholds.length)] ?? 0;
        if (uniform() < missing / 2) return Number.NaN;
        const kind = Math.floor(uniform() * 5);
        if (kind === 0) return threshold;
        // Beside it in float64, upon it in float32.
        if (kind === 1) return threshold * (1 + (uniform() - 0.5) * 1e-8);
        if (kind === 2) return threshold + (uniform() - 0.5) * 1e-6;
        if (kind === 3) return extreme[Math.floor(uniform() * extreme.length)] ?? 0;
        return uniform() * 24 - 12;
      }),
    );
  }
  return rows;
}
