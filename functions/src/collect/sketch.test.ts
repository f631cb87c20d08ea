import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addToSketch, EXACT_BELOW, emptySketch, estimate, mergeSketches } from "./sketch.ts";

const visitors = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `visitor-${from + i}`);
const sketchOf = (strings: string[]) => addToSketch(emptySketch(), strings);
/** Sets whose unions fall on both sides of the exact limit. */
const sets = fc
  .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 300 }))
  .map(([from, length]) => visitors(from, from + length));

describe("sketch", () => {
  it.each([
    { name: "nothing", strings: [], count: 0 },
    { name: "one", strings: ["a"], count: 1 },
    { name: "the same string many times", strings: ["a", "b", "a", "a"], count: 2 },
    { name: "the last exact count", strings: visitors(0, EXACT_BELOW - 1), count: EXACT_BELOW - 1 },
  ])("counts $name exactly", ({ strings, count }) => {
    const sketch = sketchOf(strings);
    expect(sketch.kind).toBe("exact");
    expect(estimate(sketch)).toBe(count);
  });

  it("changes to registers at 256 and stays within its error", () => {
    const sketch = sketchOf(visitors(0, EXACT_BELOW));
    expect(sketch.kind).toBe("registers");
    expect(Math.abs(estimate(sketch) - 256)).toBeLessThanOrEqual(256 * 0.05);
  });

  // Standard error 1.04 / sqrt(4096) = 1.625 %: four of them, over sizes on both sides of the linear-counting limit (10 240).
  it.each([500, 1000, 3000, 8000, 10_000, 11_000, 15_000, 50_000, 200_000])(
    "is within four standard errors at %i",
    (n) => {
      const sketch = sketchOf(visitors(0, n));
      expect(Math.abs(estimate(sketch) - n) / n).toBeLessThan(4 * (1.04 / Math.sqrt(4096)));
    },
  );

  it("has no bias: 40 disjoint crowds of 20 000 are 1.6 % off on average of squares, and right on average", () => {
    const errors = Array.from({ length: 40 }, (_, i) => {
      const crowd = Array.from({ length: 20_000 }, (_, j) => `${i}/${j}`);
      return estimate(sketchOf(crowd)) / 20_000 - 1;
    });
    const mean = errors.reduce((sum, e) => sum + e, 0) / errors.length;
    const rms = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
    expect(Math.abs(mean)).toBeLessThan((4 * 0.01625) / Math.sqrt(40));
    expect(rms).toBeLessThan(0.01625 * 1.5);
  });

  it("depends on the set alone: merging is commutative, associative and idempotent, and equals adding", () => {
    fc.assert(
      fc.property(sets, sets, sets, (a, b, c) => {
        const [sa, sb, sc] = [sketchOf(a), sketchOf(b), sketchOf(c)];
        const all = sketchOf([...a, ...b, ...c]);
        expect(mergeSketches(sa, sb, sc)).toEqual(all);
        expect(mergeSketches(sc, mergeSketches(sb, sa))).toEqual(all);
        expect(mergeSketches(mergeSketches(sa, sb), sc)).toEqual(all);
        expect(mergeSketches(all, sa, all)).toEqual(all);
        expect(addToSketch(addToSketch(sa, b), [...c, ...a])).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses registers of another size", () => {
    expect(() => estimate({ kind: "registers", registers: "AAAA" })).toThrow("3 registers, not 4096");
  });
});
