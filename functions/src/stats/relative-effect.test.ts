import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { sequenceWidth } from "./confidence-sequence.ts";
import { tQuantile } from "./distributions.ts";
import { relativeEffect } from "./relative-effect.ts";
import { welchTest } from "./welch-t.ts";

/** What gbstats keeps of an arm: n, sum, sum of squares. */
function momentsOf(n: number, sum: number, squares: number) {
  return { n, mean: sum / n, variance: (squares - sum ** 2 / n) / (n - 1) };
}

function proportionOf(n: number, sum: number) {
  return { n, mean: sum / n, variance: (sum / n) * (1 - sum / n) };
}

const TREATMENT = momentsOf(3461, 2422.7, 134698.29);

describe("a relative effect", () => {
  // growthbook/growthbook, packages/stats/tests/frequentist/test_tests.py: class and test in the name; effect, standard error and
  // interval, five decimals.
  it.each([
    {
      name: "TestTwoSidedTTest.test_two_sided_ttest",
      control: momentsOf(3407, 1396.87, 52377.9767),
      treatment: TREATMENT,
      tunedFor: null,
      expected: [0.70732, 0.37879, -0.03526, 1.44989],
    },
    {
      name: "TestTwoSidedTTest.test_two_sided_ttest_binom",
      control: proportionOf(28, 14),
      treatment: proportionOf(30, 16),
      tunedFor: null,
      expected: [0.06667, 0.2717, -0.47767, 0.61101],
    },
    {
      name: "TestSequentialTTest.test_sequential_test_runs",
      control: momentsOf(3000, 1396.87, 52377.9767),
      treatment: TREATMENT,
      tunedFor: 1000,
      expected: [0.50336, 0.33341, -0.55844, 1.56516],
    },
    {
      name: "TestSequentialTTest.test_sequential_test_runs_prop",
      control: proportionOf(3000, 1396),
      treatment: proportionOf(3461, 2422),
      tunedFor: 5000,
      expected: [0.50386, 0.03386, 0.40098, 0.60675],
    },
  ])("is that of gbstats' $name", ({ control, treatment, tunedFor, expected }) => {
    const squares = { control: control.variance / control.n, treatment: treatment.variance / treatment.n };
    const found = figuresOf(relativeEffect({ control: control.mean, treatment: treatment.mean, squares }));
    const { degreesOfFreedom } = figuresOf(
      welchTest({ control, treatment }, { confidence: 0.95, alternative: "two-sided" }),
    );
    const width =
      tunedFor === null
        ? tQuantile(0.975, degreesOfFreedom)
        : sequenceWidth({ alpha: 0.05, n: control.n + treatment.n, tunedFor, sides: 2 });
    const half = width * found.standardError;
    [found.effect, found.standardError, found.effect - half, found.effect + half].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
    });
  });

  it("is less sure than the difference over a control that is taken for known", () => {
    const squares = { control: 0.01, treatment: 0.04 };
    const { effect, standardError } = figuresOf(relativeEffect({ control: 2, treatment: 3, squares }));
    expect(effect).toBe(0.5);
    // sqrt(0.04 / 2 ** 2 + 0.01 * 3 ** 2 / 2 ** 4)
    expect(standardError).toBeCloseTo(0.125, 14);
    expect(standardError).toBeGreaterThan(Math.sqrt(0.05) / 2);
  });

  it.each([0, -1])("of a control of %d is insufficient data", (control) => {
    const squares = { control: 1, treatment: 1 };
    const expected = { status: "insufficient_data", reason: "the control is not above 0" };
    expect(relativeEffect({ control, treatment: 1, squares })).toEqual(expected);
  });

  it("refuses NaN and negative squares", () => {
    const squares = { control: 1, treatment: 1 };
    expect(() => relativeEffect({ control: Number.NaN, treatment: 1, squares })).toThrow(RangeError);
    expect(() => relativeEffect({ control: 1, treatment: 1, squares: { control: 1, treatment: -1 } })).toThrow(
      RangeError,
    );
  });
});
