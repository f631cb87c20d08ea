import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldsOf } from "./folds.ts";

describe("foldsOf", () => {
  it("keeps every group in one fold, and folds of equal size, give or take one", () => {
    const cases = fc.record({
      group: fc.array(fc.nat({ max: 30 }), { minLength: 1 }),
      folds: fc.integer({ min: 2, max: 7 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ group, folds, seed }) => {
        const fold = foldsOf(group, { folds, seed });
        const ofGroup = new Map<number, number>();
        group.forEach((g, row) => {
          expect(ofGroup.get(g) ?? fold[row]).toBe(fold[row]);
          ofGroup.set(g, fold[row] as number);
        });
        for (const f of fold) expect(f >= 0 && f < folds).toBe(true);
        const all = foldsOf(
          Int32Array.from({ length: Math.max(...group) + 1 }, (_, g) => g),
          { folds, seed },
        );
        const sizes = Array.from({ length: folds }, (_, f) => all.filter((one) => one === f).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
      { seed: 1 },
    );
  });

  it("draws by the seed", () => {
    const group = Int32Array.from({ length: 100 }, (_, row) => row);
    expect(foldsOf(group, { folds: 5, seed: 1 })).toEqual(foldsOf(group, { folds: 5, seed: 1 }));
    expect(foldsOf(group, { folds: 5, seed: 1 })).not.toEqual(foldsOf(group, { folds: 5, seed: 2 }));
    // Not in the order of the rows, which often is that of time.
    expect(Array.from(foldsOf(group, { folds: 5, seed: 1 }))).not.toEqual(Array.from(group, (row) => row % 5));
  });
});
