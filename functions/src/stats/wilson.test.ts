import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { binomialPmf } from "./distributions.ts";
import { wilsonBounds, wilsonInterval } from "./wilson.ts";

describe("Wilson's interval", () => {
  // statsmodels 0.15.0: proportion_confint(successes, trials, 0.05, "wilson"). The first four are method 3 of table I in
  // Newcombe 1998: .2553-.3662, .0624-.1605, 0-.1611, .0061-.1718.
  it.each([
    { successes: 81, trials: 263, lower: 0.2552885198782742, upper: 0.36620957698280004 },
    { successes: 15, trials: 148, lower: 0.06238639953073628, upper: 0.16048724172330803 },
    { successes: 0, trials: 20, lower: 0, upper: 0.1611251580528194 },
    { successes: 1, trials: 29, lower: 0.006113214292762667, upper: 0.17175521879320294 },
    { successes: 20, trials: 20, lower: 0.8388748419471804, upper: 1 },
    { successes: 700, trials: 1000, lower: 0.6708761390827828, upper: 0.7275931575229951 },
  ])("of $successes of $trials at 95 % is $lower to $upper", ({ lower, upper, ...share }) => {
    const found = figuresOf(wilsonInterval({ ...share, confidence: 0.95 }));
    expect(found.estimate).toBe(share.successes / share.trials);
    expect(found.lower).toBeCloseTo(lower, 12);
    expect(found.upper).toBeCloseTo(upper, 12);
  });

  it("has one-sided bounds that are the two-sided ones of twice the risk", () => {
    // statsmodels 0.15.0: proportion_confint(67, 100, 0.10, "wilson")
    const bounds = figuresOf(wilsonBounds({ successes: 67, trials: 100, confidence: 0.95 }));
    expect(bounds.lower).toBeCloseTo(0.5890728630443055, 12);
    expect(bounds.upper).toBeCloseTo(0.7419706118894153, 12);
  });

  it("takes successes that are no whole number, between those that are", () => {
    const upper = (successes: number) => figuresOf(wilsonBounds({ successes, trials: 100, confidence: 0.95 })).upper;
    expect(upper(67.5)).toBeGreaterThan(upper(67));
    expect(upper(67.5)).toBeLessThan(upper(68));
  });

  it("is insufficient data without trials", () => {
    const expected = { status: "insufficient_data", reason: "no trials" };
    expect(wilsonInterval({ successes: 0, trials: 0, confidence: 0.95 })).toEqual(expected);
    expect(wilsonBounds({ successes: 0, trials: 0, confidence: 0.95 })).toEqual(expected);
  });

  it.each([
    { name: "more successes than trials", successes: 3, trials: 2, confidence: 0.95 },
    { name: "negative successes", successes: -1, trials: 2, confidence: 0.95 },
    { name: "NaN", successes: Number.NaN, trials: 2, confidence: 0.95 },
    { name: "endless trials", successes: 1, trials: Number.POSITIVE_INFINITY, confidence: 0.95 },
    { name: "certainty", successes: 1, trials: 2, confidence: 1 },
    { name: "no confidence", successes: 1, trials: 2, confidence: 0 },
  ])("refuses $name", ({ name: _, ...share }) => {
    expect(() => wilsonInterval(share)).toThrow(RangeError);
    expect(() => wilsonBounds(share)).toThrow(RangeError);
  });

  const share = fc.integer({ min: 1, max: 5000 }).chain((trials) => fc.tuple(fc.nat(trials), fc.constant(trials)));

  it("holds the estimate, stays between 0 and 1, and mirrors when success and failure change places", () => {
    fc.assert(
      fc.property(share, fc.double({ min: 0.01, max: 0.9999, noNaN: true }), ([successes, trials], confidence) => {
        const { lower, estimate, upper } = figuresOf(wilsonInterval({ successes, trials, confidence }));
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(lower).toBeLessThanOrEqual(estimate);
        expect(upper).toBeGreaterThanOrEqual(estimate);
        expect(upper).toBeLessThanOrEqual(1);
        const mirrored = figuresOf(wilsonInterval({ successes: trials - successes, trials, confidence }));
        expect(mirrored.lower).toBeCloseTo(1 - upper, 12);
      }),
    );
  });
});

describe("a share that is said to be below 0.75", () => {
  /** The exact probability of saying so, over every count that can come. */
  function fires(truth: number, trials: number, isBelow: (successes: number) => boolean): number {
    let probability = 0;
    for (let k = 0; k <= trials; k++) if (isBelow(k)) probability += binomialPmf(k, trials, truth);
    return probability;
  }
  const isBeyondDoubt = (trials: number) => (successes: number) =>
    figuresOf(wilsonBounds({ successes, trials, confidence: 0.95 })).upper < 0.75;

  it.each([
    { truth: 0.78, trials: 100, expected: 0.0074 },
    { truth: 0.75, trials: 100, expected: 0.0446 },
    { truth: 0.7, trials: 1000, expected: 0.97 },
  ])("when it is $truth of $trials, by its upper bound: $expected", ({ truth, trials, expected }) => {
    expect(fires(truth, trials, isBeyondDoubt(trials))).toBeCloseTo(expected, expected < 0.1 ? 4 : 2);
  });

  it("by its plain figure: a third of the time at 30, when it is 0.78", () => {
    expect(fires(0.78, 30, (successes) => successes / 30 < 0.75)).toBeCloseTo(0.33, 2);
  });
});
