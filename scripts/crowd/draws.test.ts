import { describe, expect, it } from "vitest";
import { Draws } from "./draws.ts";

const first = (seed: number, number: number) => new Draws(seed, "visit", number).uniform();

describe("draws", () => {
  it("depend on seed, stream and number, and on nothing else", () => {
    expect(first(1, 7)).toBe(first(1, 7));
    expect(new Set([first(1, 7), first(2, 7), first(1, 8), new Draws(1, "session", 7).uniform()]).size).toBe(4);
  });

  it("are uniform across neighbouring numbers", () => {
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const bin = Math.floor(first(1, i) * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    const chi2 = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // qchisq(0.999, 9)
    expect(chi2).toBeLessThan(27.88);
  });

  it("of integers reach both ends", () => {
    const seen = new Set(Array.from({ length: 200 }, (_, i) => new Draws(1, "visit", i).integer(2, 5)));
    expect([...seen].sort()).toEqual([2, 3, 4, 5]);
  });

  it("take items in proportion to their weights", () => {
    const draws = new Draws(1, "visit", 0);
    const heads = Array.from({ length: 10_000 }, () =>
      draws.weighted([
        ["heads", 3],
        ["tails", 1],
      ]),
    ).filter((side) => side === "heads");
    expect(Math.abs(heads.length / 10_000 - 0.75)).toBeLessThan(0.02);
  });
});
