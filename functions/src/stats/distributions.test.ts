import { describe, expect, it } from "vitest";
import {
  betaQuantile,
  binomialCdf,
  binomialPmf,
  chiSquareQuantile,
  chiSquareUpperTail,
  standardNormalCdf,
  standardNormalQuantile,
  tCdf,
  tQuantile,
} from "./distributions.ts";

describe("the distributions", () => {
  // scipy 1.17.1, scipy.stats, the call in the name. Far tails too: a p-value that is ranked must not be 0.
  it.each<[string, number, number]>([
    ["norm.cdf(-37)", standardNormalCdf(-37), 5.7255712225239266e-300],
    ["norm.cdf(-1.96)", standardNormalCdf(-1.96), 0.024997895148220435],
    ["norm.cdf(2)", standardNormalCdf(2), 0.9772498680518208],
    ["norm.ppf(0.975)", standardNormalQuantile(0.975), 1.959963984540054],
    ["norm.ppf(1e-6)", standardNormalQuantile(1e-6), -4.753424308822899],
    ["t.cdf(-40, 126.5)", tCdf(-40, 126.5), 5.911564047036811e-74],
    ["t.cdf(-2, 2.7)", tCdf(-2, 2.7), 0.074711719035251],
    ["t.ppf(0.975, 17.776)", tQuantile(0.975, 17.776), 2.102821310380221],
    ["t.ppf(0.975, 127)", tQuantile(0.975, 127), 1.9788195347028539],
    ["t.ppf(0.999, 1e7)", tQuantile(0.999, 1e7), 3.0902331211809115],
    ["chi2.sf(1400, 9)", chiSquareUpperTail(1400, 9), 7.730994243998953e-296],
    ["chi2.sf(3.841458820694124, 1)", chiSquareUpperTail(3.841458820694124, 1), 0.05],
    ["chi2.ppf(0.999, 9)", chiSquareQuantile(0.999, 9), 27.877164871256568],
    ["chi2.ppf(0.99, 1)", chiSquareQuantile(0.99, 1), 6.6348966010212145],
    ["beta.ppf(0.975, 200000, 300001)", betaQuantile(0.975, 200_000, 300_001), 0.40135747796652105],
    ["beta.ppf(0.025, 1, 10001)", betaQuantile(0.025, 1, 10_001), 2.5315244413510145e-6],
    ["binom.cdf(220, 1000, 0.75)", binomialCdf(220, 1000, 0.75), 1.8457664384361253e-270],
    ["binom.cdf(2000, 1000000, 0.002)", binomialCdf(2000, 1_000_000, 0.002), 0.5059467034311584],
    ["binom.pmf(2000, 1000000, 0.002)", binomialPmf(2000, 1_000_000, 0.002), 0.008929182546104121],
  ])("agree with %s to ten digits", (_, value, expected) => {
    expect(value / expected).toBeCloseTo(1, 10);
  });

  it("know that nothing is below no success", () => {
    expect(binomialCdf(-1, 10, 0.3)).toBe(0);
  });
});
