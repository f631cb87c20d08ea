import { describe, expect, it } from "vitest";
import { randomBooster, tryingRows } from "../../../test/random-booster.ts";
import type { Booster } from "./format.ts";
import { freezeForest, unfreezable } from "./freeze-forest.ts";
import { openForest } from "./open-forest.ts";
import { Scorer } from "./scorer.ts";

/** The forest's margins where they are not, to the bit, the scorers'. */
function differences(boosters: readonly Booster[], rows: readonly Float64Array[]): string[] {
  const forest = openForest(freezeForest(boosters));
  const scorers = boosters.map((booster) => new Scorer(booster));
  return rows.flatMap((row, i) => {
    const margins = forest.margins(row);
    const expected = scorers.flatMap((scorer) => Array.from(scorer.margins(row)));
    if (margins.length !== expected.length) return [`row ${i}: ${margins.length} margins`];
    return expected.flatMap((value, output) =>
      Object.is(value, margins[output]) ? [] : [`row ${i}, output ${output}: ${margins[output]} is not ${value}`],
    );
  });
}

describe("Forest.margins", () => {
  it.each([
    ["one tree", [{ outputs: 1, trees: 1, depth: 3 }]],
    ["no tree", [{ outputs: 1, trees: 0, depth: 0 }]],
    ["leaves alone", [{ outputs: 3, trees: 9, depth: 0 }]],
    ["stumps", [{ outputs: 1, trees: 50, depth: 1 }]],
    ["the deepest complete trees", [{ outputs: 3, trees: 12, depth: 8, bushy: true }]],
    ["many trees that end anywhere", [{ outputs: 1, trees: 200, depth: 7 }]],
    [
      "models of several depths and objectives",
      [
        { outputs: 3, trees: 61, depth: 6 },
        { outputs: 1, trees: 0, depth: 0 },
        { outputs: 1, trees: 30, depth: 2 },
        { outputs: 2, trees: 7, depth: 8 },
        { outputs: 1, trees: 3, depth: 0 },
      ],
    ],
  ])("are bit for bit the scorers' for %s", (_, shapes) => {
    for (const features of [1, 19, 32]) {
      const boosters = shapes.map((shape, i) => ({
        ...randomBooster({ features, ...shape }, 31 * features + i),
        baseFirst: (features + i) % 2 === 0,
      }));
      expect(differences(boosters, tryingRows(boosters, 1000, features)).slice(0, 3)).toEqual([]);
    }
  });

  it("say of which model they are", () => {
    const boosters = [3, 1, 2].map((outputs, i) => randomBooster({ features: 4, outputs, trees: 6, depth: 2 }, i));
    expect(openForest(freezeForest(boosters)).models).toEqual([
      { objective: "multi:softprob", first: 0, outputs: 3, baseFirst: false },
      { objective: "reg:linear", first: 3, outputs: 1, baseFirst: false },
      { objective: "multi:softprob", first: 4, outputs: 2, baseFirst: false },
    ]);
  });

  it("refuse a row of another width", () => {
    const forest = openForest(freezeForest([randomBooster({ features: 4, outputs: 1, trees: 6, depth: 2 }, 1)]));
    for (const width of [3, 5]) expect(() => forest.margins(new Float64Array(width))).toThrow(RangeError);
  });
});

describe("freezeForest", () => {
  it("gives the same bytes for the same boosters", () => {
    const boosters = [1, 2].map((seed) => randomBooster({ features: 5, outputs: 1, trees: 20, depth: 5 }, seed));
    expect(freezeForest(boosters)).toEqual(freezeForest(structuredClone(boosters)));
  });

  it.each([
    [
      "a deeper tree",
      { features: 4, outputs: 1, trees: 1, depth: 9, bushy: true },
      "a tree of depth 9 is deeper than 8",
    ],
    ["more features", { features: 33, outputs: 1, trees: 1, depth: 2 }, "33 features are more than 32"],
  ])("refuses %s and says why", (_, shape, reason) => {
    const booster = randomBooster(shape, 1);
    expect(unfreezable(booster)).toBe(reason);
    expect(() => freezeForest([booster])).toThrow(reason);
  });

  it("takes what is just small enough", () => {
    const booster = randomBooster({ features: 32, outputs: 1, trees: 2, depth: 8, bushy: true }, 1);
    expect(unfreezable(booster)).toBe(undefined);
  });

  it("refuses no boosters, and boosters of different features", () => {
    const [a, b] = [3, 4].map((features) => randomBooster({ features, outputs: 1, trees: 1, depth: 1 }, 1));
    expect(() => freezeForest([])).toThrow(RangeError);
    expect(() => freezeForest([a, b] as Booster[])).toThrow("features 4 and 3");
  });
});
