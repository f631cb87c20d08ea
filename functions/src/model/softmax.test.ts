import { describe, expect, it } from "vitest";
import { expf, softmax } from "./softmax.ts";

describe("softmax", () => {
  it.each([
    [
      [0, 0, 0],
      [1 / 3, 1 / 3, 1 / 3],
    ],
    [
      [1, 2, 3],
      [0.09003057, 0.24472847, 0.66524096],
    ],
    [
      [-1.7e38, 0, 1.7e38],
      [0, 0, 1],
    ],
    [
      [1000, 1001],
      [0.26894142, 0.73105858],
    ],
  ])("of %j is %j", (margins, expected) => {
    // scipy.special.softmax
    const probabilities = softmax(Float32Array.from(margins));
    expected.forEach((p, i) => {
      expect(probabilities[i]).toBeCloseTo(p, 6);
    });
  });
});

describe("expf", () => {
  it("is within one unit in the last place of the exponential", () => {
    for (let x = 0; x > -87; x -= 0.00317) {
      const argument = Math.fround(x);
      const exact = Math.exp(argument);
      expect(Math.abs(expf(argument) - exact)).toBeLessThanOrEqual(exact * 2 ** -23);
    }
  });

  it.each([
    ["zero", 0, 1],
    ["minus zero", -0, 1],
    ["-2^-14, where it becomes 1 + x", -(2 ** -14), Math.fround(1 - 2 ** -14)],
    ["the last argument before 0", -103.97207641601562, 2 ** -149],
    ["-103.97208", -103.97208404541016, 0],
    ["minus infinity", -Infinity, 0],
  ])("of %s", (_, x, expected) => {
    expect(expf(x)).toBe(expected);
  });
});
