/** A node as the module writes it. */
export interface NodeBytes {
  /** -1 for the root; index of the parent, plus 2^31 in a left child. */
  parent: number;
  /** -1 for a leaf. */
  left: number;
  right: number;
  /** Column, plus 2^31 where a missing value goes left; 2^32 - 1 for a deleted node. */
  split: number;
  /** Threshold or leaf value. */
  value: number;
}

/** A model file in the making; what is left out is what a sound regression model of 2 features has. */
export interface BoosterBytes {
  objective?: string;
  booster?: string;
  baseScore?: number;
  features?: number;
  numClass?: number;
  outputs?: number;
  gbtreeFeatures?: number;
  treeCount?: number;
  attributes?: [string, string][];
  metrics?: string[];
  trees?: readonly {
    nodes: readonly NodeBytes[];
    deleted?: number;
    roots?: number;
    leafVector?: number;
    output?: number;
  }[];
}

/** One node that is root and leaf. */
export function leafTree(value: number): { nodes: NodeBytes[] } {
  return { nodes: [{ parent: -1, left: -1, right: -1, split: 0, value }] };
}

/** A root with two leaves. */
export function splitTree(split: {
  feature: number;
  threshold: number;
  defaultLeft?: boolean;
  left: number;
  right: number;
}): { nodes: NodeBytes[] } {
  const bit = split.defaultLeft === true ? 2 ** 31 : 0;
  return {
    nodes: [
      { parent: -1, left: 1, right: 2, split: split.feature + bit, value: split.threshold },
      { parent: 2 ** 31, left: -1, right: -1, split: 0, value: split.left },
      { parent: 0, left: -1, right: -1, split: 0, value: split.right },
    ],
  };
}

/** Writes the module's binary format (little endian), sound or not. Gain, cover and weight of node i are i, i + 0.5, -i. */
export function boosterBytes(model: BoosterBytes): Uint8Array {
  const { objective = "reg:linear", features = 2, numClass = 0, trees = [], attributes, metrics } = model;
  const parts: Buffer[] = [];
  const block = (size: number, write: (buffer: Buffer) => void): void => {
    const buffer = Buffer.alloc(size);
    write(buffer);
    parts.push(buffer);
  };
  const count = (value: number): void => block(8, (b) => b.writeBigUInt64LE(BigInt(value)));
  const text = (value: string): void => {
    count(Buffer.byteLength(value));
    parts.push(Buffer.from(value));
  };
  block(136, (b) => {
    b.writeFloatLE(model.baseScore ?? 0, 0);
    b.writeUInt32LE(features, 4);
    b.writeInt32LE(numClass, 8);
    b.writeInt32LE(attributes === undefined ? 0 : 1, 12);
    b.writeInt32LE(metrics === undefined ? 0 : 1, 16);
  });
  text(objective);
  text(model.booster ?? "gbtree");
  block(160, (b) => {
    b.writeInt32LE(model.treeCount ?? trees.length, 0);
    b.writeInt32LE(1, 4);
    b.writeInt32LE(model.gbtreeFeatures ?? features, 8);
    b.writeInt32LE(model.outputs ?? Math.max(1, numClass), 24);
  });
  for (const { nodes, deleted = 0, roots = 1, leafVector = 0 } of trees) {
    block(148, (b) => {
      b.writeInt32LE(roots, 0);
      b.writeInt32LE(nodes.length, 4);
      b.writeInt32LE(deleted, 8);
      b.writeInt32LE(features, 16);
      b.writeInt32LE(leafVector, 20);
    });
    for (const node of nodes) {
      block(20, (b) => {
        b.writeUInt32LE(node.parent >>> 0, 0);
        b.writeInt32LE(node.left, 4);
        b.writeInt32LE(node.right, 8);
        b.writeUInt32LE(node.split, 12);
        b.writeFloatLE(node.value, 16);
      });
    }
    nodes.forEach((_, i) => {
      block(16, (b) => {
        b.writeFloatLE(i, 0);
        b.writeFloatLE(i + 0.5, 4);
        b.writeFloatLE(-i, 8);
      });
    });
  }
  for (const [t, { output }] of trees.entries())
    block(4, (b) => b.writeInt32LE(output ?? t % Math.max(1, numClass), 0));
  if (attributes !== undefined) {
    count(attributes.length);
    for (const pair of attributes) for (const part of pair) text(part);
  }
  if (metrics !== undefined) {
    count(metrics.length);
    for (const metric of metrics) text(metric);
  }
  return Uint8Array.from(Buffer.concat(parts));
}
