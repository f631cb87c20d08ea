import { z } from "zod";
import { CLASS_GROUPS, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { ServedVersion, VersionId } from "../serve/schema.ts";

const count = z.number().int().min(0);

/** One object of a version in Cloud Storage. */
export const Artefact = z.object({
  /** Full object name: `model_versions/{version}/{file}`. */
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: count,
});
export type Artefact = z.infer<typeof Artefact>;

/** 28 cells of six hours: weekday (Monday 0) * 4 + floor(local hour / 6). */
export const CELLS = 28;

/**
 * How a feature is binned, fixed on the reference. `edges`: bin i holds edges[i-1] <= value < edges[i], open at both ends
 * (edges.length + 1 bins). `values`: one bin per value, and one for any other. Both have one more bin, the last, for missing.
 */
export const Binning = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("edges"), edges: z.array(z.number()) }),
  z.strictObject({ kind: z.literal("values"), values: z.array(z.number()) }),
]);
export type Binning = z.infer<typeof Binning>;

/** Features that tell of a visitor's earlier visits: compared only among visitors who have been known for about as long. */
export const HISTORY_FEATURES = [
  "avg_session_duration",
  "total_interactions",
  "user_density_group",
] as const satisfies readonly FeatureName[];
export type HistoryFeature = (typeof HISTORY_FEATURES)[number];

/** By days_since_first_visit: missing, up to 7, 8 to 30, more. */
export const HISTORY_BANDS = ["new", "week", "month", "older"] as const;
export type HistoryBand = (typeof HISTORY_BANDS)[number];

/** Sum of k^2 / sum of k over visitors' numbers of rows k: so many rows weigh as one independent one (Kish 1965). */
const designEffect = z.number().min(1);

/**
 * `reference.json` of a version: what its training and hold-out data looked like, per hour-of-week cell. A row is a visitor on
 * a day, by one visit drawn at random. What is optional is not there in versions that were trained before it was measured,
 * whose rows are visits; nothing can be compared with those.
 */
export const Reference = z.strictObject({
  schema_version: z.literal(1),
  features: z.record(z.enum(FEATURE_NAMES), Binning),
  /** From the first visit to the last, in days. */
  days: z.number().min(0).optional(),
  design_effect: designEffect.optional(),
  /** Of the whole week. */
  bands: z
    .record(
      z.enum(HISTORY_BANDS),
      z.strictObject({
        rows: count,
        visitors: count,
        design_effect: designEffect,
        histograms: z.record(z.enum(HISTORY_FEATURES), z.array(count)),
      }),
    )
    .optional(),
  cells: z
    .array(
      z.strictObject({
        rows: count,
        /** Distinct visitors. */
        visitors: count,
        /** Rows by primary language, "" if not told; those that less than 0.1 % of all rows have are left out. */
        languages: z.record(z.string(), count).optional(),
        /** Counts per bin of each feature. */
        histograms: z.record(z.enum(FEATURE_NAMES), z.array(count)),
        /** Predicted class counts of each group, by this version. */
        predictions: z.record(z.enum(CLASS_GROUPS), z.array(count).length(3)),
      }),
    )
    .length(CELLS),
});
export type Reference = z.infer<typeof Reference>;

/** A figure of the hold-out with its 95 % interval, by bootstrap over sessions. */
const Estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
export type Estimate = z.infer<typeof Estimate>;

/** Mean and standard deviation (n - 1) of a figure over the folds of a cross-validation, each judged by a model that has not seen it. */
const OverFolds = z.object({ mean: z.number(), sd: z.number() });
export type OverFolds = z.infer<typeof OverFolds>;

/**
 * Figures of one class group on the hold-out, all on the same rows. Log-loss is in nats, session weights sum to 1. What is
 * optional here and below is not there in versions that were trained before it was measured.
 */
