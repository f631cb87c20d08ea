import { describe, expect, it } from "vitest";
import type { FeatureName } from "../design/schema.ts";
import type { Binning } from "../registry/schema.ts";
import { movedFeature } from "./bin-words.ts";
import { chooseBinning } from "./binning.ts";

const AREA: Binning = { kind: "edges", edges: [300_000, 1_024_000] };

/** In words, where one bin had nothing and has everything now. */
function words(feature: FeatureName, binning: Binning, bin: number, bins: number): string[] {
  const only = (at: number) => Array.from({ length: bins }, (_, i) => Number(i === at));
  return movedFeature(feature, binning, { reference: only(-1), current: only(bin), contributions: only(bin) });
}

describe("a moved bin", () => {
  it.each<[string, FeatureName, Binning, number, string]>([
    ["a yes", "touch_enabled", chooseBinning("touch_enabled", new Float64Array()), 1, "touch visitors 0 % -> 100 %"],
    [
      "a level",
      "estimated_network_speed",
      chooseBinning("estimated_network_speed", new Float64Array()),
      0,
      "slow network 0 % -> 100 %",
    ],
    [
      "a value",
      "accessibility_needs",
      chooseBinning("accessibility_needs", new Float64Array()),
      1,
      "accessibility_needs 0.25 0 % -> 100 %",
    ],
    [
      "another value",
      "accessibility_needs",
      chooseBinning("accessibility_needs", new Float64Array()),
      5,
      "another accessibility_needs 0 % -> 100 %",
    ],
    ["below all edges", "viewport_area", AREA, 0, "viewport_area under 300,000 0 % -> 100 %"],
    ["between edges", "viewport_area", AREA, 1, "viewport_area 300,000 to 1,024,000 0 % -> 100 %"],
    ["above all edges", "viewport_area", AREA, 2, "viewport_area from 1,024,000 0 % -> 100 %"],
    ["missing", "viewport_area", AREA, 3, "viewport_area missing 0 % -> 100 %"],
    ["the only bin", "viewport_area", { kind: "edges", edges: [] }, 0, "any viewport_area 0 % -> 100 %"],
  ])("%s of %s", (_, feature, binning, bin, expected) => {
    expect(words(feature, binning, bin, 7)).toEqual([expected]);
  });

  it("is told by the yes alone, and of many the three that moved most", () => {
    const flag = chooseBinning("touch_enabled", new Float64Array());
    const shares = { reference: [0.78, 0.22, 0, 0], current: [0.59, 0.41, 0, 0] };
    expect(movedFeature("touch_enabled", flag, { ...shares, contributions: [0.05, 0.12, 0, 0] })).toEqual([
      "touch visitors 22 % -> 41 %",
    ]);
    const many: Binning = { kind: "edges", edges: [1, 2, 3, 4] };
    const moved = { reference: [0.2, 0.2, 0.2, 0.2, 0.2, 0], current: [0.004, 0.1, 0.3, 0.2, 0.396, 0] };
    expect(movedFeature("viewport_area", many, { ...moved, contributions: [0.3, 0.1, 0.05, 0, 0.2, 0] })).toEqual([
      "viewport_area under 1 20 % -> 0.4 %",
      "viewport_area from 4 20 % -> 40 %",
      "viewport_area 1 to 2 20 % -> 10 %",
    ]);
  });
});
