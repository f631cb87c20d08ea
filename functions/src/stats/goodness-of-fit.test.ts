import { describe, expect, it } from "vitest";
import { goodnessOfFit } from "./goodness-of-fit.ts";

describe("goodness of fit", () => {
  // GrowthBook, packages/back-end/test/stats.test.ts, checkSrm; the same by scipy.stats.chisquare(counts, f_exp).
  it.each([
    { counts: [1000, 1200], shares: [0.5, 0.5], p: 0.000020079 },
    { counts: [135, 115], shares: [0.5, 0.5], p: 0.205903211 },
    { counts: [310, 98], shares: [0.75, 0.25], p: 0.647434186 },
    { counts: [0, 10, 10], shares: [0.34, 0.33, 0.33], p: 0.005790624 },
    { counts: [500, 500, 600], shares: [0.34, 0.33, 0.33], p: 0.000592638 },
    { counts: [500, 500], shares: [0.5, 0.5], p: 1 },
    { counts: [0, 0, 0], shares: [0.34, 0.33, 0.33], p: 1 },
  ])("says what GrowthBook says of $counts at $shares", ({ counts, shares, p }) => {
    expect(goodnessOfFit([{ counts, shares }]).pValue).toBeCloseTo(p, 9);
  });

  it("says what Spotify's test holds theirs against", () => {
    // spotify/confidence, tests/frequentist/test_chisquared.py, TestOrdinal.test_sample_ratio_test: scipy.stats.chisquare of its data.
    const counts = [1010, 22, 150, 1000, 20, 153, 1030, 23, 154, 1000, 20, 150, 1040, 21, 155];
    const shares = [
      0.15, 0.004, 0.025, 0.168, 0.003, 0.026, 0.173, 0.004, 0.026, 0.168, 0.003, 0.025, 0.195, 0.004, 0.026,
    ];
    const found = goodnessOfFit([{ counts, shares }]);
    expect(found.statistic).toBeCloseTo(28.99568064843617, 10);
    expect(found.pValue).toBeCloseTo(0.010464427137283358, 12);
  });

  it("adds up over a changed split, where counts that are pooled would mislead", () => {
    const stretches = [
      { counts: [900, 100], shares: [0.9, 0.1] },
      { counts: [500, 500], shares: [0.5, 0.5] },
    ];
    expect(goodnessOfFit(stretches)).toEqual({ statistic: 0, degreesOfFreedom: 2, pValue: 1 });
    // scipy: chisquare([900, 150], [945, 105]).statistic + chisquare([500, 560], [530, 530]).statistic, chi2.sf(., 2)
    const off = goodnessOfFit([
      { counts: [900, 150], shares: [0.9, 0.1] },
      { counts: [500, 560], shares: [0.5, 0.5] },
    ]);
    expect(off.statistic).toBeCloseTo(24.824797843666, 9);
    expect(off.pValue).toBeCloseTo(4.067838e-6, 11);
  });

  it("leaves out a stretch without units", () => {
    const some = { counts: [310, 98], shares: [0.75, 0.25] };
    expect(goodnessOfFit([some, { counts: [0, 0], shares: [0.5, 0.5] }])).toEqual(goodnessOfFit([some]));
  });

  it("refuses what no split can be", () => {
    expect(() => goodnessOfFit([{ counts: [1], shares: [1] }])).toThrow(RangeError);
    expect(() => goodnessOfFit([{ counts: [1, 2], shares: [1, 0] }])).toThrow(RangeError);
    expect(() => goodnessOfFit([{ counts: [1, -2], shares: [0.5, 0.5] }])).toThrow(RangeError);
  });
});
