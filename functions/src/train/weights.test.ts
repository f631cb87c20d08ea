import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { weighted } from "./weights.ts";

const NEVER = { recency_half_life_days: null };
const DAY_MS = 86_400_000;
const rowsOf = (n: number, from = 0) => Int32Array.from({ length: n }, (_, i) => from + i);

/** Rows of subjects, with their weights. */
function rows(of: readonly (readonly [subject: number, weight: number])[]) {
  return {
    subject: Int32Array.from(of, ([subject]) => subject),
    weights: Float64Array.from(of, ([, weight]) => weight),
    eventMs: new Float64Array(of.length),
  };
}

describe("weights", () => {
  it("cut the heaviest person to thrice an equal share of what is left", () => {
    // Ten people: 30 %. Nine weigh 1, one weighs 100: 0.3 T with T = 9 / 0.7.
    const of = rows(Array.from({ length: 10 }, (_, i) => [i, i === 4 ? 100 : 1] as const));
    const all = weighted(of, { train: rowsOf(10), holdout: new Int32Array() }, NEVER);
    expect(all[4]).toBeCloseTo(0.3 * (9 / 0.7), 12);
    expect(all[0]).toBe(1);
  });

  it("cut somebody's rows alike, and each side for itself", () => {
    const heavy = Array.from({ length: 40 }, () => [0, 1] as const);
    const light = Array.from({ length: 40 }, (_, i) => [1 + i, 1] as const);
    const all = weighted(rows([...heavy, ...light]), { train: rowsOf(80), holdout: new Int32Array() }, NEVER);
    expect(new Set(all.subarray(0, 40)).size).toBe(1);
    expect(all[0]).toBeLessThan(1);
    // Alone among 40 on the other side nobody is heavy.
    const split = { train: rowsOf(40, 40), holdout: rowsOf(1) };
    expect(weighted(rows([...heavy, ...light]), split, NEVER).subarray(40)).toEqual(new Float64Array(40).fill(1));
  });

  it("leave nobody with more than max(0.1 %, 3 / people), whoever comes how often", () => {
    const property = fc.property(
      fc.array(fc.tuple(fc.nat(3000), fc.double({ min: 0.01, max: 100, noNaN: true })), {
        minLength: 1,
        maxLength: 300,
      }),
      (of) => {
        const all = weighted(rows(of), { train: rowsOf(of.length), holdout: new Int32Array() }, NEVER);
        const totals = new Map<number, number>();
        for (const [row, [subject]] of of.entries())
          totals.set(subject, (totals.get(subject) ?? 0) + (all[row] as number));
        const sum = [...totals.values()].reduce((a, b) => a + b, 0);
        const share = Math.max(0.001, 3 / totals.size);
        return Math.max(...totals.values()) <= share * sum * (1 + 1e-9) && all.every((w, i) => w <= (of[i]?.[1] ?? 0));
      },
    );
    void fc.assert(property);
  });

  it("halve with age in training if the policy wants, and never where a version is judged", () => {
    const of = {
      ...rows([0, 1, 2, 3, 4, 5].map((i) => [i, 1] as const)),
      eventMs: Float64Array.of(0, 7, 14, 0, 7, 14),
    };
    of.eventMs = of.eventMs.map((days) => days * DAY_MS);
    const all = weighted(of, { train: rowsOf(3), holdout: rowsOf(3, 3) }, { recency_half_life_days: 7 });
    expect(Array.from(all)).toEqual([0.25, 0.5, 1, 1, 1, 1]);
  });
});
