import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SequenceQuestion, sequenceWidth, sequentialPValue } from "./confidence-sequence.ts";
import { standardNormalCdf, tCdf } from "./distributions.ts";

/** The x of the docstrings, n rho^2. */
function tunedX({ alpha, n, tunedFor, sides }: SequenceQuestion): number {
  const spent = -2 * Math.log(sides === 1 ? 2 * alpha : alpha);
  return (n * (spent + Math.log(spent + 1))) / tunedFor;
}

describe("the width of a confidence sequence", () => {
  // growthbook/growthbook, packages/stats/tests/frequentist/test_tests.py, alpha 0.05, n 3000 + 3461: distance from `expected`
  // to the bound, and the `stddev` of the uplift. Their two-sided cases are in relative-effect.test.ts.
  it.each([
    {
      name: "TestSequentialOneSidedGreaterTTest.test_one_sided_ttest",
      bound: 0.5033610858562358 + 0.42356454602790883,
      error: 0.3334122146400735,
    },
    {
      name: "TestSequentialOneSidedLesserTTest.test_one_sided_ttest_absolute",
      bound: 0.5953217750613832 - 0.23437666666666668,
      error: 0.12983081254184736,
    },
  ])("is that of gbstats' $name", ({ bound, error }) => {
    const width = sequenceWidth({ alpha: 0.05, n: 6461, tunedFor: 5000, sides: 1 });
    expect(width * error).toBeCloseTo(bound, 12);
  });

  // gbstats 0.8.0: SequentialTwoSidedTTest(a, b, SequentialConfig(sequential_tuning_parameter=tunedFor)), half its interval over
  // sqrt(variance). One-sided: numpy, sqrt(n) * sqrt(2 * (n * r2 + 1) / (n * n * r2) * log(1 + sqrt(n * r2 + 1) / (2 * alpha))).
  it.each([
    { sides: 2, alpha: 0.05, n: 6461, tunedFor: 1000, width: 3.1846511445605183 },
    { sides: 2, alpha: 0.05, n: 6461, tunedFor: 5000, width: 3.038517493444328 },
    { sides: 1, alpha: 0.05, n: 6461, tunedFor: 5000, width: 2.780118997394211 },
    { sides: 1, alpha: 0.005, n: 500, tunedFor: 500, width: 3.572488072828479 },
    { sides: 1, alpha: 0.002, n: 100, tunedFor: 500, width: 4.113780003406958 },
    { sides: 1, alpha: 0.1, n: 300, tunedFor: 500, width: 2.539046526294348 },
    { sides: 1, alpha: 1e-6, n: 1, tunedFor: 500, width: 21.71067022636529 },
    { sides: 1, alpha: 0.001, n: 1e6, tunedFor: 500, width: 4.768726965679998 },
  ] as const)("is $width for $sides side(s), alpha $alpha, n $n, tuned for $tunedFor", ({ width, ...question }) => {
    expect(sequenceWidth(question)).toBeCloseTo(width, 12);
  });

  // scipy 1.17.1: -stats.t.ppf(stats.norm.sf(width), df), of the widths above
  it.each([
    { alpha: 0.005, n: 500, degreesOfFreedom: 126.5, width: 3.6720762441435424 },
    { alpha: 0.002, n: 100, degreesOfFreedom: 31, width: 4.792279613959399 },
    { alpha: 0.002, n: 100, degreesOfFreedom: 3.2, width: 32.365312251042596 },
    { alpha: 1e-6, n: 1, degreesOfFreedom: 62, width: 358.128722366399 },
  ])("is $width by Student's t with $degreesOfFreedom degrees of freedom", ({ width, ...question }) => {
    expect(sequenceWidth({ ...question, tunedFor: 500, sides: 1 }) / width).toBeCloseTo(1, 10);
  });

  it("is endless where no t is so far out, and never NaN", () => {
    const width = sequenceWidth({ alpha: 0.001, n: 0.01, tunedFor: 500, sides: 1, degreesOfFreedom: 31 });
    expect(width).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ["n of none", { n: 0 }],
    ["n of NaN", { n: Number.NaN }],
    ["alpha of a half for one side", { alpha: 0.5 }],
    ["alpha of none", { alpha: 0 }],
    ["alpha of 1 for two sides", { sides: 2 as const, alpha: 1 }],
    ["tuning for none", { tunedFor: 0 }],
    ["no degrees of freedom", { degreesOfFreedom: 0 }],
  ])("refuses %s", (_, change) => {
    expect(() => sequenceWidth({ alpha: 0.05, n: 100, tunedFor: 500, sides: 1, ...change })).toThrow(RangeError);
  });

  const questions = fc.record({
    alpha: fc.double({ min: 1e-6, max: 0.3, noNaN: true }),
    n: fc.double({ min: 1, max: 1e6, noNaN: true }),
    tunedFor: fc.double({ min: 10, max: 1e5, noNaN: true }),
  });

  it("lets the mixture martingale reach 1/alpha: that is why a bound may be looked at at any time", () => {
    // Two-sided: the martingale of a normal mixture, exp(x z^2 / (2 (x + 1))) / sqrt(x + 1), is 1/alpha there (Robbins 1970);
    // one-sided: that of half a normal, twice as much times Phi(z sqrt(x / (x + 1))), is 1/alpha or beyond. Ville's inequality.
    fc.assert(
      fc.property(questions, (asked) => {
        for (const sides of [1, 2] as const) {
          const x = tunedX({ ...asked, sides });
          const z = sequenceWidth({ ...asked, sides });
          const both = Math.exp((x * z * z) / (2 * (x + 1))) / Math.sqrt(x + 1);
          if (sides === 2) expect(both * asked.alpha).toBeCloseTo(1, 8);
          else {
            const half = 2 * both * standardNormalCdf(z * Math.sqrt(x / (x + 1)));
            expect(half * asked.alpha).toBeGreaterThanOrEqual(1 - 1e-9);
          }
        }
      }),
    );
  });

  it("is no less with few degrees of freedom, and has the tail of the normal one", () => {
    fc.assert(
      fc.property(questions, fc.double({ min: 2, max: 1e6, noNaN: true }), (asked, degreesOfFreedom) => {
        const normal = sequenceWidth({ ...asked, sides: 1 });
        const student = sequenceWidth({ ...asked, sides: 1, degreesOfFreedom });
        expect(student).toBeGreaterThanOrEqual(normal);
        // Below the smallest normal double a tail has few digits left, and its quantile has a square beyond the largest.
        const tail = standardNormalCdf(-normal);
        if (tail >= 2 ** -1022) expect(tCdf(-student, degreesOfFreedom) / tail).toBeCloseTo(1, 8);
      }),
    );
  });

  it("is narrowest, as an interval, about where it is tuned for", () => {
    const at = (tunedFor: number) => sequenceWidth({ alpha: 0.05, n: 6461, tunedFor, sides: 2 });
    // gbstats' TestSequentialTTest.test_sequential_test_tuning_as_expected
    expect(at(10)).toBeGreaterThan(at(10_000));
    expect(at(10)).toBeGreaterThan(at(6461));
    expect(at(10_000)).toBeGreaterThan(at(6461));
  });
});

