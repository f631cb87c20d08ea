import { describe, expect, it } from "vitest";
import { tryingRows } from "../../../test/random-booster.ts";
import { randomVersion } from "../../../test/random-version.ts";
import { openBundle } from "./bundle.ts";
import { FOREST_FILE, freezeBundle, openTrees } from "./bundle-trees.ts";
import type { Bundle } from "./schema.ts";
import { Scorer } from "./scorer.ts";

describe("openTrees", () => {
  it.each([
    ["from model files", 4, false],
    ["from the frozen buffer alone", 4, true],
    ["node by node where trees are too deep for it", 9, false],
  ])("answers as the scorers do, %s", (_, depth, isFrozen) => {
    const { bundle, files, boosters } = randomVersion(depth);
    const forest = freezeBundle(bundle, files);
    expect(forest === undefined).toBe(depth > 8);
    const margins = openTrees(bundle, isFrozen && forest ? new Map([[FOREST_FILE, forest]]) : files);
    const scorers = boosters.map((booster) => new Scorer(booster));
    for (const row of tryingRows(boosters, 300, 1)) {
      expect(Array.from(margins(row))).toEqual(scorers.flatMap((scorer) => Array.from(scorer.margins(row))));
    }
  });

  it("opens the same version from model files and from its frozen buffer", () => {
    const { bundle, files, boosters } = randomVersion(5);
    const forest = freezeBundle(bundle, files);
    if (forest === undefined) throw new Error("it can be frozen");
    const [slow, fast] = [files, new Map([[FOREST_FILE, forest]])].map((given) => openBundle(bundle, given));
    for (const row of tryingRows(boosters, 100, 2)) expect(fast?.predict(row)).toEqual(slow?.predict(row));
  });

  it("refuses a frozen buffer of another bundle", () => {
    const { bundle, files } = randomVersion(3);
    const other = { ...bundle, classes: { ...bundle.classes, font: { kind: "constant", value: 1 } } } as Bundle;
    const forest = freezeBundle(other, files);
    if (forest === undefined) throw new Error("it can be frozen");
    expect(() => openTrees(bundle, new Map([[FOREST_FILE, forest]]))).toThrow("forest.bin: is of another bundle");
    const fewer = { ...bundle, features: bundle.features.slice(1) };
    const own = freezeBundle(bundle, files);
    if (own === undefined) throw new Error("it can be frozen");
    expect(() => openTrees(fewer, new Map([[FOREST_FILE, own]]))).toThrow("forest.bin: is of another bundle");
  });
});

describe("freezeBundle", () => {
  it("has nothing to freeze where no target has trees", () => {
    const { bundle } = randomVersion(1);
    const constant = { kind: "constant", value: 1 } as const;
    const classes = { density: constant, font: constant, theme: constant };
    const variables = { ...bundle.variables, font_size_base: constant };
    expect(freezeBundle({ ...bundle, classes, variables }, new Map())).toBe(undefined);
  });
});
