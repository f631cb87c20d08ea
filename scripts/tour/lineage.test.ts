import { describe, expect, it } from "vitest";
import { writeBooster } from "../../functions/src/model/write-booster.ts";
import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { randomBooster } from "../../test/random-booster.ts";
import { inWords, isGrown, roundsIn } from "./lineage.ts";

describe("the rounds of a version's models", () => {
  it("are counted in the boosters, by target; other files have none", () => {
    const booster = (trees: number) =>
      writeBooster({
        ...randomBooster({ features: 2, outputs: 3, trees, depth: 2 }, 1),
        baseScores: new Float32Array(3),
      });
    const files = new Map([
      ["density.xgb", booster(6)],
      ["theme.xgb", booster(15)],
      ["bundle.json", new Uint8Array()],
    ]);
    expect(roundsIn(files)).toEqual({ density: 2, theme: 5 });
  });

  it.each([
    { name: "all have ten more", child: { density: 70, theme: 30 }, grown: true },
    { name: "one has nine more", child: { density: 70, theme: 29 }, grown: false },
    { name: "one is missing", child: { density: 70 }, grown: false },
    { name: "one is new", child: { density: 70, theme: 30, font: 10 }, grown: false },
  ])("are a grown parent's where $name: $grown", ({ child, grown }) => {
    expect(isGrown({ parent: { density: 60, theme: 20 }, child, more: 10 })).toBe(grown);
  });

  it("are nobody's where there are no models", () => {
    expect(isGrown({ parent: {}, child: {}, more: 10 })).toBe(false);
  });
});

describe("a version's lineage in words", () => {
  const data = { from: "2026-09-26T03:00:00.000Z", to: "2026-09-28T03:00:00.000Z", sessions: 2263 };
  const version = { version: "v_x", lineage: { kind: "incremental", data } } as ModelVersion;

  it("says what it was made from", () => {
    expect(inWords(version, { density: 70, theme: 70 })).toBe(
      "v_x, incremental: 2263 sessions from Sat 26 Sep 03:00 to Mon 28 Sep 03:00, 70 rounds (density, theme)",
    );
  });

  it("tells models apart that have not the same rounds", () => {
    expect(inWords(version, { density: 70, theme: 60 })).toMatch(/, 60 rounds \(theme\), 70 rounds \(density\)$/);
  });
});
