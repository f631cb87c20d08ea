import { describe, expect, it } from "vitest";
import { boosterBytes, leafTree, splitTree } from "../../../test/booster-bytes.ts";
import { parseBooster } from "./format.ts";
import { Scorer } from "./scorer.ts";

const STUMP = { feature: 1, threshold: 2.5, left: -1, right: 1 };

function margin(row: number[], ...trees: { nodes: ReturnType<typeof leafTree>["nodes"] }[]): number | undefined {
  return new Scorer(parseBooster(boosterBytes({ trees }))).margins(row)[0];
}

describe("Scorer.margins", () => {
  it.each([
    ["below the threshold", 2.4999, -1],
    ["at the threshold", 2.5, 1],
    ["rounded to the threshold by float32", 2.5 - 1e-9, 1],
    ["minus infinity", -Infinity, -1],
    ["plus infinity", Infinity, 1],
    ["a float64 beyond float32", 1e300, 1],
  ])("sends a value %s its way", (_, value, expected) => {
    expect(margin([0, value], splitTree(STUMP))).toBe(expected);
  });

  it("sends a missing value the default way", () => {
    expect(margin([0, Number.NaN], splitTree({ ...STUMP, defaultLeft: true }))).toBe(-1);
    expect(margin([0, Number.NaN], splitTree({ ...STUMP, defaultLeft: false }))).toBe(1);
  });

  it("treats -0 and 0 alike", () => {
    for (const zero of [0, -0]) expect(margin([0, zero], splitTree({ ...STUMP, threshold: 0 }))).toBe(1);
  });

  it("adds leaves in float32 in the order of the trees", () => {
    // In float64, or with the small leaves first, the sum would be 16777218.
    expect(margin([0, 0], leafTree(16_777_216), leafTree(1), leafTree(1))).toBe(16_777_216);
    expect(margin([0, 0], leafTree(1), leafTree(1), leafTree(16_777_216))).toBe(16_777_218);
  });

  it("adds the base score last in binaries, and first where the booster says so", () => {
    const trees = [leafTree(1), leafTree(1)];
    const booster = parseBooster(boosterBytes({ baseScore: 16_777_216, trees }));
    for (const [baseFirst, expected] of [
      [false, 16_777_218],
      [true, 16_777_216],
    ] as const) {
      const scorer = new Scorer({ ...booster, baseFirst });
      // Twice: it must not add to what it keeps.
      for (const margins of [scorer.margins([0, 0]), scorer.margins([0, 0])]) expect(margins[0]).toBe(expected);
    }
  });

  it("keeps outputs apart and answers anew each time", () => {
    const trees = [leafTree(1), leafTree(2), leafTree(3), splitTree(STUMP)];
    const bytes = boosterBytes({ objective: "multi:softprob", numClass: 3, baseScore: 0.5, trees });
    const scorer = new Scorer(parseBooster(bytes));
    const first = scorer.margins([0, 9]);
    scorer.margins([0, 0]);
    expect(Array.from(first)).toEqual([2.5, 2.5, 3.5]);
  });

  it("refuses a row of another width", () => {
    for (const row of [[0], [0, 0, 0]]) expect(() => margin(row, leafTree(1))).toThrow(RangeError);
  });
});
