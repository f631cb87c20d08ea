import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Draws } from "../../../scripts/crowd/draws.ts";
import { someReference, someVisitor } from "../../../test/some-visitors.ts";
import { Lifecycle } from "../config.ts";
import { CELLS, type Reference } from "../registry/schema.ts";
import { MatchedReference, ShrunkCells } from "./matched-reference.ts";

const policy = Lifecycle.parse({}).triggers.reference;
const mixOf = (weights: Record<number, number>): Float64Array =>
  Float64Array.from({ length: CELLS }, (_, cell) => weights[cell] ?? 0);
const reference = someReference(100, () => someVisitor());

function open(differences: Partial<Reference>): MatchedReference {
  const opened = MatchedReference.open({ ...reference, ...differences }, policy);
  if (opened.status !== "measured") throw new Error(opened.reason);
  return opened.matched;
}

describe("opening a reference", () => {
  const { days: _, ...without } = reference;
  it.each([
    { name: "without days", reference: without, reason: /made before/ },
    { name: "of 6.96 days", reference: { ...reference, days: 167 / 24 }, reason: /covers 6\.9 days, 7 are needed/ },
    { name: "of 7 days", reference: { ...reference, days: 7 }, reason: undefined },
  ])("$name says $reason", ({ reference, reason }) => {
    const opened = MatchedReference.open(reference, policy);
    if (reason === undefined) expect(opened.status).toBe("measured");
    else expect(opened).toMatchObject({ status: "insufficient_data", reason: expect.stringMatching(reason) });
  });
});

describe("the reference of the same hours", () => {
  // Cell 0 is Monday night, 4 Tuesday night (same group), 20 Saturday night, 1 Monday morning.
  const counts = (cells: Record<number, number[]>): number[][] =>
    Array.from({ length: CELLS }, (_, cell) => cells[cell] ?? [0, 0]);

  it.each([
    { name: "a full cell is hardly moved", cells: { 0: [9000, 1000], 4: [0, 5000] }, mix: { 0: 1 }, share: 0.9 },
    { name: "an empty cell is its group", cells: { 4: [30_000, 10_000], 20: [0, 90_000] }, mix: { 0: 1 }, share: 0.75 },
    { name: "an empty group is the week", cells: { 1: [2000, 2000], 5: [1000, 3000] }, mix: { 20: 1 }, share: 0.375 },
    {
      name: "a mix is the mean of its cells",
      cells: { 0: [90_000, 10_000], 1: [10_000, 90_000] },
      mix: { 0: 0.25, 1: 0.75 },
      share: 0.3,
    },
  ])("$name", ({ cells, mix, share }) => {
    const expected = new ShrunkCells(counts(cells), 50).expected(mixOf(mix));
    expect(expected[0]).toBeCloseTo(share, 2);
  });

  it("shrinks by the prior's weight", () => {
    // The group has 150 of 300, the week too: cell 0 has (0 + 50 / 2) / (50 + 50).
    const shrunk = new ShrunkCells(counts({ 0: [0, 50], 4: [150, 100] }), 50);
    expect(shrunk.expected(mixOf({ 0: 1 }))[0]).toBeCloseTo(0.25, 10);
  });

  it("adds up to 1 whatever the counts and the mix, and is all 0 without any", () => {
    const cell = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 3, maxLength: 3 });
    const cells = fc.array(cell, { minLength: CELLS, maxLength: CELLS });
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: CELLS, maxLength: CELLS });
    fc.assert(
      fc.property(cells, weights, (all, raw) => {
        const total = raw.reduce((sum, weight) => sum + weight, 0);
        const expected = new ShrunkCells(all, 50).expected(Float64Array.from(raw, (weight) => weight / total));
        const sum = expected.reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(all.flat().some((count) => count > 0) ? 1 : 0, 9);
      }),
    );
  });
});

describe("what the reference is worth", () => {
  it.each([
    { name: "all cells alike", mix: Array(CELLS).fill(1 / CELLS), visitors: 2799.24 },
    // 2/3 is its own, 1/3 that of its group (10/11) and of all (1/11), in which it has its part: by hand.
    { name: "one cell", mix: [0, 1], visitors: 183.23 },
    { name: "a day", mix: [0.25, 0.25, 0.25, 0.25], visitors: 724.45 },
  ])("for $name is $visitors", ({ mix, visitors }) => {
    const size = open({}).size(Float64Array.from({ length: CELLS }, (_, cell) => mix[cell] ?? 0));
    expect(size.status === "measured" && size.visitors).toBeCloseTo(visitors, 2);
  });

  it("is what an expected share varies by", () => {
    // Cells of 20 to 200 rows, each row a coin: the expected share over a day varies as that of so many coins.
    const draws = new Draws(1, "visit", 0);
    const rows = Array.from({ length: CELLS }, (_, cell) => 20 + cell * 7);
    const mix = mixOf({ 0: 0.1, 1: 0.4, 2: 0.2, 3: 0.3 });
    const cells = reference.cells.map((cell, i) => ({ ...cell, rows: rows[i] ?? 0, visitors: 100 }));
    const shares = Array.from({ length: 2000 }, () => {
      const counts = rows.map((count) => {
        const heads = Array.from({ length: count }, () => Number(draws.chance(0.5))).reduce(
          (sum, head) => sum + head,
          0,
        );
        return [heads, count - heads];
      });
      return new ShrunkCells(counts, 50).expected(mix)[0] ?? 0;
    });
    const size = open({ cells }).size(mix);
    const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / shares.length;
    expect(size.status === "measured" && (variance * size.visitors) / 0.25).toBeCloseTo(1, 0.9);
  });

  it("falls by the design effect", () => {
    const alone = open({}).size(mixOf({ 1: 1 }));
    const together = open({ design_effect: 1.65 }).size(mixOf({ 1: 1 }));
    if (alone.status !== "measured" || together.status !== "measured") throw new Error("it was measured");
    expect(alone.visitors / together.visitors).toBeCloseTo(1.65, 10);
  });

  const thin = { cells: reference.cells.map((cell, i) => (i === 0 ? { ...cell, visitors: 29 } : cell)) };
  it.each([
    { name: "a tenth of the visitors in a thin cell", night: 0.1, status: "measured" },
    { name: "more than a tenth", night: 0.11, status: "insufficient_data" },
  ])("with $name is $status", ({ night, status }) => {
    expect(open(thin).size(mixOf({ 0: night, 1: 1 - night })).status).toBe(status);
  });
});
