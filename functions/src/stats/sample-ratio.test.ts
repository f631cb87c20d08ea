import { describe, expect, it } from "vitest";
import { binomialPmf } from "./distributions.ts";
import { logEvidenceOfMismatch } from "./sample-ratio.ts";

const THIRDS = [1 / 3, 1 / 3, 1 / 3];

describe("evidence of a sample-ratio mismatch", () => {
  it("is that of Optimizely's ssrm, by the authors of the test", () => {
    // optimizely/ssrm, ssrm_test/test_ssrm_test.py, test_regression: bfs[-1], whose ten seeded visitors are 2, 1 and 7
    const found = logEvidenceOfMismatch([{ counts: [2, 1, 7], shares: [0.1, 0.5, 0.4] }], 10_000);
    expect(Math.exp(found)).toBeCloseTo(1.0017496120131435, 9);
  });

  // scipy 1.17.1: sum(stats.dirichlet_multinomial.logpmf(c, k * s, sum(c)) - stats.multinomial.logpmf(c, sum(c), s) for c, s in
  // stretches); the single ones also ssrm-test 0.1.5: log(sequential_bayes_factors([c], s, s, k)[-1]).
  it.each([
    { stretches: [{ counts: [450, 550], shares: [0.5, 0.5] }], k: 200, expected: 3.2780675245649036 },
    { stretches: [{ counts: [450, 550], shares: [0.5, 0.5] }], k: 10_000, expected: 0.40693567960533983 },
    { stretches: [{ counts: [1000, 1000], shares: [0.5, 0.5] }], k: 200, expected: -1.2000839948304929 },
    { stretches: [{ counts: [5000, 400], shares: [10 / 11, 1 / 11] }], k: 200, expected: 7.874300962868347 },
    { stretches: [{ counts: [300, 310, 500], shares: THIRDS }], k: 200, expected: 26.084863049796013 },
    { stretches: [{ counts: [500_300, 499_700], shares: [0.5, 0.5] }], k: 200, expected: -4.079982130788267 },
    {
      stretches: [
        { counts: [450, 550], shares: [0.5, 0.5] },
        { counts: [900, 100], shares: [0.9, 0.1] },
      ],
      k: 200,
      expected: 2.378677332978441,
    },
    { stretches: [{ counts: [0, 0], shares: [0.5, 0.5] }], k: 200, expected: 0 },
    { stretches: [], k: 200, expected: 0 },
  ])("of $stretches at a concentration of $k is $expected", ({ stretches, k, expected }) => {
    expect(logEvidenceOfMismatch(stretches, k)).toBeCloseTo(expected, 7);
  });

  it("does not take a split that was changed for a mismatch, as pooled counts do", () => {
    const stretches = [
      { counts: [9000, 1000], shares: [0.9, 0.1] },
      { counts: [5000, 5000], shares: [0.5, 0.5] },
    ];
    expect(logEvidenceOfMismatch(stretches, 200)).toBeLessThan(0);
    const pooled = [{ counts: [14_000, 6000], shares: [0.5, 0.5] }];
    expect(logEvidenceOfMismatch(pooled, 200)).toBeGreaterThan(100);
  });

  it("is a factor of 1 on average where the shares are right: Ville's inequality does the rest", () => {
    for (const share of [0.5, 1 / 11]) {
      for (const units of [1, 5, 60]) {
        const mean = Array.from({ length: units + 1 }, (_, count) => {
          const evidence = logEvidenceOfMismatch([{ counts: [units - count, count], shares: [1 - share, share] }], 200);
          return binomialPmf(count, units, share) * Math.exp(evidence);
        }).reduce((sum, part) => sum + part, 0);
        expect(mean).toBeCloseTo(1, 9);
      }
    }
  });

  it.each([
    ["a count without a share", [1, 2, 3], [0.5, 0.5], 200],
    ["a single arm", [1], [1], 200],
    ["shares that add up to more than 1", [1, 2], [0.5, 0.6], 200],
    ["a share of none", [1, 2], [1, 0], 200],
    ["a negative count", [1, -2], [0.5, 0.5], 200],
    ["NaN", [1, Number.NaN], [0.5, 0.5], 200],
    ["no concentration", [1, 2], [0.5, 0.5], 0],
  ])("refuses %s", (_, counts, shares, concentration) => {
    expect(() => logEvidenceOfMismatch([{ counts, shares }], concentration)).toThrow(RangeError);
  });
});
