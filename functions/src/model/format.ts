import { ByteReader, ModelFormatError } from "./byte-reader.ts";
import { readTree, type TreeArrays } from "./tree-format.ts";

/** Objectives whose outputs we know how to read. */
export const OBJECTIVES = ["multi:softprob", "reg:linear", "binary:logistic"] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** Objectives by every name that files have for them. */
const OBJECTIVE_NAMES: ReadonlyMap<string, Objective> = new Map([
  ...OBJECTIVES.map((objective) => [objective, objective] as const),
  // Its name since 0.83.
  ["reg:squarederror", "reg:linear"],
]);

/**
 * The objective of that name in a file.
 * @throws {ModelFormatError} one that we do not know
 */
export function objectiveNamed(name: string): Objective {
  const objective = OBJECTIVE_NAMES.get(name);
  if (objective === undefined) {
    const known = [...OBJECTIVE_NAMES.keys()].join(", ");
    throw new ModelFormatError("objective", `${quoted(name)} is not supported, only ${known}`);
  }
  return objective;
}

/**
 * A booster at rest: trees of `gbtree` as a structure of arrays over all nodes, deleted ones left out. Node i is a leaf
 * when `left[i]` is -1; children always have other indices inside the arrays, and every node is reached from one root.
 */
export interface Booster {
  objective: Objective;
  /** What each output adds to its trees' leaves, in margins (log-odds for logistic). */
  baseScores: Float32Array;
  /** True if sums begin with it, as since XGBoost 1.0; false if they end with it, as before, in the module too. */
  baseFirst: boolean;
  /** Columns of a row. */
  features: number;
  /** Margins of a row: the classes of softprob, 1 otherwise. */
  outputs: number;
  /** Root node of every tree; its other nodes follow it. */
  roots: Int32Array;
  /** Output that every tree adds to. */
  treeOutput: Int32Array;
  left: Int32Array;
  right: Int32Array;
  /** Column that a node looks at; 0 for leaves. */
  feature: Int32Array;
  /** 1 where a missing value goes left. */
  defaultLeft: Uint8Array;
  /** Threshold of a node (less goes left), value of a leaf. */
  value: Float32Array;
  /** Loss reduction of the node's split. */
  gain: Float32Array;
  /** Sum of hessians in the node. */
  cover: Float32Array;
  /** What the node would answer as a leaf, before eta. */
  weight: Float32Array;
}

/** More outputs and columns than any model of ours could have: bounds on what a forged header can make us allocate. */
export const MAX_OUTPUTS = 1000;
export const MAX_FEATURES = 1_000_000;

/** Half of float32's range: sums of leaves below it stay finite, and so do their differences. */
export const MAX_MARGIN = 1.7e38;

/**
 * Reads the binary that ml-xgboost 1.1.2 (XGBoost 0.7) writes, which is also XGBoost's own up to 0.90. Little endian:
 * 136 bytes of learner, objective and booster by name, 160 bytes of gbtree, the trees, the output of each, attributes.
 * @throws {ModelFormatError} anything that is not a sound gbtree model of a known objective, byte for byte to its end
 */
export function parseBooster(bytes: Uint8Array): Booster {
  const reader = new ByteReader(bytes);
  const learner = reader.block("learner", 136);
  const baseScore = learner.float32(0);
  const features = learner.uint32(4);
  const numClass = learner.int32(8);
  reader.require(Number.isFinite(baseScore), "learner", "base_score is not finite");
  reader.require(features >= 1 && features <= MAX_FEATURES, "learner", `${features} features`);
  // There 1.x keeps its major version, and it means other things by the fields before. It was seen to load and predict wrongly.
  reader.require(learner.int32(20) === 0, "learner", "is a binary of XGBoost 1.x: save it as JSON");
  const named = reader.text("objective");
  const booster = reader.text("booster");
  reader.require(booster === "gbtree", "booster", `${quoted(booster)} is not supported, only gbtree`);
  const objective = objectiveNamed(named);

  const gbtree = reader.block("gbtree", 160);
  const treeCount = gbtree.int32(0);
  const outputs = gbtree.int32(24);
  reader.require(gbtree.int32(4) === 1, "gbtree", "several roots are not supported");
  reader.require(
    gbtree.int32(8) === features,
    "gbtree",
    `num_feature is ${gbtree.int32(8)}, the learner's ${features}`,
  );
  reader.require(gbtree.int32(28) === 0, "gbtree", "vector leaves are not supported");
  const isSoftprob = objective === "multi:softprob";
  reader.require(isSoftprob ? numClass >= 2 : numClass === 0 || numClass === 1, "learner", `num_class is ${numClass}`);
  reader.require(outputs <= MAX_OUTPUTS, "gbtree", `${outputs} outputs`);
  reader.require(outputs === (isSoftprob ? numClass : 1), "gbtree", `${outputs} outputs with num_class ${numClass}`);
  reader.require(
    treeCount >= 0 && treeCount * 184 <= reader.left,
    "gbtree",
    `${treeCount} trees do not fit in the file`,
  );

  const trees: TreeArrays[] = [];
  for (let t = 0; t < treeCount; t++) trees.push(readTree(reader, { tree: t, features }));
  const treeOutput = readTreeOutputs(reader, treeCount, outputs);
  readAttributes(reader, { attributes: learner.int32(12), metrics: learner.int32(16) });
  reader.require(reader.left === 0, "end", `${reader.left} bytes too many`);
  return assembleBooster({
    objective,
    baseScores: new Float32Array(outputs).fill(baseScore),
    baseFirst: false,
    features,
    outputs,
    treeOutput,
    trees,
  });
}

