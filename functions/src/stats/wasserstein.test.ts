import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { wassersteinDistance } from "./wasserstein.ts";

describe("the Wasserstein distance", () => {
  // scipy 1.17.1: stats.wasserstein_distance(reference, current), and that / np.std(reference); the first is of its
  // documentation. The second two: Evidently 0.7.23, _wasserstein_distance_norm(...), gives the same normed figure.
  it.each([
    { name: "three v three", reference: [0, 1, 3], current: [5, 6, 8], distance: 5, normed: 4.0089186286863665 },
    {
      name: "1..50 v squares",
      reference: Array.from({ length: 50 }, (_, i) => i + 1),
      current: Array.from({ length: 40 }, (_, i) => (i + 1) ** 2 / 30),
      distance: 7.368333333333333,
      normed: 0.5105952372788705,
    },
    {
      name: "R's sleep, in any order",
      reference: [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2.0],
      current: [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
      distance: 1.58,
      normed: 0.9309431210345946,
    },
    { name: "the same, repeated", reference: [1, 2], current: [2, 1, 1, 2], distance: 0, normed: 0 },
    { name: "the same constant", reference: [0.1, 0.1, 0.1], current: [0.1], distance: 0, normed: 0 },
  ])("of $name", ({ reference, current, distance, normed }) => {
    const found = figuresOf(wassersteinDistance({ reference, current }));
    expect(found.distance).toBeCloseTo(distance, 12);
    expect(found.normed).toBeCloseTo(normed, 12);
  });

  // Evidently 0.7.23 divides by 0.001 at least, and says 1000 to [2, 2, 2] v [3, 3].
  it.each([
    { name: "an empty reference", reference: [], current: [1], reason: "the reference is empty" },
    { name: "an empty current sample", reference: [1], current: [], reason: "the current sample is empty" },
    {
      name: "a constant reference that was left",
      reference: [0.1, 0.1, 0.1],
      current: [3],
      reason: "the reference does not vary around 0.1: a distance from it has no scale",
    },
    {
      name: "a reference whose deviation cannot be told from 0",
      reference: [0, 5e-324],
      current: [1],
      reason: "the reference does not vary around 0: a distance from it has no scale",
    },
  ])("of $name is insufficient data", ({ reference, current, reason }) => {
    expect(wassersteinDistance({ reference, current })).toEqual({ status: "insufficient_data", reason });
  });

  it("refuses NaN", () => {
    expect(() => wassersteinDistance({ reference: [1, Number.NaN], current: [1] })).toThrow(RangeError);
  });

  const sample = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 50 });

  it("is the same both ways, moves with a shift, and its norm does not know the unit", () => {
    fc.assert(
      fc.property(sample, fc.double({ min: 0.5, max: 2000, noNaN: true }), (reference, by) => {
        const moved = reference.map((value) => value + by);
        const found = wassersteinDistance({ reference, current: moved });
        if (found.status !== "measured") return;
        expect(found.distance / by).toBeCloseTo(1, 6);
        const kilo = (values: number[]) => values.map((value) => value * 1024);
        const scaled = figuresOf(wassersteinDistance({ reference: kilo(reference), current: kilo(moved) }));
        expect(scaled.normed / found.normed).toBeCloseTo(1, 9);
        const back = wassersteinDistance({ reference: moved, current: reference });
        if (back.status === "measured") expect(back.distance / found.distance).toBeCloseTo(1, 9);
      }),
    );
  });
});
