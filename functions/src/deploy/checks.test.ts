import { describe, expect, it } from "vitest";
import { CONSTANT_BUNDLE, somePublication } from "../../../test/some-version.ts";
import { goldenContexts } from "../design/golden-contexts.ts";
import { UserContext } from "../design/schema.ts";
import { openBundle, type VersionModel } from "../model/bundle.ts";
import { presentOutputs } from "../registry/outputs.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { type Candidate, type CheckOptions, checkCandidate } from "./checks.ts";
import { Check } from "./schema.ts";

const version = "v_20260927T000000Z_0123456789ab";
const artefact = { path: `model_versions/${version}/bundle.json`, sha256: "0".repeat(64), bytes: 1200 };
const meta: ModelVersion = {
  ...somePublication(version),
  schema_version: 1,
  created_at: "2026-09-27T00:00:00.000Z",
  artefacts: { "bundle.json": artefact },
};
const model = openBundle(CONSTANT_BUNDLE, new Map());
const good = { loaded: true as const, meta, bundle: CONSTANT_BUNDLE, model, files: new Map(), loadMs: 12 };
const policy = { check_mean_ms: 100, check_p95_ms: 150, check_p99_ms: 200 };

/** A clock on which the n-th answer takes `durations[n]` ms, over and over. */
function clockOf(...durations: number[]): () => number {
  let nowMs = 0;
  let call = -1;
  return () => {
    if (call >= 0) nowMs += durations[call % durations.length] ?? 0;
    call++;
    return nowMs;
  };
}

function run(candidate: Candidate, options: Partial<CheckOptions> = {}) {
  const checks = checkCandidate(candidate, { policy, clockMs: clockOf(1), rows: [], ...options });
  const named = (name: Check["name"]): Check | undefined => checks.find((check) => check.name === name);
  return { checks, named, failed: checks.filter((check) => !check.ok).map(({ name }) => name) };
}

/** The good model with another answer. */
function answering(change: (design: ReturnType<VersionModel["predict"]>) => object): Candidate {
  const predict = (features: Float64Array) => {
    const design = model.predict(features);
    return { ...design, ...change(design) };
  };
  return { ...good, model: { varyingGroups: [], predict } };
}

