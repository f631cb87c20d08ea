import { describe, expect, it } from "vitest";
import { randomBooster, tryingRows } from "../../../test/random-booster.ts";
import type { Booster } from "./format.ts";
import { appendTrees, firstRounds, roundsOf } from "./rounds.ts";
import { Scorer } from "./scorer.ts";

const SHAPE = { features: 4, outputs: 3, trees: 12, depth: 4 };

describe("appendTrees and firstRounds", () => {
  it("undo each other", () => {
    const [parent, child] = [1, 2].map((seed) => randomBooster(SHAPE, seed)) as [Booster, Booster];
    const both = appendTrees(parent, child);
    expect(roundsOf(both)).toBe(8);
    expect(firstRounds(both, 4)).toEqual(parent);
    expect(firstRounds(both, 99)).toEqual(both);
    expect(firstRounds(parent, 0).left).toHaveLength(0);
  });

  it("add the child's trees to what the parent answers, without its base scores", () => {
    const [parent, child] = [1, 2].map((seed) => randomBooster(SHAPE, seed)) as [Booster, Booster];
    const zero = { ...child, baseScores: new Float32Array(3) };
    const scorers = [appendTrees(parent, child), parent, zero].map((booster) => new Scorer(booster));
    for (const row of tryingRows([parent, child], 200, 1)) {
      const [both = [], first, second] = scorers.map((scorer) => Array.from(scorer.margins(row)));
      for (const [output, margin] of both.entries()) {
        expect(margin).toBeCloseTo((first?.[output] ?? 0) + (second?.[output] ?? 0), 4);
      }
    }
  });

  it.each([
    ["features", { features: 5 }],
    ["outputs", { outputs: 2 }],
    ["objective", { outputs: 1 }],
  ])("refuse boosters that differ in %s", (property, difference) => {
    const parent = randomBooster(SHAPE, 1);
    expect(() => appendTrees(parent, randomBooster({ ...SHAPE, ...difference }, 2))).toThrow(
      `the parent has ${property}`,
    );
  });
});
