import { describe, expect, it } from "vitest";
import { type BoosterBytes, boosterBytes, leafTree, type NodeBytes, splitTree } from "../../../test/booster-bytes.ts";
import { ModelFormatError } from "./byte-reader.ts";
import { parseBooster } from "./format.ts";

const DELETED = 2 ** 32 - 1;
const LEFT_CHILD = 2 ** 31;
const STUMP = splitTree({ feature: 1, threshold: 2.5, defaultLeft: true, left: -1, right: 1 });
/** A root whose left child was split and pruned back: nodes 3 and 4 are deleted. */
const PRUNED = {
  deleted: 2,
  nodes: [
    { parent: -1, left: 1, right: 2, split: 0, value: 7 },
    { parent: LEFT_CHILD, left: -1, right: -1, split: 1, value: 0.25 },
    { parent: 0, left: 5, right: 6, split: 1 + LEFT_CHILD, value: 8 },
    { parent: LEFT_CHILD + 1, left: -1, right: -1, split: DELETED, value: Number.NaN },
    { parent: 1, left: -1, right: -1, split: DELETED, value: 0 },
    { parent: LEFT_CHILD + 2, left: -1, right: -1, split: 0, value: 0.5 },
    { parent: 2, left: -1, right: -1, split: 0, value: 0.75 },
  ],
};

