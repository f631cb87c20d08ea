import type { Block, ByteReader } from "./byte-reader.ts";

/** One tree as arrays over its nodes, the root first, deleted nodes left out; child indices within the tree. */
export interface TreeArrays {
  left: Int32Array;
  right: Int32Array;
  feature: Int32Array;
  defaultLeft: Uint8Array;
  value: Float32Array;
  gain: Float32Array;
  cover: Float32Array;
  weight: Float32Array;
  /** Largest absolute value of a leaf. */
  largestLeaf: number;
}

export const HEADER_BYTES = 148;
export const NODE_BYTES = 20;
export const STATISTIC_BYTES = 16;

/** Split index of a node that pruning deleted. */
const DELETED = 0xffffffff;
/** Bit 31: of a split index, missing goes left; of a parent, the node is its left child. */
export const HIGH_BIT = 0x80000000;
const LOW_BITS = 0x7fffffff;

/**
 * Reads one tree: header, nodes, statistics. Pruning marks nodes as deleted and leaves them where they are.
 * @throws {import("./byte-reader.ts").ModelFormatError} a split on a feature that does not exist, a threshold that is not
 * a number, a leaf that is not finite, and links that do not make a tree of all nodes that are not deleted
 */
export function readTree(reader: ByteReader, { tree, features }: { tree: number; features: number }): TreeArrays {
  const where = `tree ${tree}`;
  const header = reader.block(where, HEADER_BYTES);
  const nodes = header.int32(4);
  const deleted = header.int32(8);
  reader.require(header.int32(0) === 1, where, "several roots are not supported");
  reader.require(header.int32(20) === 0, where, "vector leaves are not supported");
  const fits = nodes >= 1 && nodes * (NODE_BYTES + STATISTIC_BYTES) <= reader.left;
  reader.require(fits, where, `${nodes} nodes do not fit in the file`);
  reader.require(deleted >= 0 && deleted < nodes, where, `${deleted} of ${nodes} nodes deleted`);
  const raw = reader.block(where, nodes * NODE_BYTES);
  const statistics = reader.block(where, nodes * STATISTIC_BYTES);

  const kept = keptNodes(reader, raw, { nodes, deleted, where });
  const compact = new Int32Array(nodes).fill(-1);
  kept.forEach((node, i) => {
    compact[node] = i;
  });
  const result: TreeArrays = {
    left: new Int32Array(kept.length),
    right: new Int32Array(kept.length),
    feature: new Int32Array(kept.length),
    defaultLeft: new Uint8Array(kept.length),
    value: new Float32Array(kept.length),
    gain: new Float32Array(kept.length),
    cover: new Float32Array(kept.length),
    weight: new Float32Array(kept.length),
    largestLeaf: 0,
  };
  kept.forEach((node, i) => {
    const [, left, right, split, value] = readNode(raw, node);
    const isLeaf = left < 0;
    const feature = split & LOW_BITS;
    const at = `${where}, node ${node}`;
    if (isLeaf) {
      reader.require(Number.isFinite(value), at, "its leaf is not finite");
      result.largestLeaf = Math.max(result.largestLeaf, Math.abs(value));
    } else {
      reader.require(feature < features, at, `splits on feature ${feature} of ${features}`);
      reader.require(!Number.isNaN(value), at, "its threshold is not a number");
      result.feature[i] = feature;
      result.defaultLeft[i] = split >= HIGH_BIT ? 1 : 0;
    }
    result.left[i] = isLeaf ? -1 : (compact[left] ?? -1);
    result.right[i] = isLeaf ? -1 : (compact[right] ?? -1);
    result.value[i] = value;
    result.gain[i] = statistics.float32(node * STATISTIC_BYTES);
    result.cover[i] = statistics.float32(node * STATISTIC_BYTES + 4);
    result.weight[i] = statistics.float32(node * STATISTIC_BYTES + 8);
  });
  return result;
}

/** Parent (bit 31: left child), left child (-1: leaf), right child, split index (bit 31: default left), value. */
function readNode(raw: Block, node: number): [number, number, number, number, number] {
  const at = node * NODE_BYTES;
  return [raw.uint32(at), raw.int32(at + 4), raw.int32(at + 8), raw.uint32(at + 12), raw.float32(at + 16)];
}

/** The nodes reached from the root, in the order of the file: each once, each naming its parent, and all but the deleted. */
function keptNodes(
  reader: ByteReader,
  raw: Block,
  { nodes, deleted, where }: { nodes: number; deleted: number; where: string },
): number[] {
  const reached = new Uint8Array(nodes);
  reached[0] = 1;
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const [, left, right, split] = readNode(raw, node);
    const at = `${where}, node ${node}`;
    reader.require(split !== DELETED, at, "is reached, and deleted");
    if (left === -1) continue;
    for (const child of [left, right]) {
      reader.require(child > 0 && child < nodes, at, `has child ${child} of ${nodes} nodes`);
      reader.require(reached[child] === 0, at, `has child ${child}, which has a parent already`);
      const parent = child === left ? (node | HIGH_BIT) >>> 0 : node;
      reader.require(readNode(raw, child)[0] === parent, at, `has child ${child}, which names another parent`);
      reached[child] = 1;
      open.push(child);
    }
  }
  const kept: number[] = [];
  for (let node = 0; node < nodes; node++) {
    if (reached[node] === 1) kept.push(node);
    else reader.require(readNode(raw, node)[3] === DELETED, `${where}, node ${node}`, "is reached from no root");
  }
  reader.require(kept.length === nodes - deleted, where, `${nodes - kept.length} nodes are deleted, not ${deleted}`);
  return kept;
}
