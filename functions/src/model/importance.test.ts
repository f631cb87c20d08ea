import { describe, expect, it } from "vitest";
import { boosterBytes, leafTree, splitTree } from "../../../test/booster-bytes.ts";
import { neutralVariables } from "../design/rules.ts";
import { CLASS_GROUPS } from "../design/schema.ts";
import { parseBooster } from "./format.ts";
import { gainShares, totalGains } from "./importance.ts";
import { Bundle } from "./schema.ts";
import { writeBooster } from "./write-booster.ts";

const split = (feature: number) => splitTree({ feature, threshold: 1, left: 0, right: 1 });
/** A tree for each feature that splits on it, with a gain of 2 each. */
function bytes(...features: number[]): Uint8Array {
  const booster = parseBooster(boosterBytes({ trees: [...features.map(split), leafTree(0)] }));
  booster.gain.fill(2);
  return writeBooster(booster);
}

describe("gain", () => {
  it("is added up by column", () => {
    const gains = totalGains(parseBooster(bytes(0, 1, 1)));
    expect(Array.from(gains)).toEqual([2, 4]);
  });

  it("is shared out by name, each model counting the same", () => {
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
  });
});
