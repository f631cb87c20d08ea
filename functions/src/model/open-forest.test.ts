import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBooster } from "../../../test/random-booster.ts";
import { ModelFormatError } from "./byte-reader.ts";
import type { Forest } from "./forest.ts";
import { HEADER, PADDING, partsOf } from "./forest-layout.ts";
import { freezeForest } from "./freeze-forest.ts";
import { openForest } from "./open-forest.ts";

/** Two features with three thresholds each at most, a model of two classes and one regression, depth 2. */
const BOOSTERS = [
  randomBooster({ features: 2, outputs: 2, trees: 3, depth: 2, bushy: true }, 5),
  randomBooster({ features: 2, outputs: 1, trees: 2, depth: 1 }, 6),
];
const FROZEN = freezeForest(BOOSTERS);
const WORDS = new DataView(FROZEN.buffer);
const word = (at: number): number => WORDS.getInt32(at * 4, true);
const COUNTS = {
  features: word(HEADER.features),
  depth: word(HEADER.depth),
  models: word(HEADER.models),
  trees: word(HEADER.trees),
  outputs: word(HEADER.outputs),
  thresholds: word(HEADER.thresholds),
};
const PARTS = partsOf(COUNTS);

/** The frozen forest with some words changed. */
function changed(changes: Record<number, number>, write: "setUint32" | "setFloat32" = "setUint32"): Uint8Array {
  const bytes = Uint8Array.from(FROZEN);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of Object.entries(changes)) view[write](Number(at) * 4, value, true);
  return bytes;
}

function failure(bytes: Uint8Array): string {
  try {
    openForest(bytes);
  } catch (error) {
    if (error instanceof ModelFormatError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("openForest", () => {
  it("opens a view at any offset, and does not see later changes of it", () => {
    const larger = new Uint8Array(FROZEN.length + 3);
    larger.set(FROZEN, 3);
    const forest = openForest(larger.subarray(3));
    larger.fill(255);
    expect(forest.margins([1, 2])).toEqual(openForest(FROZEN).margins([1, 2]));
  });

  it.each<[string, Record<number, number>, string]>([
    ["another file", { [HEADER.magic]: 1 }, "forest, header: is not a frozen forest"],
    ["a later version", { [HEADER.version]: 2 }, "forest, header: format version 2, not 1"],
    ["no features", { [HEADER.features]: 0 }, "forest, header: 0 features"],
    ["too many features", { [HEADER.features]: 33 }, "forest, header: 33 features"],
    ["too deep trees", { [HEADER.depth]: 9 }, "forest, header: 9 depth"],
    ["a negative number of trees", { [HEADER.trees]: -1 }, "forest, header: -1 trees"],
    ["a tree too many", { [HEADER.trees]: COUNTS.trees + 1 }, "forest, header: promises"],
    ["no models", { [HEADER.models]: 0 }, "forest, header: 0 models"],
    ["an unknown objective", { 8: 9 }, "forest, model 0: its objective is not known"],
    ["a classifier with one output", { 9: 1 }, "forest, model 0: 1 outputs for multi:softprob"],
    ["a flag that is none", { 10: 2 }, "forest, model 0: flag is 2"],
    ["a regression with two", { 12: 2 }, "forest, model 1: 2 outputs for reg:linear"],
    ["too many outputs", { 9: 3 }, "forest, models: have 4 outputs, not 3"],
    ["trees that begin late", { [PARTS.treeRanges]: 1 }, "forest, tree ranges: go"],
    ["trees that go back", { [PARTS.treeRanges + 1]: 99 }, "forest, tree ranges: go back from 99"],
    ["thresholds that go back", { [PARTS.thresholdRanges + 1]: -1 }, "forest, threshold ranges: go back from 0"],
    [
      "thresholds that end early",
      { [PARTS.thresholdRanges + 2]: COUNTS.thresholds - 1 },
      "forest, threshold ranges: go from 0",
    ],
    ["a threshold that is not a number", { [PARTS.thresholds]: 0x7fc00000 }, "forest, thresholds of feature 0: do not"],
    ["equal thresholds", { [PARTS.thresholds]: word(PARTS.thresholds + 1) }, "forest, thresholds of feature 0: do not"],
    ["a leaf that is not a number", { [PARTS.end - 1]: 0x7fc00000 }, "forest, output 2: its sums"],
    ["an infinite leaf", { [PARTS.heap + COUNTS.trees * 4]: 0x7f800000 }, "forest, output 0: its sums"],
    ["an infinite base score", { [PARTS.baseScores + 1]: 0xff800000 }, "forest, output 1: its sums"],
  ])("refuses %s", (_, changes, message) => {
    expect(failure(changed(changes))).toContain(message);
  });

  it("refuses leaves that add up to infinity", () => {
    const leaves = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [PARTS.end - 1 - i, 1.2e38]));
    expect(failure(changed(leaves, "setFloat32"))).toContain("its sums are not surely finite");
  });

  it("refuses every truncation, and anything after the end", () => {
    for (let length = 0; length < FROZEN.length; length++) failure(FROZEN.subarray(0, length));
    failure(Uint8Array.of(...FROZEN, 0));
    failure(Uint8Array.of(...FROZEN, 0, 0, 0, 0));
  });

  it("takes or refuses 20 000 mutants, and never answers with what is not a number", () => {
    const numbers = fc.oneof(fc.constantFrom(0, 1, 2, 3, 64, PADDING, 0x7f800000, 0x7fc00000, 2 ** 31), fc.nat());
    const words = fc.array(fc.tuple(fc.nat(), numbers), { minLength: 1, maxLength: 3 });
    let taken = 0;
    fc.assert(
      fc.property(words, (mutations) => {
        const mutant = changed(Object.fromEntries(mutations.map(([at, value]) => [at % PARTS.end, value])));
        let forest: Forest;
        try {
          forest = openForest(mutant);
        } catch (error) {
          return error instanceof ModelFormatError;
        }
        taken++;
        return [Number.NaN, 0, Infinity].every((value) => forest.margins([value, value]).every(Number.isFinite));
      }),
      { seed: 1, numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(500);
    expect(taken).toBeLessThan(19_500);
  });
});
