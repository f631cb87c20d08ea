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
export const Estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
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

/** A rule of the gate, and whether the candidate keeps it. */
const GateFinding = z.object({
  rule: z.enum(["log_loss", "accuracy", "baselines", "better_somewhere", "segments", "off_policy"]),
  ok: z.boolean(),
  message: z.string(),
});
export type GateFinding = z.infer<typeof GateFinding>;

/**
 * What the gate said of a candidate, and why. Only `better` opens a deployment; `worse` is one that would do harm beyond doubt;
 * `awaiting_evidence` is an incremental child whose hold-out is too small to judge it by. Differences are this version minus
 * the other, on the same rows and draws of sessions; what is optional is not there in versions of an earlier gate.
 */
export const Gate = z.object({
  verdict: z.enum(["better", "not_better", "worse", "not_enough_data", "awaiting_evidence"]),
  reason: z.string(),
  against: ServedVersion,
  /** Mean accuracy over the varying groups, candidate minus the one in service, on the same hold-out rows. */
  accuracy_difference: z.number(),
  /** Sessions that it was judged on. */
  sessions: count.optional(),
  /** Fall of the log-loss, summed over the judged groups, nats. */
  log_loss_improvement: Estimate.optional(),
  groups: z
    .array(
      z.object({
        group: z.enum(CLASS_GROUPS),
        accuracy_above_in_service: Estimate,
        accuracy_above_rules: Estimate,
        accuracy_above_majority: Estimate,
      }),
    )
    .optional(),
  /** Every segment and group with enough sessions, and those that were too few to say anything. */
  segments: z
    .array(
      z.object({
        segment: z.string(),
        group: z.enum(CLASS_GROUPS),
        sessions: count,
        /** Accuracy, candidate minus in service; null with too few sessions to be judged. */
        difference: z.number().nullable(),
        /** Of the hypothesis that no more than the margin is lost, one-sided, after Holm. */
        adjusted_p: z.number().nullable(),
      }),
    )
    .optional(),
  /** Doubly robust estimate of the rate of engagement, candidate minus in service; it may veto, never promote. */
  off_policy: z
    .object({
      verdict: z.enum(["harm", "no_harm_seen", "not_enough_data"]),
      difference: Estimate.nullable(),
      /** Visits on which the two differ, and those of them that were served what the candidate would have. */
      differing: count,
      matched: count,
    })
    .nullable()
    .optional(),
  findings: z.array(GateFinding).optional(),
  /** When a child that awaited evidence was judged, event time, and on what. */
  judged: z.object({ at: z.iso.datetime(), from: z.iso.datetime(), to: z.iso.datetime() }).optional(),
});
export type Gate = z.infer<typeof Gate>;

/** How a version treats segments of the hold-out's visitors, and the hold-out's days. */
export const BiasReport = z.object({
  segments: z.array(
    z.object({
      /** In words: `device mobile`. */
      segment: z.string(),
      rows: count,
      sessions: count,
      /** Of the groups that were judged. */
      accuracy: z.partialRecord(z.enum(CLASS_GROUPS), z.number()),
      /** Mean over the varying variables of error / range; null where none varies. */
      normalised_mae: z.number().nullable(),
      engaged_rate: z.number(),
      /** Mean of 1-5, and of how many; null where nobody said anything. */
      satisfaction: z.object({ mean: z.number(), n: count }).nullable(),
      negative_rate: z.object({ rate: z.number(), n: count }).nullable(),
      rendering_ms: z.number(),
      /** Shares of the classes that were served, in the order of the group's classes. */
      served: z.record(z.enum(CLASS_GROUPS), z.array(z.number())),
      /** The same of what this version answers. */
      answered: z.record(z.enum(CLASS_GROUPS), z.array(z.number())),
    }),
  ),
  /** Days of the hold-out, UTC. */
  days: z.array(
    z.object({
      day: z.iso.date(),
      sessions: count,
      accuracy: z.partialRecord(z.enum(CLASS_GROUPS), z.number()),
      engaged_rate: z.number(),
    }),
  ),
  /** The segment of 100 sessions or more whose accuracy is furthest below everybody else's; null where there is none. */
  worst_gap: z.object({ segment: z.string(), group: z.enum(CLASS_GROUPS), sessions: count, gap: Estimate }).nullable(),
});
export type BiasReport = z.infer<typeof BiasReport>;

const shareOfFeatures = z.partialRecord(z.enum(FEATURE_NAMES), z.number());

/** What a version looks at. */
export const Importance = z.object({
  /** Shares of the loss reduction, and of the rows, of the splits on each feature: means over the version's models. */
  gain: shareOfFeatures,
  cover: shareOfFeatures,
  /** What the hold-out loses when a feature's values are shuffled among its rows. */
  permutation: z.partialRecord(
    z.enum(FEATURE_NAMES),
    z.object({ accuracy: z.number(), log_loss: z.number(), normalised_mae: z.number() }),
  ),
  /** Against the version in service; null where that is the rules. */
  change: z
    .object({
      from: VersionId,
      /** Spearman's, of the shares of gain; null where one of them does not vary. */
      rank_correlation: z.number().nullable(),
      appeared: z.array(z.enum(FEATURE_NAMES)),
      vanished: z.array(z.enum(FEATURE_NAMES)),
    })
    .nullable(),
});
export type Importance = z.infer<typeof Importance>;

/**
 * What a version was trained to answer: the classes of each group in the order of their indices, and each variable's unit and
 * bounds, inclusive. Names are open, so that a version of another release can still be read, and told what does not fit.
 */
export const Outputs = z.object({
  classes: z.record(z.string(), z.array(z.string())),
  variables: z.record(z.string(), z.object({ unit: z.string(), min: z.number(), max: z.number() })),
});
export type Outputs = z.infer<typeof Outputs>;

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
    /** Whom the visits are of; what follows is not there in versions that were trained before it was kept. */
    subjects: count.optional(),
    /** Server time of the collection: visits that were mature then. */
    collected_at: z.iso.datetime().optional(),
    /** The day on which the first visit of the data expires: from then on the version cannot be reproduced. */
    reproducible_until: z.iso.date().optional(),
  }),
  /** Limits by which the data were validated. */
  validation: z.record(z.string(), z.number()).optional(),
  /** Parameters of the training, as they were. */
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
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
  /** Not there in versions that were trained before it was kept. */
  outputs: Outputs.optional(),
  lineage: Lineage,
  metrics: z.object({
    classes: z.record(z.enum(CLASS_GROUPS), GroupMetrics),
    variables: z.record(z.string(), VariableMetrics),
  }),
  gate: Gate,
  /** Not there in versions that were trained before it was measured. */
  bias: BiasReport.optional(),
  importance: Importance.optional(),
  /** A file of it is damaged: nobody is answered by it any more. Server time. */
  quarantined: z.object({ at: z.iso.datetime(), file: z.string(), reason: z.string() }).optional(),
  /** Its files were deleted; what it was stays on record. Server time. */
  removed: z.object({ at: z.iso.datetime(), why: z.string() }).optional(),
});
export type ModelVersion = z.infer<typeof ModelVersion>;
