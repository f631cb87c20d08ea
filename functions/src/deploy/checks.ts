import { mean, quantile } from "simple-statistics";
import { z } from "zod";
import type { Lifecycle } from "../config.ts";
import { cssClasses, cssVariables } from "../design/css.ts";
import { extractFeatures } from "../design/features.ts";
import { type GoldenContext, goldenContexts } from "../design/golden-contexts.ts";
import { applyOverrides } from "../design/rules.ts";
import { CLASS_GROUPS, CLASSES, type Design, type UserContext, VARIABLE_NAMES, VARIABLES } from "../design/schema.ts";
import type { VersionModel } from "../model/bundle.ts";
import type { Bundle } from "../model/schema.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { fieldIssues, inWords } from "../shared/errors.ts";
import { attempt, check } from "./check.ts";
import { dataSchemaCompatibility } from "./data-schema.ts";
import { parityWithTrainer } from "./parity.ts";
import { Check } from "./schema.ts";

/** A candidate as it came from the registry, every file of it verified, or why it did not. */
export type Candidate =
  | {
      loaded: true;
      meta: ModelVersion;
      bundle: Bundle;
      model: VersionModel;
      files: ReadonlyMap<string, Uint8Array>;
      loadMs: number;
    }
  | { loaded: false; reason: string };

/** Limits of one answer, a clock in milliseconds to measure it with, and what to measure it on. */
export interface CheckOptions {
  policy: Pick<Lifecycle["deployment"], "check_mean_ms" | "check_p95_ms" | "check_p99_ms">;
  clockMs: () => number;
  /** Feature rows of the site's visitors, in the order of FEATURE_NAMES; NaN is missing. */
  rows: readonly Float32Array[];
}

/** Answers that the performance test measures, cold ones included. */
export const TIMED_ANSWERS = 504;
/** Milliseconds after which it stops: a model this slow fails on what has been measured. */
const TIMED_MS = 20_000;

/** The six pre-deployment checks, in order, each with what it measured. Without a model the other five cannot pass. */
export function checkCandidate(candidate: Candidate, options: CheckOptions): Check[] {
  if (!candidate.loaded) {
    const rest = Check.shape.name.options.slice(1);
    const untested = rest.map((name) => check(name, ["not tested: the version did not load"], "", {}));
    return [check("model_loading", [candidate.reason], "", {}), ...untested];
  }
  const golden = goldenContexts();
  return [
    loadingCheck(candidate),
    predictionTest(candidate.model, golden),
    performanceTest(candidate.model, golden, options),
    apiCompatibility(candidate.model, golden),
    dataSchemaCompatibility(candidate),
    parityWithTrainer(candidate),
  ];
}

type Loaded = Extract<Candidate, { loaded: true }>;

function loadingCheck({ meta, loadMs }: Loaded): Check {
  const artefacts = Object.values(meta.artefacts);
  const bytes = artefacts.reduce((sum, artefact) => sum + artefact.bytes, 0);
  const message = `${artefacts.length} files loaded, every SHA-256 verified`;
  return check("model_loading", [], message, { files: artefacts.length, bytes, milliseconds: loadMs });
}

/** Every golden context gets classes that exist, variables in their range and confidences between 0 and 1. */
function predictionTest(model: VersionModel, golden: readonly GoldenContext[]): Check {
  const faults = golden.flatMap(({ context, history }) => {
    const features = extractFeatures(context, history);
    return attempt(() => designFaults(model.predict(features)).slice(0, 1));
  });
  const figures = { contexts: golden.length, invalid: faults.length };
  return check("prediction_test", faults, `${golden.length} golden contexts got valid designs`, figures);
}

function designFaults({ classes, variables, confidence }: Design): string[] {
  const groups = CLASS_GROUPS.flatMap((group) => [
    ...(CLASSES[group][classes[group]] === undefined ? [`${group}: there is no class ${classes[group]}`] : []),
    ...(confidence[group] >= 0 && confidence[group] <= 1 ? [] : [`${group}: confidence ${confidence[group]}`]),
  ]);
  const values = VARIABLE_NAMES.filter((name) => {
    const { min, max } = VARIABLES[name];
    return !(variables[name] >= min && variables[name] <= max);
  });
  return [...groups, ...values.map((name) => `${name}: ${variables[name]} is out of range`)];
}

