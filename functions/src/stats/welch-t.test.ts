import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { type Moments, welchTest, welchTestOfSamples } from "./welch-t.ts";

const QUESTION = { confidence: 0.95, alternative: "two-sided" } as const;

/** R's data set sleep, group 1 and 2: Student 1908. */
const SLEEP = {
  control: [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2.0],
  treatment: [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
};

function fromSums(n: number, sum: number, squares: number): Moments {
  return { n, mean: sum / n, variance: (squares - sum ** 2 / n) / (n - 1) };
}

describe("Welch's test", () => {
  it("of R's sleep is that of ?t.test (t = -1.8608, df = 17.776, p-value = 0.07939, -3.3654832 0.2054832)", () => {
    // scipy 1.17.1: r = stats.ttest_ind(treatment, control, equal_var=False); r.df; r.confidence_interval(0.95)
    const found = figuresOf(welchTestOfSamples(SLEEP, QUESTION));
    expect(found.difference).toBeCloseTo(1.58, 12);
    expect(found.statistic).toBeCloseTo(1.8608134674868526, 12);
    expect(found.degreesOfFreedom).toBeCloseTo(17.776473516178488, 10);
    expect(found.pValue).toBeCloseTo(0.0793941401873583, 12);
    expect(found.lower).toBeCloseTo(-0.20548323071171137, 12);
    expect(found.upper).toBeCloseTo(3.3654832307117104, 12);
  });

  it.each([
    { alternative: "less", pValue: 0.9603029299063208 },
    { alternative: "greater", pValue: 0.03969707009367915 },
  ] as const)("of R's sleep, $alternative, has p = $pValue and the same interval", ({ alternative, pValue }) => {
    // scipy 1.17.1: stats.ttest_ind(treatment, control, equal_var=False, alternative=alternative)
    const found = figuresOf(welchTestOfSamples(SLEEP, { ...QUESTION, alternative }));
    expect(found.pValue).toBeCloseTo(pValue, 12);
    expect(found.upper).toBeCloseTo(3.3654832307117104, 12);
  });

  // scipy 1.17.1: stats.ttest_ind_from_stats(m2, sqrt(v2), n2, m1, sqrt(v1), n1, equal_var=False); degrees of freedom by the
  // formula, interval by stats.t.ppf(0.975, df). The first is of scipy's documentation.
  it.each([
    {
      control: { mean: 15, variance: 87.5, n: 13 },
      treatment: { mean: 12, variance: 39, n: 11 },
      expected: [-0.9358461935556048, 20.984611233429916, 0.35999818693244234, -9.666822144413295, 3.6668221444132953],
    },
    {
      control: { mean: 40, variance: 3600, n: 5000 },
      treatment: { mean: 41.5, variance: 3900, n: 500 },
      expected: [0.5138915323706488, 594.8689532048244, 0.607518657930603, -4.232610107043369, 7.232610107043369],
    },
    {
      control: { mean: 0.2, variance: 0.16, n: 2 },
      treatment: { mean: 0.5, variance: 0.25, n: 3 },
      expected: [0.7423074889580902, 2.702307259425999, 0.5171116694389923, -1.0701627225022532, 1.6701627225022533],
    },
  ])("of $control against $treatment", ({ control, treatment, expected }) => {
    const found = figuresOf(welchTest({ control, treatment }, QUESTION));
    const { statistic, degreesOfFreedom, pValue, lower, upper } = found;
    [statistic, degreesOfFreedom, pValue, lower, upper].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 10);
    });
  });

  // Published by others' tests: growthbook/growthbook, packages/stats/tests/frequentist/test_tests.py, absolute differences, and
  // spotify/confidence, tests/frequentist/test_ttest.py. Sums, sums of squares and counts as there.
  it.each([
    {
      name: "TestTwoSidedTTest.test_two_sided_ttest_absolute",
      control: fromSums(3407, 1396.87, 52377.9767),
      treatment: fromSums(3461, 2422.7, 134698.29),
      alternative: "two-sided",
      expected: { difference: 0.29, lower: 0.04538, upper: 0.53462, standardError: 0.12478, pValue: 0.02016 },
    },
    {
      name: "TestOneSidedGreaterTTest.test_one_sided_ttest_absolute",
      control: fromSums(3000, 1396.87, 52377.9767),
      treatment: fromSums(3461, 2422.7, 134698.29),
      alternative: "greater",
      expected: { difference: 0.23437666666666668, standardError: 0.12983081254184736, pValue: 0.03554272489873023 },
    },
    {
      name: "TestOneSidedLesserTTest.test_one_sided_ttest_absolute",
      control: fromSums(3000, 1396.87, 52377.9767),
      treatment: fromSums(3461, 2422.7, 134698.29),
      alternative: "less",
      expected: { difference: 0.23437666666666668, standardError: 0.12983081254184736, pValue: 0.9644572751012698 },
    },
    {
      name: "TestCategorical.test_difference, gb control and test2",
      control: fromSums(10, 24, 80),
      treatment: fromSums(150, 330, 1010),
      alternative: "two-sided",
      expected: { difference: -0.2, lower: -1.340533, upper: 0.940533, pValue: 0.704021 },
    },
  ] as const)("is that of $name", ({ control, treatment, alternative, expected }) => {
    const found = figuresOf(welchTest({ control, treatment }, { confidence: 0.95, alternative }));
    expect(found).toMatchObject(
      Object.fromEntries(Object.entries(expected).map(([figure, value]) => [figure, expect.closeTo(value, 5)])),
    );
  });

  it.each([
    { name: "nobody", values: [], reason: "treatment has 0 units, 2 are needed" },
    { name: "one unit", values: [3], reason: "treatment has 1 units, 2 are needed" },
    { name: "a constant", values: [3, 3, 3], reason: "treatment does not vary" },
    {
      name: "a constant whose computed variance is not 0",
      values: [0.1, 0.1, 0.1],
      reason: "treatment does not vary",
    },
    { name: "zeros", values: [0, 0, 0], reason: "treatment does not vary" },
  ])("is insufficient data for $name, in either arm", ({ values, reason }) => {
    const others = [1, 2, 3, 4];
    const expected = { status: "insufficient_data", reason };
    expect(welchTestOfSamples({ control: others, treatment: values }, QUESTION)).toEqual(expected);
    expect(welchTestOfSamples({ control: values, treatment: others }, QUESTION).status).toBe("insufficient_data");
  });

  it.each<[string, Partial<Moments>, number]>([
    ["a negative variance", { variance: -1 }, 0.95],
    ["a mean of NaN", { mean: Number.NaN }, 0.95],
    ["an endless variance", { variance: Number.POSITIVE_INFINITY }, 0.95],
    ["a negative n", { n: -1 }, 0.95],
    ["certainty", {}, 1],
  ])("refuses %s", (_, change, confidence) => {
    const control = { mean: 1, variance: 1, n: 5 };
    const arms = { control, treatment: { ...control, ...change } };
    expect(() => welchTest(arms, { ...QUESTION, confidence })).toThrow(RangeError);
  });

  const moments = fc.record({
    n: fc.integer({ min: 0, max: 1_000_000 }),
    mean: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    variance: fc.double({ min: 0, max: 1e12, noNaN: true }),
  });

  it("is never NaN, turns its sign when arms change places, and rejects where its interval leaves 0 out", () => {
    fc.assert(
      fc.property(moments, moments, (control, treatment) => {
        const found = welchTest({ control, treatment }, QUESTION);
        if (found.status !== "measured") return;
        const { status: _, ...figures } = found;
        expect(Object.values(figures).every(Number.isFinite)).toBe(true);
        expect(found.degreesOfFreedom).toBeGreaterThanOrEqual((Math.min(control.n, treatment.n) - 1) * (1 - 1e-12));
        expect(found.degreesOfFreedom).toBeLessThanOrEqual((control.n + treatment.n - 2) * (1 + 1e-12));
        const turned = figuresOf(welchTest({ control: treatment, treatment: control }, QUESTION));
        expect(turned.difference + found.difference).toBe(0);
        expect(turned.pValue).toBeCloseTo(found.pValue, 9);
        if (Math.abs(found.pValue - 0.05) > 1e-9) expect(found.pValue < 0.05).toBe(found.lower > 0 || found.upper < 0);
      }),
    );
  });
});