describe("the pre-deployment checks", () => {
  it("are six, in order, each with figures that can be stored, and a good version passes them", () => {
    const { checks, failed } = run(good);
    expect(failed).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      "model_loading",
      "prediction_test",
      "performance_test",
      "api_compatibility",
      "data_schema_compatibility",
      "parity",
    ]);
    for (const check of checks) {
      expect(Check.safeParse(check).success).toBe(true);
      expect(Object.keys(check.figures).length).toBeGreaterThan(0);
    }
  });

  it("all fail, the first with the reason, when the version does not load", () => {
    const { checks, failed } = run({ loaded: false, reason: "model_versions/v/density.xgb has SHA-256 1, not 2" });
    expect(failed.length).toBe(6);
    expect(checks[0]?.message).toContain("density.xgb");
  });

  it("look at contexts that predict accepts", () => {
    const golden = goldenContexts();
    expect(golden.length).toBe(72);
    for (const { context } of golden) expect(UserContext.safeParse(context).success).toBe(true);
  });

  it.each<[string, (design: ReturnType<VersionModel["predict"]>) => object, RegExp]>([
    ["a class that does not exist", ({ classes }) => ({ classes: { ...classes, font: 3 } }), /no class 3/],
    ["a variable out of range", (d) => ({ variables: { ...d.variables, spacing_base: 33 } }), /spacing_base: 33/],
    [
      "a variable that is no number",
      (d) => ({ variables: { ...d.variables, spacing_base: NaN } }),
      /spacing_base: NaN/,
    ],
    ["a confidence above one", (d) => ({ confidence: { ...d.confidence, theme: 1.01 } }), /theme: confidence 1.01/],
    ["a confidence that is no number", (d) => ({ confidence: { ...d.confidence, theme: NaN } }), /confidence NaN/],
  ])("find %s", (_what, change, message) => {
    const { named } = run(answering(change));
    expect(named("prediction_test")).toMatchObject({ ok: false, figures: { contexts: 72, invalid: 72 } });
    expect(named("prediction_test")?.message).toMatch(message);
    expect(named("model_loading")?.ok).toBe(true);
  });

  it("find an answer that pages could not read", () => {
    const nonsense = answering(({ variables }) => ({ variables: { ...variables, spacing_base: NaN } }));
    expect(run(nonsense).failed).toContain("api_compatibility");
    const silent = answering(({ classes }) => ({ confidence: {}, classes }));
    expect(run(silent).named("api_compatibility")?.message).toMatch(/prediction_confidence/);
  });

  it("take a model that throws as a finding, in words", () => {
    const throwing: Candidate = {
      ...good,
      model: {
        varyingGroups: [],
        predict: () => {
          throw new Error("leaf 7 is gone");
        },
      },
    };
    const { failed, named } = run(throwing);
    expect(failed).toEqual(["prediction_test", "performance_test", "api_compatibility"]);
    expect(named("prediction_test")?.message).toBe("leaf 7 is gone");
  });

  it.each<[string, number[], boolean, RegExp]>([
    ["a mean just below 100 ms passes", [99.9], true, /mean 99.90 ms/],
    ["a mean of 100 ms does not", [100], false, /mean 100.00 ms is not below 100 ms/],
    ["five answers in a hundred may be slow", [...Array(95).fill(1), ...Array(5).fill(160)], true, /mean/],
    ["six may not", [...Array(94).fill(1), ...Array(6).fill(160)], false, /p95 160.00 ms is not below 150/],
    ["nor two that are very slow", [...Array(98).fill(1), 250, 250], false, /p99 250.00 ms is not below 200/],
  ])("measure latency: %s", (_what, durations, ok, message) => {
    const check = run(good, { clockMs: clockOf(...durations) }).named("performance_test");
    expect(check?.message).toMatch(message);
    expect(check?.ok).toBe(ok);
  });

  it("stop measuring a version that is hopelessly slow", () => {
    const check = run(good, { clockMs: clockOf(5000) }).named("performance_test");
    expect(check).toMatchObject({ ok: false, figures: { answers: 4, mean_ms: 5000, real_rows: 0 } });
  });

  it.each([
    ["a new site's on golden contexts", 0, 0],
    ["on what there is of real rows, and then on golden contexts", 3, 3],
    ["on no more rows than it may take", 1000, 504],
  ])("measure latency: %s", (_what, count, real) => {
    const rows = Array.from({ length: count }, (_, i) => new Float32Array(19).fill(i));
    const seen: Float64Array[] = [];
    const predict = (features: Float64Array) => {
      seen.push(features);
      return model.predict(features);
    };
    const candidate = { ...good, model: { varyingGroups: [], predict } };
    const check = run(candidate, { rows }).named("performance_test");
    expect(check).toMatchObject({ ok: true, figures: { answers: 504, real_rows: real } });
    expect(check?.message).toContain(`${real} of 504 answers to rows of real visitors`);
    // Each row, in turn, right after the 72 golden contexts of the prediction test; no golden context is all the same.
    const timed = seen.slice(72, 72 + 504);
    expect(timed.slice(0, real).every((row, i) => row.length === 19 && row.every((value) => value === i))).toBe(true);
    expect(timed.slice(real).filter((row) => new Set(row).size === 1)).toEqual([]);
  });

  const outputs = presentOutputs();
  const figures = { rows: 400, mae: 0, normalised_mae: 0, rules_mae: 0, varies: false };
  const constant = (kind: "classes" | "variables", change: object): Candidate => ({
    ...good,
    bundle: { ...CONSTANT_BUNDLE, [kind]: { ...CONSTANT_BUNDLE[kind], ...change } },
  });
  const variable = (font_size_base: { unit: string; min: number; max: number }): Candidate =>
    schema({ outputs: { ...outputs, variables: { ...outputs.variables, font_size_base } } });
  it("say of an older version that classes, units and ranges were not recorded, and of a newer one that they fit", () => {
    const [older, newer] = [good, schema({ outputs })].map((candidate) =>
      run(candidate).named("data_schema_compatibility"),
    );
    expect(older).toMatchObject({ ok: true, figures: { targets: 11, outputs_recorded: 0 } });
    expect(older?.message).toMatch(/were not recorded/);
    expect(newer).toMatchObject({ ok: true, figures: { targets: 11, outputs_recorded: 11 } });
  });

  const schema = (change: Partial<ModelVersion>): Candidate => ({ ...good, meta: { ...meta, ...change } });
  it.each<[string, Candidate, RegExp]>([
    ["an older feature schema", schema({ feature_schema: 0 }), /feature schema 0; logs have 1/],
    ["an unknown feature", schema({ features: ["shoe_size"] }), /unknown features: shoe_size/],
    ["features in another order", schema({ features: [...meta.features].reverse() }), /not the document's/],
    [
      "a varying group that the models do not know",
      schema({ varying_groups: ["theme"] }),
      /theme varies, the models nothing/,
    ],
    [
      "a feature twice",
      { ...good, bundle: { ...CONSTANT_BUNDLE, features: ["is_mobile", "is_mobile"] } },
      /names a feature twice/,
    ],
    [
      "classes in another order",
      schema({ outputs: { ...outputs, classes: { ...outputs.classes, font: ["fuente-mono", "fuente-sans"] } } }),
      /font: trained for classes fuente-mono, fuente-sans, today it is classes fuente-sans, fuente-serif, fuente-mono/,
    ],
    ["a variable of another unit", variable({ unit: "px", min: 0.8, max: 1.5 }), /for 0.8 to 1.5 px, .* 1.5 rem/],
    [
      "a variable of another range",
      variable({ unit: "rem", min: 0.8, max: 2 }),
      /font_size_base: trained for 0.8 to 2 rem/,
    ],
    [
      "a variable that was not known then",
      schema({ outputs: { ...outputs, variables: { hue: { unit: "deg", min: 0, max: 1 } } } }),
      /hue: trained for 0 to 1 deg, today it is nothing; font_size_base: trained for nothing/,
    ],
    [
      "figures of a variable that there is not",
      schema({ metrics: { ...meta.metrics, variables: { ...meta.metrics.variables, hue: figures } } }),
      /unknown variables: hue/,
    ],
    [
      "a variable without figures",
      schema({ metrics: { ...meta.metrics, variables: { hue: figures } } }),
      /no figures of the variables font_size_base, line/,
    ],
    [
      "a constant out of its range",
      constant("variables", { spacing_base: { kind: "constant", value: 11.9 } }),
      /spacing_base: the constant 11.9 is not within 12 to 32 px/,
    ],
    [
      "a constant that is no class",
      constant("classes", { font: { kind: "constant", value: 3 } }),
      /font: the constant 3 is no class/,
    ],
  ])("find %s", (_what, candidate, message) => {
    const { failed, named } = run(candidate);
    expect(failed).toEqual(["data_schema_compatibility"]);
    expect(named("data_schema_compatibility")?.message).toMatch(message);
  });
});