/**
 * The time of one answer: mean, p95 and p99 (simple-statistics' quantile) below the policy's limits. Features are those of real
 * visitors, as far as there are any; a new site's are computed from golden contexts, within the time that is measured.
 */
function performanceTest(model: VersionModel, golden: readonly GoldenContext[], options: CheckOptions): Check {
  const times: number[] = [];
  const startMs = options.clockMs();
  let nowMs = startMs;
  const faults = attempt(() => {
    while (times.length < TIMED_ANSWERS && nowMs - startMs < TIMED_MS) {
      const visit = golden[times.length % golden.length] as GoldenContext;
      const row = options.rows[times.length];
      const beganMs = nowMs;
      if (row === undefined) goldenAnswer(model, visit);
      else answer(model, Float64Array.from(row), visit.context);
      nowMs = options.clockMs();
      times.push(nowMs - beganMs);
    }
    return [];
  });
  // A model that throws at its first answer has no times, and its fault to show.
  const measured = times.length === 0 ? [0] : times;
  const [p95_ms = 0, p99_ms = 0] = quantile(measured, [0.95, 0.99]);
  const { check_mean_ms, check_p95_ms, check_p99_ms } = options.policy;
  const realRows = Math.min(times.length, options.rows.length);
  const figures = { answers: times.length, real_rows: realRows, mean_ms: mean(measured), p95_ms, p99_ms };
  const limits: [string, number, number][] = [
    ["mean", figures.mean_ms, check_mean_ms],
    ["p95", figures.p95_ms, check_p95_ms],
    ["p99", figures.p99_ms, check_p99_ms],
  ];
  const slow = limits.filter(([, ms, limit]) => !(ms < limit));
  faults.push(...slow.map(([name, ms, limit]) => `${name} ${ms.toFixed(2)} ms is not below ${limit} ms`));
  return check(
    "performance_test",
    faults,
    `mean ${figures.mean_ms.toFixed(2)} ms, p99 ${p99_ms.toFixed(2)} ms; ${realRows} of ${times.length} answers to rows of real visitors`,
    figures,
  );
}

function goldenAnswer(model: VersionModel, { context, history }: GoldenContext) {
  return answer(model, extractFeatures(context, history), context);
}

function answer(model: VersionModel, features: Float64Array, context: UserContext) {
  const design = applyOverrides(model.predict(features), context);
  return {
    css_classes: cssClasses(design.classes),
    css_variables: cssVariables(design.variables),
    prediction_confidence: design.confidence,
  };
}

const confidence = z.number().min(0).max(1);

/** The part of predict's answer that a version decides, as the HTTP contract has it. */
const AnswerShape = z.strictObject({
  css_classes: z.tuple([z.enum(CLASSES.density), z.enum(CLASSES.font), z.enum(CLASSES.theme)]),
  css_variables: z.strictObject(
    Object.fromEntries(
      VARIABLE_NAMES.map((name) => [
        VARIABLES[name].css,
        z.string().regex(new RegExp(`^\\d+(\\.\\d+)?${VARIABLES[name].unit}$`)),
      ]),
    ),
  ),
  prediction_confidence: z.strictObject({ density: confidence, font: confidence, theme: confidence }),
});

/** Every golden answer, sent as JSON, has the fields, names and units that pages rely on. */
function apiCompatibility(model: VersionModel, golden: readonly GoldenContext[]): Check {
  const faults = golden.flatMap((visit) =>
    attempt(() => {
      const parsed = AnswerShape.safeParse(JSON.parse(JSON.stringify(goldenAnswer(model, visit))));
      return parsed.success ? [] : [inWords(fieldIssues(parsed.error))];
    }),
  );
  const figures = { answers: golden.length, invalid: faults.length };
  return check("api_compatibility", faults, `${golden.length} answers fit the HTTP contract`, figures);
}