describe("the always-valid p-value", () => {
  const AT = { alpha: 0.05, n: 6061, tunedFor: 5000 };

  // gbstats 0.8.0: SequentialTwoSidedTTest(ProportionStatistic(sum=700, n=3000), ProportionStatistic(sum=..., n=3061),
  // SequentialConfig(difference_type="absolute")).compute_result().p_value for sums of 900, 880, 860, 830; z is expected / stddev.
  it.each([
    { z: 5.375868109435824, pValue: 6.736379931528923e-6 },
    { z: 4.81399284814691, pValue: 9.007876265669798e-5 },
    { z: -4.248669084046209, pValue: 0.0009170357170427333 },
    { z: 3.3936828615541166, pValue: 0.01768678669219675 },
    { z: 0, pValue: 1 },
  ])("of z = $z is gbstats' $pValue", ({ z, pValue }) => {
    expect(sequentialPValue(z, AT) / pValue).toBeCloseTo(1, 9);
  });

  it("is that of gbstats' published 0.0 and 1, and 0 far beyond", () => {
    // test_sequential_test_runs_prop (0.50386 / 0.03386) and test_sequential_test_runs (0.50336 / 0.33341, tuned for 1000)
    expect(sequentialPValue(14.88, { ...AT, n: 6461 })).toBeCloseTo(0, 5);
    expect(sequentialPValue(1.5097, { alpha: 0.05, n: 6461, tunedFor: 1000 })).toBe(1);
    expect(sequentialPValue(Number.POSITIVE_INFINITY, AT)).toBe(0);
  });

  it("is alpha where the two-sided interval ends", () => {
    expect(sequentialPValue(sequenceWidth({ ...AT, sides: 2 }), AT)).toBeCloseTo(0.05, 12);
  });

  it.each([
    ["z of NaN", Number.NaN, {}],
    ["n of none", 1, { n: 0 }],
    ["alpha of 1", 1, { alpha: 1 }],
  ])("refuses %s", (_, z, change) => {
    expect(() => sequentialPValue(z, { ...AT, ...change })).toThrow(RangeError);
  });
});
