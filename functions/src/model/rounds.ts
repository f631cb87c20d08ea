import type { Booster } from "./format.ts";

/** Trees of each output: how many rounds of boosting there have been. */
export function roundsOf({ roots, outputs }: Pick<Booster, "roots" | "outputs">): number {
  return roots.length / outputs;
}

/** The booster as it was after its first rounds. */
export function firstRounds(booster: Booster, rounds: number): Booster {
  const trees = Math.min(rounds * booster.outputs, booster.roots.length);
  const nodes = booster.roots[trees] ?? booster.left.length;
  return {
    ...booster,
    roots: booster.roots.slice(0, trees),
    treeOutput: booster.treeOutput.slice(0, trees),
    left: booster.left.slice(0, nodes),
    right: booster.right.slice(0, nodes),
    feature: booster.feature.slice(0, nodes),
    defaultLeft: booster.defaultLeft.slice(0, nodes),
    value: booster.value.slice(0, nodes),
    gain: booster.gain.slice(0, nodes),
    cover: booster.cover.slice(0, nodes),
    weight: booster.weight.slice(0, nodes),
  };
}

/**
 * The parent with the child's trees after its own; the child's base scores are left out, since its trees were trained to
 * add to what the parent answers.
 * @throws {RangeError} they differ in objective, features or outputs
 */
export function appendTrees(parent: Booster, child: Booster): Booster {
  for (const property of ["objective", "features", "outputs"] as const) {
    if (parent[property] !== child[property]) {
      throw new RangeError(`the parent has ${property} ${parent[property]}, the child ${child[property]}`);
    }
  }
  const nodes = parent.left.length;
  const moved = (child: number): number => (child < 0 ? child : child + nodes);
  return {
    ...parent,
    roots: joined(parent.roots, child.roots.map(moved)),
    treeOutput: joined(parent.treeOutput, child.treeOutput),
    left: joined(parent.left, child.left.map(moved)),
    right: joined(parent.right, child.right.map(moved)),
    feature: joined(parent.feature, child.feature),
    defaultLeft: joined(parent.defaultLeft, child.defaultLeft),
    value: joined(parent.value, child.value),
    gain: joined(parent.gain, child.gain),
    cover: joined(parent.cover, child.cover),
    weight: joined(parent.weight, child.weight),
  };
}

function joined<T extends Int32Array | Float32Array | Uint8Array>(first: T, second: T): T {
  const kind = first.constructor as new (length: number) => T;
  const both = new kind(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
