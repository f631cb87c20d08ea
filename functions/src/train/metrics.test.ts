import { describe, expect, it } from "vitest";
import { absoluteError, bestConstant, majorityClass } from "./metrics.ts";

describe("metrics", () => {
  it.each([
    { predicted: 350, actual: 10, error: 20 },
    { predicted: 10, actual: 350, error: 20 },
    { predicted: 0, actual: 360, error: 0 },
    { predicted: 0, actual: 180, error: 180 },
    { predicted: 90, actual: 300, error: 150 },
  ])("go the short way round from $predicted to $actual degrees", ({ predicted, actual, error }) => {
    expect(absoluteError(predicted, actual, 360)).toBe(error);
    expect(absoluteError(predicted, actual, null)).toBe(Math.abs(predicted - actual));
  });

  it("find the class with most weight, not with most rows", () => {
    expect(majorityClass([0, 0, 2], [0.25, 0.25, 1], 3)).toBe(2);
    expect(majorityClass([1, 0], [1, 1], 3)).toBe(0);
  });

  it.each([
    { values: [3, 1, 2], weights: [1, 1, 1], median: 2 },
    { values: [3, 1, 2], weights: [5, 1, 1], median: 3 },
    { values: [1, 2, 3, 4], weights: [1, 1, 1, 1], median: 2 },
    { values: [1, 2], weights: [0, 1], median: 2 },
    { values: [], weights: [], median: Number.NaN },
  ])("find the median $median of $values weighted $weights", ({ values, weights, median }) => {
    expect(bestConstant(values, weights, null)).toBe(median);
  });

  it("find the best constant of a circle the short way round", () => {
    // Linear medians would be 5 and 180.
    expect(bestConstant([350, 352, 354, 5, 10], [1, 1, 1, 1, 1], 360)).toBe(354);
    expect(bestConstant([0, 1, 359, 358, 180], [1, 1, 1, 1, 1], 360)).toBe(359);
    expect(bestConstant([], [], 360)).toBeNaN();
  });
});
