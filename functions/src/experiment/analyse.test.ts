import { describe, expect, it } from "vitest";
import { EXPERIMENT_VERSION, someBegin } from "../../../test/some-experiment.ts";
import { type ArmFigures, someArm } from "../../../test/some-strata.ts";
import type { ArmSums } from "../collect/arm-sums.ts";
import { BUCKET_SUMS } from "../collect/outcomes.ts";
import { Lifecycle } from "../config.ts";
import { FIRST_ROUTING } from "../serve/schema.ts";
import { BUCKETS, closeBuckets } from "../shared/visitor-buckets.ts";
import { sequenceWidth } from "../stats/confidence-sequence.ts";
import { analyseExperiment } from "./analyse.ts";
import { begun } from "./apply.ts";
import type { ExperimentEvidence } from "./evidence.ts";
import { type Experiment, ExperimentAnalysis } from "./schema.ts";

const START_MS = Date.parse("2026-09-28T00:00:00Z");
const HOUR_MS = 3_600_000;
const POLICY = Lifecycle.parse({});
const ENGAGEMENT: Experiment["metrics"] = [{ metric: "engagement", primary: true }];
const CONTROL = { visits: 9000 };

function someExperiment(differences: Partial<Experiment> = {}): Experiment {
  const { experiment } = begun(someBegin({ metrics: ENGAGEMENT }), { routing: FIRST_ROUTING, nowMs: START_MS });
  return { ...experiment, ...differences };
}

/** An arm whose sample of visitors begins at a hash of its own. */
function arm(figures: ArmFigures, from: number): ArmSums {
  const { sampled = 0 } = figures;
  return { ...someArm(figures), sample: BigUint64Array.from({ length: sampled }, (_, i) => BigInt(from + i)) };
}

function evidence(arms: readonly ArmFigures[], more: Partial<ExperimentEvidence> = {}): ExperimentEvidence {
  const strata = [{ revision: 1, arms: arms.map((figures, i) => arm(figures, 10_000 * i)) }];
  return { strata, accuracy: [], segments: [], ...more };
}

function analysed(
  experiment: Experiment,
  of: ExperimentEvidence,
  { hours = 25, isOver = true, policy = POLICY }: { hours?: number; isOver?: boolean; policy?: Lifecycle } = {},
) {
  return analyseExperiment(experiment, of, { policy, nowMs: START_MS + hours * HOUR_MS, isOver });
}

