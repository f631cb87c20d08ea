import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf } from "../../../test/figures-of.ts";
import { type StratumSums, stratifiedDifference } from "./stratified-difference.ts";
import { welchTestOfSamples } from "./welch-t.ts";

const PLAIN = { guarded: false };
const SMALL: StratumSums = {
  control: { y: [3, 1, 4, 2, 0, 5], w: [10, 6, 11, 9, 3, 12] },
  treatment: { y: [1, 2, 0, 2], w: [4, 5, 2, 6] },
};
const LARGE: StratumSums = {
  control: { y: [6, 2, 7, 5, 8], w: [20, 10, 19, 15, 22] },
  treatment: { y: [9, 4, 8, 7, 6], w: [21, 12, 18, 17, 16] },
};

describe("a difference over strata", () => {
  // numpy 1.26, an arm: r = y.sum() / w.sum(), v = n / (n - 1) * ((y - r * w) ** 2).sum() / w.sum() ** 2, df = n - 1; guarded
  // vT = max(vT, vC * wC / wT) with its df; h = wC * wT / (wC + wT); V = (h ** 2 * (vC + vT)).sum(); difference (h * (rT -
  // rC)).sum() / H; error V ** .5 / H; df V ** 2 / sum((h ** 2 * v) ** 2 / df over arms and strata).
  it.each([
    { name: "one", strata: [SMALL], guarded: false, expected: [0, 0.07334769594272039, 6.461031695763153, 12.75] },
    { name: "one, guarded", strata: [SMALL], guarded: true, expected: [0, 0.09146125767750408, 8, 12.75] },
    {
      name: "another",
      strata: [LARGE],
      guarded: false,
      expected: [0.07918050941306753, 0.029172094535577318, 7.428729764381117, 42.49411764705882],
    },
    {
      name: "both",
      strata: [SMALL, LARGE],
      guarded: false,
      expected: [0.06090613852952136, 0.028108511779600557, 13.327314366726371, 55.24411764705882],
    },
    {
      name: "both, guarded",
      strata: [SMALL, LARGE],
      guarded: true,
      expected: [0.06090613852952136, 0.03311177976858944, 15.456866389077357, 55.24411764705882],
    },
  ])("of $name", ({ strata, guarded, expected }) => {
    const found = figuresOf(stratifiedDifference(strata, { guarded }));
    const { difference, standardError, degreesOfFreedom, worth, control, treatment, squares } = found;
    [difference, standardError, degreesOfFreedom, worth].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 10);
    });
    expect(treatment - control).toBeCloseTo(difference, 12);
    expect(Math.sqrt(squares.control + squares.treatment)).toBeCloseTo(standardError, 12);
  });

  it("is Welch's test where each bucket is a unit of weight 1", () => {
    const control = [2, 5, 3, 8, 1, 9, 4];
    const treatment = [3, 6, 7, 2, 9];
    const stratum = {
      control: { y: control, w: control.map(() => 1) },
      treatment: { y: treatment, w: [1, 1, 1, 1, 1] },
    };
    const found = figuresOf(stratifiedDifference([stratum], PLAIN));
    const welch = figuresOf(welchTestOfSamples({ control, treatment }, { confidence: 0.95, alternative: "less" }));
    expect(found.difference).toBeCloseTo(welch.difference, 12);
    expect(found.standardError).toBeCloseTo(welch.standardError, 12);
    expect(found.degreesOfFreedom).toBeCloseTo(welch.degreesOfFreedom, 10);
  });

  it("sees no harm in a changed split, where pooled counts would (Simpson's paradox)", () => {
    // Engagement is 10 % while the treatment has a tenth, and 30 % when it has a half, in both arms.
    const bucketsOf = (units: number, rate: number) => ({
      y: [rate * units - 1, rate * units + 1, rate * units],
      w: [units, units, units],
    });
    const strata = [
      { control: bucketsOf(900, 0.1), treatment: bucketsOf(100, 0.1) },
      { control: bucketsOf(500, 0.3), treatment: bucketsOf(500, 0.3) },
    ];
    expect(figuresOf(stratifiedDifference(strata, PLAIN)).difference).toBeCloseTo(0, 12);
    const pooled = { control: (90 + 150) / 1400, treatment: (10 + 150) / 600 };
    expect(pooled.treatment - pooled.control).toBeGreaterThan(0.09);
  });

  it("guards a treatment that does not vary yet, until it weighs 500", () => {
    const treatmentOf = (w: number): StratumSums => ({ ...LARGE, treatment: { y: [0, 0], w: [w / 2, w / 2] } });
    const errorOf = (w: number, guarded: boolean) =>
      figuresOf(stratifiedDifference([treatmentOf(w)], { guarded })).standardError;
    const known = errorOf(100, false);
    // Variance of the control, 86 of it, as if it were 100 or 498: sqrt(v + v * 86 / w)
    expect(errorOf(100, true)).toBeCloseTo(known * Math.sqrt(1 + 86 / 100), 12);
    expect(errorOf(498, true)).toBeCloseTo(known * Math.sqrt(1 + 86 / 498), 12);
    expect(errorOf(500, true)).toBeCloseTo(known, 12);
  });

  it("leaves out a stratum that one arm is not in", () => {
    const without = { control: LARGE.control, treatment: { y: [0, 3], w: [0, 9] } };
    expect(stratifiedDifference([SMALL, without, LARGE], PLAIN)).toEqual(stratifiedDifference([SMALL, LARGE], PLAIN));
  });

  it("takes no notice of empty buckets", () => {
    const padded = { y: [0, ...(LARGE.control.y as number[]), 0], w: [0, ...(LARGE.control.w as number[]), 0] };
    expect(stratifiedDifference([{ ...LARGE, control: padded }], PLAIN)).toEqual(stratifiedDifference([LARGE], PLAIN));
  });

  it.each([
    ["no stratum", []],
    ["an arm without a visit", [{ control: LARGE.control, treatment: { y: [0, 0], w: [0, 0] } }]],
    ["an arm in one bucket", [{ control: LARGE.control, treatment: { y: [1, 0], w: [2, 0] } }]],
    ["arms that do not vary", [{ control: { y: [0, 0], w: [5, 7] }, treatment: { y: [0, 0], w: [2, 1] } }]],
    [
      "arms that vary by rounding alone",
      [{ control: { y: [0.1, 0.3], w: [1, 3] }, treatment: { y: [0.7, 2.1], w: [1, 3] } }],
    ],
  ])("of %s is insufficient data", (_, strata) => {
    for (const guarded of [true, false]) {
      expect(stratifiedDifference(strata, { guarded }).status).toBe("insufficient_data");
    }
  });

  const arm = fc
    .array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 2, maxLength: 8 })
    .map((buckets) => ({ y: buckets.map(([y]) => y), w: buckets.map(([, w]) => w) }));
  const strata = fc.array(fc.record({ control: arm, treatment: arm }), { minLength: 1, maxLength: 4 });

  it("is never NaN, turns its sign when arms change places, and is no surer when guarded", () => {
    fc.assert(
      fc.property(strata, (of) => {
        const found = stratifiedDifference(of, PLAIN);
        if (found.status !== "measured") return;
        const { status: _, weights, squares, ...figures } = found;
        const all = [...Object.values(figures), ...Object.values(weights), ...Object.values(squares)];
        expect(all.every(Number.isFinite)).toBe(true);
        const turned = of.map(({ control, treatment }) => ({ control: treatment, treatment: control }));
        const again = figuresOf(stratifiedDifference(turned, PLAIN));
        expect(again.difference).toBeCloseTo(-found.difference, 9);
        expect(again.standardError).toBeCloseTo(found.standardError, 9);
        const guarded = figuresOf(stratifiedDifference(of, { guarded: true }));
        expect(guarded.standardError).toBeGreaterThanOrEqual(found.standardError * (1 - 1e-12));
      }),
    );
  });
});
