import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { boosterBytes, leafTree, splitTree } from "../../../test/booster-bytes.ts";
import { neutralVariables } from "../design/rules.ts";
import { CLASS_GROUPS } from "../design/schema.ts";
import { parseBooster } from "./format.ts";
import { gainShares, splitShares, splitTotals } from "./importance.ts";
import { readXgboostJson } from "./read-xgboost-json.ts";
import { Bundle } from "./schema.ts";
import { writeBooster } from "./write-booster.ts";

const split = (feature: number) => splitTree({ feature, threshold: 1, left: 0, right: 1 });
/** A tree for each feature that splits on it, with a gain of 2 each. */
function bytes(...features: number[]): Uint8Array {
  const booster = parseBooster(boosterBytes({ trees: [...features.map(split), leafTree(0)] }));
  booster.gain.fill(2);
  return writeBooster(booster);
}

/** A model of XGBoost 3.2.0 out of its fixtures. */
function fixture(name: string) {
  const text = readFileSync(new URL("./fixtures/xgboost-3.2.0.json", import.meta.url), "utf8");
  const { models } = JSON.parse(text) as { models: Record<string, { model: string }> };
  return readXgboostJson(models[name]?.model ?? "");
}

describe("the splits of a booster", () => {
  // xgboost 3.2.0: booster.get_score(importance_type="weight"), "total_gain", "total_cover".
  it.each([
    {
      name: "regression, pruned",
      weight: [18, 4, 2, 0],
      gain: [963.539306640625, 18.097570419311523, 12.714736938476562, 0],
      cover: [1939, 184, 172, 0],
    },
    {
      name: "softprob",
      weight: [18, 20, 11, 5],
      gain: [108.44237518310547, 111.6362533569336, 310.5343017578125, 8.99089241027832],
      cover: [549.0226440429688, 530.5802612304688, 726.3240966796875, 110.98261260986328],
    },
    {
      name: "logistic",
      weight: [6, 6, 4, 0],
      gain: [29.191526412963867, 39.03038787841797, 286.2063293457031, 0],
      cover: [97.45843505859375, 43.76689529418945, 145.26516723632812, 0],
    },
  ])("add up to what XGBoost says: $name", ({ name, ...expected }) => {
    const totals = splitTotals(fixture(name));
    for (const kind of ["weight", "gain", "cover"] as const) {
      expect(totals[kind]).toHaveLength(expected[kind].length);
      // XGBoost adds up in float32.
      expected[kind].forEach((total, column) => {
        expect(Math.abs((totals[kind][column] ?? Number.NaN) - total)).toBeLessThanOrEqual(1e-6 * total);
      });
    }
  });

  it("are shared out by name, each model counting the same", () => {
    const constant = { kind: "constant", value: 1 } as const;
    const variables = Object.fromEntries(Object.keys(neutralVariables()).map((name) => [name, constant]));
    const bundle = Bundle.parse({
      schema_version: 1,
      features: ["touch_enabled", "hour_of_day"],
      classes: Object.fromEntries(CLASS_GROUPS.map((group) => [group, constant])),
      variables: {
        ...variables,
        font_size_base: { kind: "trees", file: "a.xgb" },
        spacing_base: { kind: "trees", file: "b.xgb" },
        line_height_base: { kind: "trees", file: "c.xgb" },
      },
    });
    const files = new Map([
      ["a.xgb", bytes(0, 1, 1, 1)],
      ["b.xgb", bytes(0)],
      ["c.xgb", boosterBytes({ trees: [leafTree(0)] })],
    ]);
    const shares = gainShares(bundle, files);
    expect(shares.touch_enabled).toBeCloseTo((0.25 + 1) / 2, 6);
    expect(shares.hour_of_day).toBeCloseTo((0.75 + 0) / 2, 6);
    expect(shares.is_mobile).toBe(0);
    expect(gainShares(bundle, new Map())).toEqual({});
    const { weight, cover } = splitShares(bundle, files);
    // Every root of these has a cover of 0.5.
    expect(cover).toEqual(weight);
    expect(weight).toEqual(shares);
  });
});
