import type { Booster } from "./format.ts";
import { treeBytes } from "./tree-bytes.ts";

/**
 * Writes a booster in the binary format of ml-xgboost 1.1.2 and XGBoost up to 0.90; `parseBooster` reads it back, and so
 * do they. One booster has one form: nodes that pruning deleted are left out.
 * @throws {RangeError} outputs that differ in their base score, for which the format has no room
 */
export function writeBooster(booster: Booster): Uint8Array {
  const { objective, baseScores, features, outputs, roots, treeOutput } = booster;
  const baseScore = baseScores[0] as number;
  if (baseScores.some((score) => score !== baseScore)) {
    throw new RangeError("a base score for each class has no place in the binary format; keep this model as JSON");
  }
  const learner = new Uint8Array(136);
  const learnerView = new DataView(learner.buffer);
  learnerView.setFloat32(0, baseScore, true);
  learnerView.setUint32(4, features, true);
  learnerView.setInt32(8, objective === "multi:softprob" ? outputs : 0, true);
  const gbtree = new Uint8Array(160);
  const gbtreeView = new DataView(gbtree.buffer);
  // Trees, roots of each, features; outputs.
  gbtreeView.setInt32(0, roots.length, true);
  gbtreeView.setInt32(4, 1, true);
  gbtreeView.setInt32(8, features, true);
  gbtreeView.setInt32(24, outputs, true);
  const outputOfTrees = new Uint8Array(treeOutput.length * 4);
  const outputView = new DataView(outputOfTrees.buffer);
  treeOutput.forEach((output, tree) => {
    outputView.setInt32(tree * 4, output, true);
  });
  const trees = Array.from(roots, (_, tree) => treeBytes(plainTree(booster, tree), { features }));
  return Uint8Array.from(Buffer.concat([learner, text(objective), text("gbtree"), gbtree, ...trees, outputOfTrees]));
}

/** One tree of a booster with child indices of its own, its nodes in their order. */
export function plainTree(booster: Booster, tree: number) {
  const from = booster.roots[tree] as number;
  const to = booster.roots[tree + 1] ?? booster.left.length;
  const own = (child: number): number => (child < 0 ? -1 : child - from);
  return {
    left: booster.left.subarray(from, to).map(own),
    right: booster.right.subarray(from, to).map(own),
    feature: booster.feature.subarray(from, to),
    defaultLeft: booster.defaultLeft.subarray(from, to),
    value: booster.value.subarray(from, to),
    gain: booster.gain.subarray(from, to),
    cover: booster.cover.subarray(from, to),
    weight: booster.weight.subarray(from, to),
  };
}

function text(value: string): Uint8Array {
  const bytes = Buffer.alloc(8 + value.length);
  bytes.writeBigUInt64LE(BigInt(value.length));
  bytes.write(value, 8, "latin1");
  return bytes;
}