describe("what an experiment shows of a metric", () => {
  const better = evidence([CONTROL, { visits: 1000, engaged: 0.215 }]);

  it("is Welch's test over buckets of visitors at the horizon", () => {
    const [figure] = analysed(someExperiment(), better).figures;
    // scipy.stats.ttest_ind_from_stats(0.215, 0.043 * sqrt(128 / 127), 128, 0.2, 0.04 * sqrt(128 / 127), 128, equal_var=False)
    expect(figure?.horizon?.p).toBeCloseTo(0.004_339_464_054, 12);
    expect(figure?.horizon?.lower).toBeCloseTo(0.004_736_914_713, 11);
    expect(figure?.horizon?.upper).toBeCloseTo(0.025_263_085_287, 11);
    expect(figure).toMatchObject({ finding: "better", found_by: "horizon", n: { control: 9000, treatment: 1000 } });
    expect(figure?.relative?.effect).toBeCloseTo(0.075, 12);
  });

  it("is silent about it before the horizon, and after an extension", () => {
    const early = analysed(someExperiment(), better, { hours: 12, isOver: false });
    const extended = analysed(someExperiment({ extended_at: "2026-09-28T06:00:00.000Z" }), better);
    for (const { figures } of [early, extended]) {
      expect(figures[0]).toMatchObject({ horizon: null, finding: "unsure", found_by: null });
      expect(figures[0]?.sequential?.lower).toBeLessThan(0);
      expect(figures[0]?.sequential?.p).toBeGreaterThan(0.05);
    }
  });

  it("finds by what holds at all looks what is far enough out, at any look", () => {
    const of = evidence([CONTROL, { visits: 1000, engaged: 0.24 }]);
    const [figure] = analysed(someExperiment(), of, { hours: 6, isOver: false }).figures;
    expect(figure).toMatchObject({ finding: "better", found_by: "sequential" });
    expect(figure?.sequential?.lower).toBeGreaterThan(0);
    expect(figure?.sequential?.p).toBeLessThan(0.05);
  });

  it("is better where less is, for times", () => {
    const experiment = someExperiment({ metrics: [{ metric: "performance", primary: true }] });
    const [faster] = analysed(experiment, evidence([CONTROL, { visits: 1000, renderingMs: 50 }])).figures;
    const [slower] = analysed(experiment, evidence([CONTROL, { visits: 1000, renderingMs: 70 }])).figures;
    expect([faster?.finding, slower?.finding]).toEqual(["better", "worse"]);
  });

  it("wants five visits that are engaged and five that are not, for the test of one look", () => {
    const find = (engaged: number, isOver = true) =>
      analysed(someExperiment(), evidence([CONTROL, { visits: 200, engaged }]), { isOver }).figures[0];
    expect(find(0.02)).toMatchObject({ finding: "insufficient_data", reason: expect.stringContaining("4 of 200") });
    expect(find(0.98)?.finding).toBe("insufficient_data");
    expect([find(0.03)?.horizon === null, find(0.02, false)?.sequential === null]).toEqual([false, false]);
  });

  it("wants enough of each arm", () => {
    const [few] = analysed(someExperiment(), evidence([CONTROL, { visits: 99 }])).figures;
    const [enough] = analysed(someExperiment(), evidence([CONTROL, { visits: 100 }])).figures;
    expect([few?.finding, enough?.finding]).toEqual(["insufficient_data", "unsure"]);
  });

  it("counts visitors with an error, and finds them worse only", () => {
    const experiment = someExperiment({ metrics: [...ENGAGEMENT, { metric: "errors", primary: false }] });
    const find = (erred: number) =>
      analysed(
        experiment,
        evidence([
          { ...CONTROL, erred: 90 },
          { visits: 1000, erred },
        ]),
      ).figures.find(({ metric }) => metric === "errors")?.finding;
    expect([find(0), find(10), find(60)]).toEqual(["unsure", "unsure", "worse"]);
  });

  it.each([
    // statsmodels.stats.multitest.multipletests(ps, method=...), of the four p-values by scipy.
    { correction: "holm" as const, adjusted: [0.017_357_86, 0.159_369_25, 0.238_981_45, 0.430_882_89] },
    { correction: "bh" as const, adjusted: [0.017_357_86, 0.106_246_17, 0.159_320_97, 0.430_882_89] },
  ])("corrects over metrics and arms by $correction", ({ correction, adjusted }) => {
    const metrics: Experiment["metrics"] = [...ENGAGEMENT, { metric: "click_through", primary: true }];
    const arms = [
      { name: "control", version: "rules" as const, share: 0.8 },
      { name: "a", version: EXPERIMENT_VERSION, share: 0.1 },
      { name: "b", version: EXPERIMENT_VERSION, share: 0.1 },
    ];
    const of = evidence([
      CONTROL,
      { visits: 1000, engaged: 0.215, clickThrough: 0.104 },
      { visits: 1000, engaged: 0.21, clickThrough: 0.102 },
    ]);
    const steps = [{ revision: 1, shares: [0.8, 0.1, 0.1], since: "2026-09-28T00:00:00.000Z" }];
    const { figures } = analysed(someExperiment({ metrics, arms, steps, correction }), of);
    const found = figures.map(({ horizon }) => horizon?.adjusted ?? Number.NaN).sort((x, y) => x - y);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(adjusted[i] ?? Number.NaN, 7);
    });
  });

  it("is a document that can be stored", () => {
    const metrics: Experiment["metrics"] = [...ENGAGEMENT, { metric: "accuracy", primary: false }];
    expect(() => ExperimentAnalysis.parse(analysed(someExperiment({ metrics }), better))).not.toThrow();
  });
});