export const GroupMetrics = z.object({
  rows: count,
  sessions: count,
  accuracy: z.number(),
  log_loss: z.number(),
  rules_accuracy: z.number(),
  majority_accuracy: z.number(),
  /** The target takes more than one value in the training data. */
  varies: z.boolean(),
  /** `_above_`: this version minus the other, on the same rows and draws; null while the rules are in service. */
  estimates: z
    .object({
      accuracy: Estimate,
      log_loss: Estimate,
      /** Mean of F1 over the classes. */
      macro_f1: Estimate,
      /**
       * Expected calibration error over the bins of `reliability`. Biased upwards, and its interval more so: a perfect one is
       * about 0.03 on 200 sessions, 0.02 on 2000. Compare versions by log-loss.
       */
      ece: Estimate,
      accuracy_above_rules: Estimate,
      /** The class that most training rows have. */
      accuracy_above_majority: Estimate,
      accuracy_above_in_service: Estimate.nullable(),
      log_loss_above_in_service: Estimate.nullable(),
    })
    .optional(),
  /** Weight of the rows whose confidence is in (from, to], their mean confidence and their accuracy. */
  reliability: z
    .array(
      z.object({ from: z.number(), to: z.number(), weight: z.number(), confidence: z.number(), accuracy: z.number() }),
    )
    .optional(),
  /** Null for what is not trained, for incremental trainings, and where too few sessions make no folds. */
  cross_validation: z
    .object({ folds: count, accuracy: OverFolds, log_loss: OverFolds, macro_f1: OverFolds, ece: OverFolds })
    .nullable()
    .optional(),
});
export type GroupMetrics = z.infer<typeof GroupMetrics>;

/** Figures of one variable on the hold-out; errors in the variable's unit, the hue the short way round. */
export const VariableMetrics = z.object({
  rows: count,
  mae: z.number(),
  /** mae / (max - min). */
  normalised_mae: z.number(),
  rules_mae: z.number(),
  /** Of the best constant: the one with the least absolute error on the training rows. */
  median_mae: z.number().optional(),
  varies: z.boolean(),
  /** As for class groups. */
  estimates: z
    .object({
      mae: Estimate,
      mae_above_rules: Estimate,
      mae_above_median: Estimate,
      mae_above_in_service: Estimate.nullable(),
    })
    .optional(),
  cross_validation: z.object({ folds: count, mae: OverFolds, normalised_mae: OverFolds }).nullable().optional(),
});
export type VariableMetrics = z.infer<typeof VariableMetrics>;

/**
 * What the gate said of a candidate, and why. Only `better` opens a deployment; `awaiting_evidence` is an incremental child
 * whose hold-out is too small to judge it by.
 */
export const Gate = z.object({
  verdict: z.enum(["better", "not_better", "not_enough_data", "awaiting_evidence"]),
  reason: z.string(),
  against: ServedVersion,
  /** Mean accuracy over the varying groups, candidate minus the one in service, on the same hold-out rows. */
  accuracy_difference: z.number(),
});
export type Gate = z.infer<typeof Gate>;

/** What a version was made from. */
const Lineage = z.object({
  kind: z.enum(["full", "incremental"]),
  parent: VersionId.nullable(),
  job: z.string(),
  data: z.object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    rows: count,
    sessions: count,
    train_sessions: count,
    holdout_sessions: count,
    /** SHA-256 over the ids of the logs, sorted, one a line. */
    fingerprint: z.string(),
  }),
  /** Parameters of the training, as they were. */
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  target_policy: z.enum(["engagement", "observed"]),
  seed: z.number().int(),
  /** Version of this package. */
  code: z.string(),
});

/** `model_versions/{version}`: written last, so that a version that can be seen is whole. */
export const ModelVersion = z.object({
  schema_version: z.literal(1),
  version: VersionId,
  /** Server time. */
  created_at: z.iso.datetime(),
  /** Event time: the job's `as_of`. */
  trained_at: z.iso.datetime(),
  artefacts: z.record(z.string(), Artefact),
  features: z.array(z.string()),
  feature_schema: z.number().int(),
  /** Class groups whose target varies: the ones that exploration may change. */
  varying_groups: z.array(z.enum(CLASS_GROUPS)),
  lineage: Lineage,
  metrics: z.object({
    classes: z.record(z.enum(CLASS_GROUPS), GroupMetrics),
    variables: z.record(z.string(), VariableMetrics),
  }),
  gate: Gate,
});
export type ModelVersion = z.infer<typeof ModelVersion>;
