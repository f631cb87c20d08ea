import { HEADER_BYTES, HIGH_BIT, NODE_BYTES, STATISTIC_BYTES } from "./tree-format.ts";

/** One tree as arrays over its nodes, the root first; a leaf's children are -1. */
export interface PlainTree {
  left: ArrayLike<number>;
  right: ArrayLike<number>;
  feature: ArrayLike<number>;
  /** 1 (or true) where a missing value goes left. */
  defaultLeft: ArrayLike<number | boolean>;
  value: ArrayLike<number>;
  gain: ArrayLike<number>;
  cover: ArrayLike<number>;
  weight: ArrayLike<number>;
}

/** A tree in the module's binary format, as `readTree` reads it, which is also who checks it. */
export function treeBytes(
  tree: PlainTree,
  { features, deleted = 0 }: { features: number; deleted?: number },
): Uint8Array {
  const nodes = tree.left.length;
  const statistics = HEADER_BYTES + nodes * NODE_BYTES;
  const bytes = new Uint8Array(statistics + nodes * STATISTIC_BYTES);
  const view = new DataView(bytes.buffer);
  // Roots, nodes, deleted nodes, depth (the module writes 0), features; no vector leaves.
  [1, nodes, deleted, 0, features, 0].forEach((value, i) => {
    view.setInt32(i * 4, value, true);
  });
  const parents = parentsOf(tree);
  for (let node = 0; node < nodes; node++) {
    const at = HEADER_BYTES + node * NODE_BYTES;
    const left = tree.left[node] as number;
    const right = tree.right[node] as number;
    view.setInt32(at, parents[node] as number, true);
    view.setInt32(at + 4, left, true);
    view.setInt32(at + 8, right, true);
    view.setUint32(at + 12, (tree.feature[node] as number) + (tree.defaultLeft[node] ? HIGH_BIT : 0), true);
    view.setFloat32(at + 16, tree.value[node] as number, true);
    const isLeaf = (child: number): number => ((tree.left[child] ?? 0) < 0 ? 1 : 0);
    const own = statistics + node * STATISTIC_BYTES;
    view.setFloat32(own, tree.gain[node] as number, true);
    view.setFloat32(own + 4, tree.cover[node] as number, true);
    view.setFloat32(own + 8, tree.weight[node] as number, true);
    view.setInt32(own + 12, left < 0 ? 0 : isLeaf(left) + isLeaf(right), true);
  }
  return bytes;
}

/** Parent of each node with bit 31 set in left children; -1 for the root. */
function parentsOf({ left, right }: PlainTree): Int32Array {
  const parents = new Int32Array(left.length).fill(-1);
  for (let node = 0; node < left.length; node++) {
    if ((left[node] as number) < 0) continue;
    parents[left[node] as number] = node | HIGH_BIT;
    parents[right[node] as number] = node;
  }
  return parents;
}