describe("power", () => {
  const of = evidence([CONTROL, { visits: 1000 }]);
  const experiment = someExperiment();
  const POWER_QUANTILE = 0.841_621_233_573; // scipy.stats.norm.ppf(0.8)

  it("is that of the test at the horizon, and after an extension of what holds at all looks", () => {
    const plain = analysed(experiment, of);
    const extended = analysed({ ...experiment, extended_at: "2026-09-28T06:00:00.000Z" }, of);
    const visitors = plain.arms.reduce((sum, arm) => sum + arm.visitors, 0);
    const { standard_error: error = 0, worth = 0, sequential } = plain.figures[0] ?? {};
    const times = (seen: typeof plain) => (seen.power.visitors_needed ?? 0) / visitors;
    // statsmodels.stats.power: (norm.ppf(0.975) + norm.ppf(0.8)) standard errors are an effect of 3 points.
    expect(times(plain)).toBeCloseTo((((error ?? 0) * (1.959_963_984_54 + POWER_QUANTILE)) / 0.03) ** 2, 3);
    const later = times(extended);
    const { alpha, tuned_for: tunedFor } = POLICY.experiments;
    const widthAt = (n: number) => sequenceWidth({ alpha, n, tunedFor, sides: 2 });
    const now = ((sequential?.upper ?? 0) - (sequential?.lower ?? 0)) / (2 * (error ?? 0));
    const width = (widthAt((worth ?? 0) * later) * now) / widthAt(worth ?? 0);
    // With so many visitors the bound is that many standard errors short of the effect: it is passed in four cases of five.
    expect(0.03 / ((error ?? 0) / Math.sqrt(later)) - width).toBeCloseTo(POWER_QUANTILE, 2);
    expect(later / times(plain)).toBeGreaterThan(2);
    expect(later / times(plain)).toBeLessThan(3);
  });

  it("takes half of the alpha where an arm may be shipped early", () => {
    const early = { ...POLICY, experiments: { ...POLICY.experiments, ship_early: true } };
    const needed = (policy: Lifecycle) => analysed(experiment, of, { policy }).power.visitors_needed ?? 0;
    // (norm.ppf(1 - 0.025 / 2) + norm.ppf(0.8))^2 / (norm.ppf(1 - 0.05 / 2) + norm.ppf(0.8))^2
    expect(needed(early) / needed(POLICY)).toBeCloseTo(1.2111, 3);
  });
});

describe("earlier visits", () => {
  /** Visits of before, in each bucket as engaged as later, or not: `alike` 1 or 0. */
  const before = (alike: number): Uint8Array => {
    const sums = new Float64Array(BUCKETS * BUCKET_SUMS.length);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const later = bucket % 2 === 0 ? 1.2 : 0.8;
      const other = bucket % 4 < 2 ? 1.2 : 0.8;
      sums[bucket * BUCKET_SUMS.length] = 10;
      sums[bucket * BUCKET_SUMS.length + 1] = 2 * (alike * later + (1 - alike) * other);
    }
    return closeBuckets(sums, BUCKET_SUMS.length);
  };
  const of = evidence([CONTROL, { visits: 1000, engaged: 0.21 }]);
  const figureWith = (differences: Partial<Experiment>) => analysed(someExperiment(differences), of).figures[0];

  it("lower the variance where they tell it", () => {
    const [plain, adjusted] = [figureWith({}), figureWith({ earlier: { control: before(0.8), large: before(0.8) } })];
    expect(adjusted?.cuped).toMatchObject({ used: true });
    expect(adjusted?.cuped.reduction).toBeGreaterThan(0.5);
    expect(adjusted?.standard_error).toBeLessThan((plain?.standard_error ?? 0) * 0.7);
    expect([plain?.finding, adjusted?.finding]).toEqual(["unsure", "better"]);
  });

  it("are not used where they tell nothing, are not there, or are of another split", () => {
    const plain = figureWith({});
    const none = figureWith({ earlier: { control: before(0), large: before(0) } });
    const half = figureWith({ earlier: { control: before(0.8) } });
    const [step] = someExperiment().steps;
    const steps = step === undefined ? [] : [step, { ...step, revision: 5, shares: [0.5, 0.5] }];
    const changed = figureWith({ earlier: { control: before(0.8), large: before(0.8) }, steps });
    for (const figure of [none, half, changed]) {
      expect(figure?.cuped.used).toBe(false);
      expect(figure?.effect).toBe(plain?.effect);
      expect(figure?.standard_error).toBe(plain?.standard_error);
    }
    expect(changed?.cuped.reason).toMatch(/split/);
  });
});

