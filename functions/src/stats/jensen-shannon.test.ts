import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { jensenShannonDistance } from "./jensen-shannon.ts";

describe("the Jensen-Shannon distance", () => {
  // scipy 1.17.1: spatial.distance.jensenshannon(reference, current, 2). The first three are of its documentation.
  it.each([
    { name: "no cell shared", reference: [1, 0, 0], current: [0, 1, 0], expected: 1 },
    { name: "half of it shared", reference: [1, 0], current: [0.5, 0.5], expected: 0.5579230452841438 },
    { name: "the same", reference: [1, 0, 0], current: [1, 0, 0], expected: 0 },
    { name: "the same shares of more", reference: [1, 2, 3], current: [10, 20, 30], expected: 0 },
    {
      name: "a slope",
      reference: Array(10).fill(100),
      current: [50, 60, 70, 80, 90, 100, 110, 120, 150, 170],
      expected: 0.15416305859589907,
    },
    // The sum is rounded to -4e-17, and has no root.
    { name: "one in 2e9", reference: [1000006731, 1000000569], current: [1000006732, 1000000568], expected: 0 },
    { name: "a class that is new", reference: [50, 50, 0], current: [40, 40, 20], expected: 0.32868152693085756 },
  ])("of $name is $expected", ({ reference, current, expected }) => {
    expect(figuresOf(jensenShannonDistance({ reference, current })).distance).toBeCloseTo(expected, 12);
  });

  it("is Evidently's but for the base of the logarithm", () => {
    // Evidently 0.7.23: _jensenshannon(reference, current, ColumnType.Categorical, 0.1) is 0.27364532084863846
    const { distance } = figuresOf(jensenShannonDistance({ reference: [50, 50, 0], current: [40, 40, 20] }));
    expect(distance * Math.sqrt(Math.LN2)).toBeCloseTo(0.27364532084863846, 12);
  });

  it("is insufficient data without rows", () => {
    expect(jensenShannonDistance({ reference: [1, 2], current: [0, 0] }).status).toBe("insufficient_data");
  });

  it("lies between 0 and 1, is the same both ways and whatever the counts are multiplied by", () => {
    const histogram = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(histogram, fc.double({ min: 0.001, max: 1000, noNaN: true }), (rows, factor) => {
        const [reference, current] = [rows.map(([r]) => r), rows.map(([, c]) => c)];
        const found = jensenShannonDistance({ reference, current });
        if (found.status !== "measured") return;
        expect(found.distance).toBeGreaterThanOrEqual(0);
        expect(found.distance).toBeLessThanOrEqual(1);
        const back = figuresOf(jensenShannonDistance({ reference: current, current: reference }));
        const scaled = { reference, current: current.map((count) => count * factor) };
        // The root turns a rounding of 1e-16 at 0 into 1e-8.
        expect(back.distance).toBeCloseTo(found.distance, 7);
        expect(figuresOf(jensenShannonDistance(scaled)).distance).toBeCloseTo(found.distance, 7);
      }),
    );
  });

  it("is a metric: no detour is shorter", () => {
    const shares = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(shares, shares, shares, (a, b, c) => {
        const d = (reference: number[], current: number[]) =>
          figuresOf(jensenShannonDistance({ reference, current })).distance;
        expect(d(a, c)).toBeLessThanOrEqual(d(a, b) + d(b, c) + 1e-7);
      }),
    );
  });
});