/**
 * A booster of trees that have been read.
 * @throws {ModelFormatError} its sums could overflow
 */
export function assembleBooster({
  trees,
  ...rest
}: Pick<Booster, "objective" | "baseScores" | "baseFirst" | "features" | "outputs" | "treeOutput"> & {
  trees: readonly TreeArrays[];
}): Booster {
  checkMargins(trees, rest);
  return { ...rest, ...joined(trees) };
}

function readTreeOutputs(reader: ByteReader, trees: number, outputs: number): Int32Array {
  const info = reader.block("tree_info", trees * 4);
  return Int32Array.from({ length: trees }, (_, t) => {
    const output = info.int32(t * 4);
    reader.require(output >= 0 && output < outputs, `tree_info[${t}]`, `output ${output} of ${outputs}`);
    return output;
  });
}

/** Attributes (name and value) and names of metrics, where the header says so: read to know that the file is whole. */
function readAttributes(reader: ByteReader, counts: { attributes: number; metrics: number }): void {
  for (const [name, texts, flag] of [
    ["attributes", 2, counts.attributes],
    ["metrics", 1, counts.metrics],
  ] as const) {
    reader.require(flag === 0 || flag === 1, name, `flag is ${flag}`);
    if (flag === 0) continue;
    const count = reader.length(name, texts * 8);
    for (let i = 0; i < count * texts; i++) reader.text(name);
  }
}

/** No row may ever add up to infinity: the bound of an output is the sum of its trees' largest leaves. */
function checkMargins(
  trees: readonly TreeArrays[],
  { treeOutput, baseScores }: Pick<Booster, "treeOutput" | "baseScores">,
): void {
  const bounds = Float64Array.from(baseScores, Math.abs);
  trees.forEach((tree, t) => {
    const output = treeOutput[t] ?? 0;
    bounds[output] = (bounds[output] ?? 0) + tree.largestLeaf;
    if (!((bounds[output] ?? 0) <= MAX_MARGIN)) {
      throw new ModelFormatError(`tree ${t}`, "leaves are so large that sums could overflow float32");
    }
  });
}

function joined(trees: readonly TreeArrays[]) {
  const nodes = trees.reduce((sum, tree) => sum + tree.left.length, 0);
  const all = {
    roots: new Int32Array(trees.length),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    feature: new Int32Array(nodes),
    defaultLeft: new Uint8Array(nodes),
    value: new Float32Array(nodes),
    gain: new Float32Array(nodes),
    cover: new Float32Array(nodes),
    weight: new Float32Array(nodes),
  };
  let at = 0;
  trees.forEach((tree, t) => {
    const moved = (child: number): number => (child < 0 ? child : child + at);
    all.roots[t] = at;
    all.left.set(tree.left.map(moved), at);
    all.right.set(tree.right.map(moved), at);
    all.feature.set(tree.feature, at);
    all.defaultLeft.set(tree.defaultLeft, at);
    all.value.set(tree.value, at);
    all.gain.set(tree.gain, at);
    all.cover.set(tree.cover, at);
    all.weight.set(tree.weight, at);
    at += tree.left.length;
  });
  return all;
}

/** A name out of a file, as short as a message allows. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