describe("whether an experiment is to be believed", () => {
  it("adds splits up, each by its own shares", () => {
    const [step] = someExperiment().steps;
    const steps = step === undefined ? [] : [step, { ...step, revision: 2, shares: [0.5, 0.5] }];
    const strata = (second: number) => [
      { revision: 1, arms: [arm({ visits: 900, sampled: 900 }, 0), arm({ visits: 100, sampled: 100 }, 5000)] },
      { revision: 2, arms: [arm({ visits: 500, sampled: 500 }, 0), arm({ visits: 500, sampled: second }, 5000)] },
    ];
    const trust = (second: number) =>
      analysed(someExperiment({ steps }), { strata: strata(second), accuracy: [], segments: [] });
    expect(trust(500).sample_ratio).toMatchObject({ ok: true, p: 1, counts: [1400, 600], expected: [1400, 600] });
    const off = trust(350);
    expect(off.sample_ratio.ok).toBe(false);
    expect(off.recommendation).toMatchObject({ action: "invalid", reasons: [off.sample_ratio.reason] });
  });

  it("asks the chi-square test at the horizon only", () => {
    const of = evidence([
      { ...CONTROL, sampled: 900 },
      { visits: 1000, sampled: 100 },
    ]);
    expect(analysed(someExperiment(), of, { isOver: false }).sample_ratio.p).toBeNull();
    expect(analysed(someExperiment(), of).sample_ratio.p).toBe(1);
  });

  it("is invalid where too many were in more than one arm", () => {
    const shared = (both: number) => ({
      strata: [
        { revision: 1, arms: [arm({ visits: 900, sampled: 900 }, 0), arm({ visits: 100, sampled: 100 }, 900 - both)] },
      ],
      accuracy: [],
      segments: [],
    });
    expect(analysed(someExperiment(), shared(9)).exposure).toMatchObject({ ok: true, multiple: 9, visitors: 991 });
    expect(analysed(someExperiment(), shared(10)).exposure).toMatchObject({ ok: false, multiple: 10 });
    expect(analysed(someExperiment(), shared(10)).recommendation.action).toBe("invalid");
  });
});

describe("power and segments", () => {
  it("tells the days until three points would be found, from the variance so far", () => {
    const of = evidence([CONTROL, { visits: 1000 }]);
    const { power } = analysed(someExperiment(), of, { hours: 12.75, isOver: false });
    // ((0.2 * 0.2 * sqrt(2 / 127)) / (0.03 / (1.959964 + 0.841621)))^2 = 0.2198 of what 12 hours have seen.
    expect(power).toMatchObject({ visitors_needed: 1099, visitors_left: 0, days_left: 0 });
    const strict = Lifecycle.parse({ experiments: { alpha: 0.0001, power: 0.999999 } });
    const longer = analysed(someExperiment(), of, { hours: 12.75, isOver: false, policy: strict }).power;
    // (3.890592 + 4.753424)^2 / (1.959964 + 0.841621)^2 times as many.
    expect((longer.visitors_needed ?? 0) / 1099).toBeCloseTo(9.52, 1);
    expect(longer.days_left).toBeCloseTo(((longer.visitors_needed ?? 0) / 5000 - 1) * 0.5, 2);
  });

  it("marks segments as exploratory, and has none of a changed split", () => {
    const segments = [
      { visits: { "device:mobile": 4500, "device:tablet": 50 }, engaged: { "device:mobile": 900 } },
      { visits: { "device:mobile": 500, "device:tablet": 50 }, engaged: { "device:mobile": 150 } },
    ];
    const of = evidence([CONTROL, { visits: 1000 }], { segments });
    const [only, ...others] = analysed(someExperiment(), of).segments;
    expect(others).toEqual([]);
    expect(only).toMatchObject({ exploratory: true, segment: "device:mobile", control: 0.2, treatment: 0.3 });
    expect(only?.adjusted).toBeLessThan(0.001);
    const [step] = someExperiment().steps;
    const steps = step === undefined ? [] : [step, { ...step, revision: 2, shares: [0.5, 0.5] }];
    expect(analysed(someExperiment({ steps }), of).segments).toEqual([]);
  });
});
