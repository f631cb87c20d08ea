import { describe, expect, it } from "vitest";
import { FEATURE_NAMES } from "../design/schema.ts";
import { COLUMNS } from "./examples.ts";
import { scalerOf } from "./scaler.ts";

describe("the statistics of features", () => {
  it("are those of the rows that are learnt from, without the missing ones", () => {
    const features = new Float64Array(5 * COLUMNS).fill(Number.NaN);
    [1, 2, Number.NaN, 4, 100].forEach((value, row) => {
      features[row * COLUMNS] = value;
    });
    const { features: of } = scalerOf({ features }, Int32Array.of(0, 1, 2, 3));
    // R: sd(c(1, 2, 4)), quantile(c(1, 2, 4), c(.25, .5, .75), type = 7)
    expect(of.hour_of_day).toEqual({
      rows: 4,
      missing: 0.25,
      mean: expect.closeTo(7 / 3, 12),
      sd: expect.closeTo(Math.sqrt(7 / 3), 12),
      min: 1,
      quartiles: [1.5, 2, 3],
      max: 4,
    });
    expect(of.is_weekend).toEqual({ rows: 4, missing: 1, mean: null, sd: null, min: null, quartiles: null, max: null });
    expect(Object.keys(of)).toEqual([...FEATURE_NAMES]);
  });
});
