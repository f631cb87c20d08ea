import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { binomialPmf } from "./distributions.ts";
import { binomialTest, exactBounds, exactInterval } from "./exact-binomial.ts";

describe("the exact interval", () => {
  // scipy 1.17.1: stats.binomtest(successes, trials).proportion_ci(0.95, "exact"); statsmodels 0.15.0: proportion_confint(
  // successes, trials, 0.05, "beta"). The first four are method 5 of table I in Newcombe 1998: .2527-.3676, .0578-.1617,
  // 0-.1684, .0009-.1776; the fifth is R's ?binom.test: 0.7076683 0.7654066.
  it.each([
    { successes: 81, trials: 263, lower: 0.25273674558527126, upper: 0.3676219226013514 },
    { successes: 15, trials: 148, lower: 0.05784401008344857, upper: 0.161650490349479 },
    { successes: 0, trials: 20, lower: 0, upper: 0.16843347098308534 },
    { successes: 1, trials: 29, lower: 0.000872646883579922, upper: 0.17764429548872293 },
    { successes: 682, trials: 925, lower: 0.707668264079039, upper: 0.7654065582414781 },
    { successes: 20, trials: 20, lower: 0.8315665290169146, upper: 1 },
  ])("of $successes of $trials at 95 % is $lower to $upper", ({ lower, upper, ...share }) => {
    const found = figuresOf(exactInterval({ ...share, confidence: 0.95 }));
    expect(found.estimate).toBe(share.successes / share.trials);
    expect(found.lower).toBeCloseTo(lower, 10);
    expect(found.upper).toBeCloseTo(upper, 10);
  });

  it("has the one-sided bounds of twice the risk: 0 of 1000 is at most 3 in 1000", () => {
    const none = figuresOf(exactBounds({ successes: 0, trials: 1000, confidence: 0.95 }));
    expect(none.lower).toBe(0);
    expect(none.upper).toBeCloseTo(1 - 0.05 ** (1 / 1000), 12);
    // statsmodels 0.15.0: proportion_confint(67, 100, 0.10, "beta")
    const some = figuresOf(exactBounds({ successes: 67, trials: 100, confidence: 0.95 }));
    expect(some.lower).toBeCloseTo(0.5845457329864755, 10);
    expect(some.upper).toBeCloseTo(0.7476965229593746, 10);
  });

  it("is insufficient data without trials", () => {
    const expected = { status: "insufficient_data", reason: "no trials" };
    expect(exactInterval({ successes: 0, trials: 0, confidence: 0.95 })).toEqual(expected);
    expect(binomialTest({ successes: 0, trials: 0, probability: 0.5, alternative: "less" })).toEqual(expected);
  });

  it.each([
    { name: "half a success", successes: 0.5, trials: 2, confidence: 0.95 },
    { name: "more successes than trials", successes: 3, trials: 2, confidence: 0.95 },
    { name: "negative successes", successes: -1, trials: 2, confidence: 0.95 },
    { name: "NaN", successes: 1, trials: Number.NaN, confidence: 0.95 },
    { name: "certainty", successes: 1, trials: 2, confidence: 1 },
  ])("refuses $name", ({ name: _, ...share }) => {
    expect(() => exactInterval(share)).toThrow(RangeError);
    expect(() => exactBounds(share)).toThrow(RangeError);
  });

  it("covers with at least its confidence, whatever the share is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (trials, truth) => {
          let covered = 0;
          for (let successes = 0; successes <= trials; successes++) {
            const { lower, upper } = figuresOf(exactInterval({ successes, trials, confidence: 0.9 }));
            if (lower <= truth && truth <= upper) covered += binomialPmf(successes, trials, truth);
          }
          expect(covered).toBeGreaterThanOrEqual(0.9 - 1e-9);
        },
      ),
    );
  });
});

describe("the binomial test", () => {
  // scipy 1.17.1: stats.binomtest(successes, trials, probability, alternative).pvalue, for two-sided, less and greater. The
  // first is R's ?binom.test, after Conover 1971 (p-value = 0.3825).
  it.each([
    [682, 925, 0.75, 0.3824915595748517, 0.19600926705388308, 0.8240891223524226],
    [0, 10, 0.3, 0.0388396033, 0.0282475249, 1],
    [10, 10, 0.3, 5.9049e-6, 1, 5.9049e-6],
    [3, 10, 0.3, 1, 0.6496107184, 0.6172172136],
    [3, 15, 0.1, 0.18406106910639106, 0.944444369992464, 0.18406106910639106],
    // One success and two are equally likely, but for a rounding.
    [1, 4, 0.4, 1, 0.4752, 0.8704],
    [7, 20, 0.3, 0.6294979666766769, 0.7722717974181608, 0.3919901877990756],
    [9, 235, 1 / 6, 1.3005351244932694e-9, 8.077679654859641e-10, 0.9999999998441271],
    [51, 235, 1 / 6, 0.043747970182399884, 0.9820226576058582, 0.02654424571169087],
    [2300, 1_000_000, 0.002, 5.364482537716024e-11, 0.9999999999750736, 2.8765772166200806e-11],
    [1, 1000, 0.02, 8.857883609545209e-8, 3.602923995345929e-8, 0.9999999983170327],
    [40, 1000, 0.02, 5.8253179854275515e-5, 0.9999796839781195, 4.339875894746424e-5],
  ])("of %d of %d against %d", (successes, trials, probability, ...pValues) => {
    (["two-sided", "less", "greater"] as const).forEach((alternative, i) => {
      const { pValue } = figuresOf(binomialTest({ successes, trials, probability, alternative }));
      expect(pValue / (pValues[i] ?? 0)).toBeCloseTo(1, 8);
    });
  });

  it.each([0, 1, Number.NaN])("refuses a probability of %d", (probability) => {
    expect(() => binomialTest({ successes: 1, trials: 2, probability, alternative: "less" })).toThrow(RangeError);
  });

  it("sums, two-sided, what is not likelier than what was seen, and does not ask which outcome is the success", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 80 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n))),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        ([successes, trials], probability) => {
          const limit = binomialPmf(successes, trials, probability) * (1 + 1e-7);
          let sum = 0;
          for (let k = 0; k <= trials; k++) {
            const mass = binomialPmf(k, trials, probability);
            if (mass <= limit) sum += mass;
          }
          const test = (k: number, p: number) =>
            figuresOf(binomialTest({ successes: k, trials, probability: p, alternative: "two-sided" })).pValue;
          expect(test(successes, probability)).toBeCloseTo(sum, 10);
          expect(test(trials - successes, 1 - probability)).toBeCloseTo(sum, 6);
        },
      ),
    );
  });

  it("agrees, one-sided, with the exact bound", () => {
    const { upper } = figuresOf(exactBounds({ successes: 67, trials: 100, confidence: 0.95 }));
    const question = { successes: 67, trials: 100, probability: upper, alternative: "less" } as const;
    expect(figuresOf(binomialTest(question)).pValue).toBeCloseTo(0.05, 10);
  });
});
