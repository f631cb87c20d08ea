import { describe, expect, it } from "vitest";
import { type Alternative, symmetricPValue } from "./alternative.ts";
import { standardNormalCdf } from "./distributions.ts";

describe("a p-value", () => {
  // scipy 1.17.1: stats.norm.cdf(z), stats.norm.sf(z), 2 * stats.norm.sf(abs(z))
  it.each<[number, Alternative, number]>([
    [1.5, "less", 0.9331927987311419],
    [1.5, "greater", 0.06680720126885807],
    [1.5, "two-sided", 0.13361440253771614],
    [-1.5, "less", 0.06680720126885807],
    [-1.5, "greater", 0.9331927987311419],
    [-1.5, "two-sided", 0.13361440253771614],
    [0, "two-sided", 1],
    [20, "greater", 2.7536241186061556e-89],
  ])("of %d, %s, is %d", (statistic, alternative, expected) => {
    expect(symmetricPValue(statistic, alternative, standardNormalCdf) / expected).toBeCloseTo(1, 12);
  });
});
