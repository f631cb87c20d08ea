import { describe, expect, it } from "vitest";
import { randomBooster, tryingRows } from "../../../test/random-booster.ts";
import { CLASS_GROUPS, FEATURE_NAMES, VARIABLE_NAMES } from "../design/schema.ts";
import { openBundle } from "./bundle.ts";
import { FOREST_FILE, freezeBundle, openTrees } from "./bundle-trees.ts";
import type { Booster } from "./format.ts";
import { Bundle } from "./schema.ts";
import { Scorer } from "./scorer.ts";
import { writeBooster } from "./write-booster.ts";

const FEATURES = [...FEATURE_NAMES];

/** A version whose three class groups and first variable are trees of a depth. */
function version(depth: number) {
  const names = [...CLASS_GROUPS, "font_size_base"] as const;
  const boosters = names.map((name, i): [string, Booster] => {
    const shape = { features: FEATURES.length, outputs: name === "font_size_base" ? 1 : 3, trees: 12, depth };
    const random = randomBooster({ ...shape, bushy: true }, i);
    return [`${name}.xgb`, { ...random, baseScores: random.baseScores.fill(0.5) }];
  });
  const trees = (name: string) => ({ kind: "trees", file: `${name}.xgb` });
  const bundle = Bundle.parse({
    schema_version: 1,
    features: FEATURES,
    classes: Object.fromEntries(CLASS_GROUPS.map((group) => [group, trees(group)])),
    variables: Object.fromEntries(
      VARIABLE_NAMES.map((name) => [name, name === "font_size_base" ? trees(name) : { kind: "constant", value: 1 }]),
    ),
  });
  const files = new Map(boosters.map(([file, booster]) => [file, writeBooster(booster)]));
  return { bundle, files, boosters: boosters.map(([, booster]) => booster) };
}

describe("openTrees", () => {
  it.each([
    ["from model files", 4, false],
    ["from the frozen buffer alone", 4, true],
    ["node by node where trees are too deep for it", 9, false],
  ])("answers as the scorers do, %s", (_, depth, isFrozen) => {
    const { bundle, files, boosters } = version(depth);
    const forest = freezeBundle(bundle, files);
    expect(forest === undefined).toBe(depth > 8);
    const margins = openTrees(bundle, isFrozen && forest ? new Map([[FOREST_FILE, forest]]) : files);
    const scorers = boosters.map((booster) => new Scorer(booster));
    for (const row of tryingRows(boosters, 300, 1)) {
      expect(Array.from(margins(row))).toEqual(scorers.flatMap((scorer) => Array.from(scorer.margins(row))));
    }
  });

  it("opens the same version from model files and from its frozen buffer", () => {
    const { bundle, files, boosters } = version(5);
    const forest = freezeBundle(bundle, files);
    if (forest === undefined) throw new Error("it can be frozen");
    const [slow, fast] = [files, new Map([[FOREST_FILE, forest]])].map((given) => openBundle(bundle, given));
    for (const row of tryingRows(boosters, 100, 2)) expect(fast?.predict(row)).toEqual(slow?.predict(row));
  });

  it("refuses a frozen buffer of another bundle", () => {
    const { bundle, files } = version(3);
    const other = { ...bundle, classes: { ...bundle.classes, font: { kind: "constant", value: 1 } } } as Bundle;
    const forest = freezeBundle(other, files);
    if (forest === undefined) throw new Error("it can be frozen");
    expect(() => openTrees(bundle, new Map([[FOREST_FILE, forest]]))).toThrow("forest.bin: is of another bundle");
    const fewer = { ...bundle, features: FEATURES.slice(1) };
    const own = freezeBundle(bundle, files);
    if (own === undefined) throw new Error("it can be frozen");
    expect(() => openTrees(fewer, new Map([[FOREST_FILE, own]]))).toThrow("forest.bin: is of another bundle");
  });
});

describe("freezeBundle", () => {
  it("has nothing to freeze where no target has trees", () => {
    const { bundle } = version(1);
    const constant = { kind: "constant", value: 1 } as const;
    const classes = { density: constant, font: constant, theme: constant };
    const variables = { ...bundle.variables, font_size_base: constant };
    expect(freezeBundle({ ...bundle, classes, variables }, new Map())).toBe(undefined);
  });
});
