import { describe, expect, it } from "vitest";
import { randomBooster } from "../../../test/random-booster.ts";
import { exhausted, type Parent } from "./parent.ts";

const REFERENCE = {} as Parent["reference"];

function parent(trees: number): Parent {
  const booster = randomBooster({ features: 2, outputs: 3, trees, depth: 1 }, 1);
  return {
    version: "v_1",
    plan: { constants: {}, trees: ["theme"] },
    boosters: new Map([["theme", booster]]),
    reference: REFERENCE,
  };
}

describe("exhausted", () => {
  it.each([
    ["as many rounds as leave room for ten", 390 * 3, undefined],
    ["one more", 391 * 3, "theme of v_1 has 391 of at most 400 rounds: a full retraining is due"],
  ])("tells of %s", (_, trees, expected) => {
    expect(exhausted(parent(trees))).toBe(expected);
  });

  it("tells of a version of constants", () => {
    const constant = {
      version: "v_1",
      plan: { constants: { theme: 1 }, trees: [] },
      boosters: new Map(),
      reference: REFERENCE,
    };
    expect(exhausted(constant)).toBe("v_1 has no trees to go on from: a full retraining is due");
  });
});
