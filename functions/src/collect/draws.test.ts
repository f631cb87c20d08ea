import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hash64 } from "../shared/visitor-buckets.ts";
import { addDraws, type Draw, type DrawKind, decodeDraws, estimateVisitors, mergeDraws } from "./draws.ts";

const KIND: DrawKind = { payload: 1, limit: 5 };
const NOTHING = new Uint8Array();

const visits = fc.array(
  fc.record({
    unit: fc.bigInt({ min: 0n, max: 12n }),
    draw: fc.nat({ max: 9 }),
    payload: fc.nat({ max: 3 }).map((byte) => Uint8Array.of(byte)),
  }),
  { maxLength: 60 },
);

describe("a sample of visitors", () => {
  it("is those with the least hashes, each with the visit of the least hash", () => {
    fc.assert(
      fc.property(visits, (all) => {
        const units = [...new Set(all.map(({ unit }) => unit))].sort((a, b) => (a < b ? -1 : 1)).slice(0, KIND.limit);
        const expected = units.map((unit) => {
          const own = all.filter((visit) => visit.unit === unit);
          return own.sort((a, b) => a.draw - b.draw || Buffer.compare(a.payload, b.payload))[0];
        });
        const found = decodeDraws(addDraws(NOTHING, all, KIND), KIND);
        expect(found.map(({ unit, draw, payload }) => [unit, draw, payload[0]])).toEqual(
          expected.map((visit) => [visit?.unit, visit?.draw, visit?.payload[0]]),
        );
      }),
    );
  });

  it("depends on the set of visits alone", () => {
    fc.assert(
      fc.property(visits, fc.array(fc.nat({ max: 2 }), { minLength: 60, maxLength: 60 }), (all, places) => {
        const parts = [0, 1, 2].map((part) =>
          addDraws(
            NOTHING,
            all.filter((_, i) => places[i] === part),
            KIND,
          ),
        );
        const whole = addDraws(NOTHING, [...all].reverse(), KIND);
        expect(mergeDraws(parts, KIND)).toEqual(whole);
        expect(mergeDraws([...parts].reverse(), KIND)).toEqual(whole);
        expect(addDraws(addDraws(whole, all, KIND), all.slice(0, 7), KIND)).toEqual(whole);
      }),
    );
  });

  it("draws each visit of a visitor equally often", () => {
    const times = [0, 0, 0, 0];
    for (let visitor = 0; visitor < 4000; visitor++) {
      const own = [0, 1, 2, 3].map(
        (visit): Draw => ({
          unit: 1n,
          draw: Number(hash64(`${visitor}.${visit}`) & 0xffff_ffffn),
          payload: Uint8Array.of(visit),
        }),
      );
      const [drawn] = decodeDraws(addDraws(NOTHING, own, KIND), KIND);
      const visit = drawn?.payload[0] ?? -1;
      times[visit] = (times[visit] ?? 0) + 1;
    }
    // Four standard deviations of a binomial with p = 1/4.
    for (const count of times) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(4000 * 0.25 * 0.75));
  });

  it("tells how many visitors there were", () => {
    const kind: DrawKind = { payload: 0, limit: 1000 };
    const of = (visitors: number) =>
      addDraws(
        NOTHING,
        Array.from({ length: visitors }, (_, i) => ({ unit: hash64(`v${i}`), draw: 0, payload: NOTHING })),
        kind,
      );
    expect(estimateVisitors(NOTHING, kind)).toBe(0);
    expect(estimateVisitors(of(999), kind)).toBe(999);
    expect(Math.abs(estimateVisitors(of(20_000), kind) / 20_000 - 1)).toBeLessThan(3 / Math.sqrt(998));
  });

  it("is refused where it is cut", () => {
    const sample = addDraws(NOTHING, [{ unit: 1n, draw: 1, payload: Uint8Array.of(1) }], KIND);
    expect(() => decodeDraws(sample.subarray(1), KIND)).toThrow(RangeError);
    expect(() => addDraws(NOTHING, [{ unit: 1n, draw: 1, payload: NOTHING }], KIND)).toThrow(
      "a visit of 0 bytes, not 1",
    );
  });
});
