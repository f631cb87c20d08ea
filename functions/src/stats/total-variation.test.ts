import fc from "fast-check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { totalVariation, totalVariationNoise } from "./total-variation.ts";

describe("the total variation", () => {
  // numpy 2.4.6: abs(c / c.sum() - r / r.sum()).sum() / 2
  it.each([
    { name: "no cell shared", reference: [3, 0], current: [0, 5], expected: 1 },
    { name: "the same shares", reference: [1, 2, 3], current: [10, 20, 30], expected: 0 },
    { name: "a flag of 22 % that rises to 41 %", reference: [780, 220], current: [590, 410], expected: 0.19 },
    { name: "a class that is new", reference: [50, 50, 0], current: [40, 40, 20], expected: 0.2 },
    {
      name: "a slope",
      reference: Array(10).fill(100),
      current: [50, 60, 70, 80, 90, 100, 110, 120, 150, 170],
      expected: 0.15,
    },
  ])("of $name is $expected", ({ reference, current, expected }) => {
    expect(figuresOf(totalVariation({ reference, current })).distance).toBeCloseTo(expected, 12);
  });

  it("is insufficient data without rows", () => {
    expect(totalVariation({ reference: [0, 0], current: [0, 1] }).status).toBe("insufficient_data");
  });

  it("lies between 0 and 1, is the same both ways, and falls when classes are thrown together", () => {
    const histogram = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(histogram, (rows) => {
        const [reference, current] = [rows.map(([r]) => r), rows.map(([, c]) => c)];
        const found = totalVariation({ reference, current });
        if (found.status !== "measured") return;
        expect(found.distance).toBeGreaterThanOrEqual(0);
        expect(found.distance).toBeLessThanOrEqual(1);
        const back = figuresOf(totalVariation({ reference: current, current: reference }));
        expect(back.distance).toBeCloseTo(found.distance, 12);
        const merged = ([first = 0, second = 0, ...rest]: number[]) => [first + second, ...rest];
        const coarse = figuresOf(totalVariation({ reference: merged(reference), current: merged(current) }));
        expect(coarse.distance).toBeLessThanOrEqual(found.distance + 1e-12);
      }),
    );
  });
});

describe("the noise of total variation", () => {
  // numpy 2.4.6: np.sqrt(np.log(1 / alpha) / 2 * (1 / n + 1 / m))
  it.each([
    { alpha: 0.01, referenceSize: 400, currentSize: 400, expected: 0.10729830131446737 },
    { alpha: 0.01, referenceSize: 2000, currentSize: 1000, expected: 0.058769700011919994 },
    { alpha: 0.001, referenceSize: 400, currentSize: 8, expected: 0.6636033446533488 },
  ])("at $alpha, $referenceSize v $currentSize, is $expected", ({ expected, ...question }) => {
    expect(totalVariationNoise(question)).toBeCloseTo(expected, 12);
  });

  it.each([
    { name: "alpha 0", alpha: 0, currentSize: 10 },
    { name: "nobody", alpha: 0.01, currentSize: 0 },
  ])("refuses $name", ({ alpha, currentSize }) => {
    expect(() => totalVariationNoise({ alpha, currentSize, referenceSize: 10 })).toThrow(RangeError);
  });

  // The promise behind "more than 0.15 beyond noise": a true 0.15 hardly ever passes 0.15 + the bound at 0.01.
  it("keeps three classes that truly differ by 0.15 below 0.15 and the bound", () => {
    const random = xoroshiro128plus(20262);
    const draw = (rows: number, [a, b]: readonly [number, number]): number[] => {
      const counts = [0, 0, 0];
      for (let i = 0; i < rows; i++) {
        const at = uniformFloat64(random);
        const cell = at < a ? 0 : at < a + b ? 1 : 2;
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
      return counts;
    };
    const sizes = { referenceSize: 400, currentSize: 400 };
    const bound = 0.15 + totalVariationNoise({ ...sizes, alpha: 0.01 });
    let passed = 0;
    for (let i = 0; i < 4000; i++) {
      const histograms = { reference: draw(400, [0.4, 0.3]), current: draw(400, [0.25, 0.375]) };
      passed += Number(figuresOf(totalVariation(histograms)).distance > bound);
    }
    expect(passed / 4000).toBeLessThan(0.01);
  });
});
