import { describe, expect, it } from "vitest";
import { predictionOf } from "./prediction.ts";

describe("predictionOf", () => {
  it.each([
    ["regression", "reg:linear", [2.5], [2.5]],
    ["softprob", "multi:softprob", [0, Math.log(2), Math.log(5)], [1 / 8, 2 / 8, 5 / 8]],
    ["logistic", "binary:logistic", [Math.log(3)], [0.75]],
    ["logistic of nothing", "binary:logistic", [0], [0.5]],
    ["logistic far down", "binary:logistic", [-1e38], [0]],
    ["logistic far up", "binary:logistic", [1e38], [1]],
  ] as const)("gives %s what it means", (_, objective, margins, expected) => {
    const found = predictionOf(objective, Float32Array.from(margins));
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
  });
});