function failure(bytes: Uint8Array): ModelFormatError {
  try {
    parseBooster(bytes);
  } catch (error) {
    if (error instanceof ModelFormatError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

/** The stump with some fields of a node changed. */
function stump(node: number, change: Partial<NodeBytes>): BoosterBytes {
  return { trees: [{ nodes: STUMP.nodes.map((old, i) => (i === node ? { ...old, ...change } : old)) }] };
}

describe("parseBooster", () => {
  it("reads header, links, default ways, values and statistics", () => {
    const booster = parseBooster(boosterBytes({ baseScore: 0.1, trees: [leafTree(3), STUMP] }));
    expect(booster).toEqual({
      objective: "reg:linear",
      baseScores: Float32Array.of(0.1),
      baseFirst: false,
      features: 2,
      outputs: 1,
      roots: Int32Array.of(0, 1),
      treeOutput: Int32Array.of(0, 0),
      left: Int32Array.of(-1, 2, -1, -1),
      right: Int32Array.of(-1, 3, -1, -1),
      feature: Int32Array.of(0, 1, 0, 0),
      defaultLeft: Uint8Array.of(0, 1, 0, 0),
      value: Float32Array.of(3, 2.5, -1, 1),
      gain: Float32Array.of(0, 0, 1, 2),
      cover: Float32Array.of(0.5, 0.5, 1.5, 2.5),
      weight: Float32Array.of(-0, -0, -1, -2),
    });
  });

  it("leaves out what pruning deleted", () => {
    const { left, right, value, gain } = parseBooster(boosterBytes({ trees: [PRUNED] }));
    expect(Array.from(left)).toEqual([1, -1, 3, -1, -1]);
    expect(Array.from(right)).toEqual([2, -1, 4, -1, -1]);
    expect(Array.from(value)).toEqual([7, 0.25, 8, 0.5, 0.75]);
    expect(Array.from(gain)).toEqual([0, 1, 2, 5, 6]);
  });

  it("takes a model without trees, and one with attributes and metrics", () => {
    expect(parseBooster(boosterBytes({})).roots).toHaveLength(0);
    const extras = { attributes: [["best_iteration", "3"]] as [string, string][], metrics: ["rmse", "mae"] };
    expect(parseBooster(boosterBytes({ ...extras, trees: [STUMP] })).roots).toHaveLength(1);
  });

  it("reads a view into a larger buffer", () => {
    const bytes = boosterBytes({ trees: [STUMP] });
    const larger = new Uint8Array(bytes.length + 7).fill(255);
    larger.set(bytes, 3);
    expect(parseBooster(larger.subarray(3, 3 + bytes.length)).value).toHaveLength(3);
  });

  it("gives softprob one output per class", () => {
    const trees = [leafTree(1), leafTree(2), leafTree(3)];
    const booster = parseBooster(boosterBytes({ objective: "multi:softprob", numClass: 3, trees }));
    expect(booster.outputs).toBe(3);
    expect(Array.from(booster.treeOutput)).toEqual([0, 1, 2]);
  });

  it.each<[string, BoosterBytes, string]>([
    ["an unknown objective", { objective: "rank:pairwise" }, 'objective: "rank:pairwise" is not supported'],
    ["logistic with classes", { objective: "binary:logistic", numClass: 2 }, "learner: num_class is 2"],
    ["dart", { booster: "dart" }, 'booster: "dart" is not supported'],
    ["gblinear", { booster: "gblinear" }, 'booster: "gblinear" is not supported'],
    ["a base score that is not a number", { baseScore: Number.NaN }, "learner: base_score is not finite"],
    ["no features", { features: 0 }, "learner: 0 features"],
    ["two numbers of features", { gbtreeFeatures: 3 }, "gbtree: num_feature is 3"],
    ["regression with classes", { numClass: 3 }, "learner: num_class is 3"],
    ["regression with two outputs", { outputs: 2 }, "gbtree: 2 outputs"],
    ["softprob with one class", { objective: "multi:softprob", numClass: 1 }, "learner: num_class is 1"],
    ["softprob with too few outputs", { objective: "multi:softprob", numClass: 3, outputs: 2 }, "gbtree: 2 outputs"],
    ["absurdly many outputs", { objective: "multi:softprob", numClass: 1e9, outputs: 1e9 }, "gbtree: 1000000000 out"],
    ["more trees than bytes", { treeCount: 2 ** 31 - 1 }, "gbtree: 2147483647 trees do not fit"],
    ["less than no trees", { treeCount: -1 }, "gbtree: -1 trees do not fit"],
    ["an output that does not exist", { trees: [{ ...STUMP, output: 1 }] }, "tree_info[0]: output 1 of 1"],
    ["a negative output", { trees: [{ ...STUMP, output: -1 }] }, "tree_info[0]: output -1 of 1"],
    ["a tree of two roots", { trees: [{ ...STUMP, roots: 2 }] }, "tree 0: several roots"],
    ["vector leaves", { trees: [{ ...STUMP, leafVector: 2 }] }, "tree 0: vector leaves"],
    ["a tree without nodes", { trees: [{ nodes: [] }, PRUNED] }, "tree 0: 0 nodes do not fit"],
    ["a split on an unknown feature", stump(0, { split: 2 }), "tree 0, node 0: splits on feature 2 of 2"],
    [
      "a threshold that is not a number",
      stump(0, { value: Number.NaN }),
      "tree 0, node 0: its threshold is not a number",
    ],
    ["a leaf that is not a number", stump(1, { value: Number.NaN }), "tree 0, node 1: its leaf is not finite"],
    ["an infinite leaf", stump(2, { value: -Infinity }), "tree 0, node 2: its leaf is not finite"],
    ["a child outside the tree", stump(0, { right: 3 }), "tree 0, node 0: has child 3 of 3 nodes"],
    ["a negative child", stump(0, { left: -2 }), "tree 0, node 0: has child -2 of 3 nodes"],
    ["a missing right child", stump(0, { right: -1 }), "tree 0, node 0: has child -1 of 3 nodes"],
    ["the root as a child", stump(0, { left: 0 }), "tree 0, node 0: has child 0 of 3 nodes"],
    ["one child twice", stump(0, { right: 1 }), "tree 0, node 0: has child 1, which has a parent already"],
    ["a child that names another parent", stump(1, { parent: 0 }), "tree 0, node 0: has child 1, which names another"],
    ["a child that is deleted", stump(2, { split: DELETED }), "tree 0, node 2: is reached, and deleted"],
    ["a root that is deleted", { trees: [stumpRoot(DELETED)] }, "tree 0, node 0: is reached, and deleted"],
    ["a node that nobody reaches", stump(0, { left: -1 }), "tree 0, node 1: is reached from no root"],
    ["too few deleted nodes", { trees: [{ ...PRUNED, deleted: 1 }] }, "tree 0: 2 nodes are deleted, not 1"],
    ["too many deleted nodes", { trees: [{ ...STUMP, deleted: 1 }] }, "tree 0: 0 nodes are deleted, not 1"],
    ["leaves that add up to infinity", { trees: [leafTree(1e38), leafTree(1e38)] }, "tree 1: leaves are so large"],
    ["a base score that does", { trees: [leafTree(1e38)], baseScore: -1e38 }, "tree 0: leaves are so large"],
  ])("refuses %s", (_, model, message) => {
    expect(failure(boosterBytes(model)).message).toContain(message);
  });

  it("refuses a cycle among nodes that name each other as parents", () => {
    const [root, left, right] = STUMP.nodes;
    if (!root || !left || !right) throw new Error("a stump has three nodes");
    const cycle = [root, { ...left, left: 2, right: 1 }, right];
    expect(failure(boosterBytes({ trees: [{ nodes: cycle }] })).message).toContain("which has a parent already");
  });

  it("refuses every truncation, and anything after the end", () => {
    const bytes = boosterBytes({ trees: [STUMP, PRUNED], metrics: ["rmse"] });
    for (let length = 0; length < bytes.length; length++) failure(bytes.subarray(0, length));
    expect(failure(Uint8Array.of(...bytes, 0)).message).toBe("end: 1 bytes too many");
  });

  it("cuts a hostile name short in its message", () => {
    expect(failure(boosterBytes({ objective: "x".repeat(5000) })).message.length).toBeLessThan(160);
    expect(failure(boosterBytes({ objective: "x".repeat(70_000) })).message).toBe("objective: a text of 70000 bytes");
  });
});

function stumpRoot(split: number): { nodes: NodeBytes[] } {
  return { nodes: STUMP.nodes.map((node, i) => (i === 0 ? { ...node, split } : node)) };
}
