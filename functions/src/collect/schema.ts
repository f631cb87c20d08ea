import { z } from "zod";
import { CLASSES, History, Preferences, StoredFeatures, UserContext, VARIABLES } from "../design/schema.ts";
import { Arm, ServedVersion } from "../serve/schema.ts";
import { Bytes } from "../shared/schema.ts";

const rate = z.number().min(0).max(1);
const ms = z.number().min(0).max(604_800_000);
const smallMap = z
  .record(
    // Firestore refuses empty keys and reserves those in double underscores.
    z.string().regex(/^(?!__)[^\p{C}]{1,64}$/u, "must be 1 to 64 visible characters, not beginning with __"),
    z.union([z.string().max(200), z.number(), z.boolean(), z.null()]),
  )
  .refine((map) => Object.keys(map).length <= 30, "at most 30 entries");

/** Consent as the page recorded it. Without `granted: true` nothing is stored. */
export const Consent = z.object({
  granted: z.boolean(),
  at: z.iso.datetime({ offset: true }),
  policy: z.string().max(64).optional(),
});
export type Consent = z.infer<typeof Consent>;

/** What a visitor said about the design. The text is kept, never interpreted. */
const Feedback = z.object({
  verdict: z.enum(["like", "dislike"]),
  preferred: Preferences.optional(),
  text: z.string().max(1000).optional(),
});

/** One log as a page sends it. Unknown fields are dropped. */
export const LogBody = z.object({
  schema_version: z.literal(1),
  prediction_id: z.string().min(1).max(64),
  receipt: z.string().min(1).max(2048),
  model_version: ServedVersion,
  /** A page that comes back sends its log again with a higher one. */
  seq: z.number().int().min(0).max(1_000_000),
  consent: Consent,
  user_context: UserContext,
  history: History.optional(),
  preferences: Preferences.optional(),
  timestamp: z.iso.datetime({ offset: true }),
  ended_at: z.iso.datetime({ offset: true }),
  session_id: z.string().min(1).max(128),
  user_id: z.string().min(1).max(128).optional(),
  predicted_css_classes: z.tuple([z.enum(CLASSES.density), z.enum(CLASSES.font), z.enum(CLASSES.theme)]),
  predicted_css_variables: z
    .record(z.string().max(64), z.string().max(64))
    .refine((map) => Object.keys(map).every((key) => CSS_NAMES.has(key)), "must hold only the eight CSS variables"),
  prediction_confidence: z.object({ density: rate, font: rate, theme: rate }),
  /** What the page really applied. */
  served: z.enum(["fresh", "cached", "default"]),
  predict_outcome: z.enum(["ok", "timeout", "error"]),
  session_duration: ms,
  interactions_count: z.number().int().min(0).max(10_000_000),
  bounce_rate: rate,
  scroll_depth: rate,
  click_through_rate: rate,
  page_load_time: ms,
  rendering_time: ms,
  user_satisfaction: z.number().int().min(1).max(5).optional(),
  ui_preference_feedback: Feedback.optional(),
  actual_device_info: smallMap.optional(),
  network_conditions: smallMap.optional(),
});
export type LogBody = z.infer<typeof LogBody>;

const CSS_NAMES = new Set<string>(Object.values(VARIABLES).map((variable) => variable.css));

/** The user context as it is stored: paths and referers shortened, the user agent parsed; nothing else is kept. */
export const StoredContext = UserContext.omit({ user_agent: true }).extend({
  user_agent: z.object({ family: z.string().max(64), version: z.string().max(32) }),
});
export type StoredContext = z.infer<typeof StoredContext>;

/** `interaction_logs/{prediction_id}`: the truth that everything else is folded from. */
export const InteractionLog = LogBody.omit({ user_context: true, user_id: true, receipt: true }).extend({
  /** From the receipt; of an imported log `imp_` and the SHA-256 of its row, in hex. */
  prediction_id: z.string().min(1).max(68),
  user_context: StoredContext,
  /** Pseudonym of the visitor, from the receipt; sample sizes count these. */
  unit: z.string(),
  /** Pseudonym of user_id if told, else `unit`. */
  subject: z.string(),
  issued_at: z.iso.datetime(),
  event_at: z.iso.datetime(),
  assigned_version: ServedVersion,
  routing_revision: z.number().int().min(0),
  arm: Arm,
  propensity: z.number().gt(0).max(1),
  features: StoredFeatures,
  /** SHA-256 of the log as sent: tells a repetition from a conflict. */
  body_hash: z.string(),
  received_at: z.iso.datetime(),
  /** Server time from which the log is mature and may be folded. */
  fold_after: z.iso.datetime(),
  shard: z.number().int().min(0),
  /** An imported log feeds trainings, and is counted nowhere. */
  source: z.enum(["live", "import"]),
  // expire_at is a Firestore Timestamp (TTL policies ask for one) and is added by the store.
});
export type InteractionLog = z.infer<typeof InteractionLog>;

/** Why a log, or a field of it, was not taken. Codes are counted, so they are few and stable. */
export const IssueCode = z.enum([
  "unparsable",
  "too_large",
  "no_consent",
  "receipt_missing",
  "receipt_forged",
  "receipt_expired",
  "receipt_mismatch",
  "conflict",
  "missing_field",
  "wrong_type",
  "out_of_range",
  "invalid_value",
]);
export type IssueCode = z.infer<typeof IssueCode>;

/** One fault of one log: where (dotted path, empty for the whole log), which rule, in words. */
export const Issue = z.object({ code: IssueCode, path: z.string(), message: z.string() });
export type Issue = z.infer<typeof Issue>;

/** `quarantined_logs/{id}`: allow-listed fields of a log with consent and a good receipt that broke a rule. */
export const QuarantinedLog = z.object({
  schema_version: z.literal(1),
  prediction_id: z.string(),
  unit: z.string(),
  subject: z.string(),
  received_at: z.iso.datetime(),
  event_at: z.iso.datetime(),
  issues: z.array(Issue),
  /** Allow-listed top-level fields as sent, strings cut at 200 characters. */
  fields: z.record(z.string(), z.unknown()),
});
export type QuarantinedLog = z.infer<typeof QuarantinedLog>;

/** `ingest_windows/{5m start}.{instance}`: one instance's counters by server time, set to its totals so far. */
export const IngestWindow = z.object({
  schema_version: z.literal(1),
  start: z.iso.datetime(),
  accepted: z.number().int().min(0),
  amended: z.number().int().min(0),
  duplicates: z.number().int().min(0),
  late_amendment: z.number().int().min(0),
  quarantined: z.number().int().min(0),
  rejected: z.number().int().min(0),
  /** Predictions that a page reports without any answer, by outcome: counted, never stored. */
  unanswered: z.record(z.string(), z.number().int().min(0)),
  /** Issues by code; a log with two counts twice. */
  issues: z.partialRecord(IssueCode, z.number().int().min(0)),
  /** The same by field (allow-listed names, at most two deep), so that a broken page is found. */
  fields: z.record(z.string(), z.number().int().min(0)),
});
export type IngestWindow = z.infer<typeof IngestWindow>;

/**
 * A count of distinct things that merges: exact below 256 (sorted 64-bit hashes, base64 of 8 bytes each), else
 * HyperLogLog with 2^12 one-byte registers (base64 of 4096 bytes; standard error 1.04 / sqrt(4096) = 1.6 %).
 */
export const Sketch = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("exact"), hashes: z.string() }),
  z.object({ kind: z.literal("registers"), registers: z.string() }),
]);
export type Sketch = z.infer<typeof Sketch>;

export const GRANULARITIES = { "5m": 300_000, "1h": 3_600_000, "1d": 86_400_000 } as const;
export const Granularity = z.enum(["5m", "1h", "1d"]);
export type Granularity = z.infer<typeof Granularity>;

const count = z.number().int().min(0);

const counts = z.record(z.string(), count);

/** How visits went, all of them sums of whole numbers (outcomes.ts). */
export const Outcomes = z.object({
  /** `visits`, `engaged`, `errors`, `satisfaction` of `satisfaction_count`, `negative` of `feedback`; rates in millionths, times in microseconds. */
  sums: counts,
  /** Visits by bin of the time in milliseconds. */
  rendering: counts,
  page_load: counts,
  /** Visits by class that the page applied. */
  classes: counts,
  /** Visits by segment, `device:mobile`, and those of them that were engaged. */
  segments: counts,
  engaged: counts,
  /** The first of the sums for each of 128 buckets of visitors that has visits: its number, and little-endian float64. */
  buckets: Bytes,
});
export type Outcomes = z.infer<typeof Outcomes>;

/** `windows/{assigned version}.{arm}.{5m,1h,1d}.{start}.{shard}`: mature logs of one stretch of event time. */
export const Window = z.object({
  schema_version: z.literal(1),
  version: ServedVersion,
  arm: Arm,
  granularity: Granularity,
  start: z.iso.datetime(),
  shard: count,
  visits: count,
  engaged: count,
  /** Logs with predict_outcome timeout or error. */
  errors: count,
  sessions: Sketch,
  units: Sketch,
  /** The same by routing revision: a deployment's stage counts only visits of its own revision or a later one. */
  by_revision: z.record(
    z.string(),
    z.object({
      visits: count,
      units: Sketch,
      /** Only in windows of an hour of arms that are analysed: control, treatment and those of experiments. */
      analysed: z
        .object({
          /** As `Outcomes.buckets`. */
          buckets: Bytes,
          /** Visitors with an error (no ok outcome, or not answered by their assigned version), and with negative feedback. */
          erred: Sketch,
          negative: Sketch,
          /** The visitors with the least hashes, a uniform sample (draws.ts, UNITS): they tell a sample ratio. */
          sample: Bytes,
        })
        .optional(),
    }),
  ),
  /** Not there in windows that were begun by an earlier release; they stay without. */
  outcomes: Outcomes.optional(),
});
export type Window = z.infer<typeof Window>;

/**
 * `traffic/{1h,1d}.{start}.{shard}`: the site's mature visits of an hour or a day of event time, all versions and arms
 * together: what drift, patterns and seasons are judged by.
 */
export const Traffic = z.discriminatedUnion("granularity", [
  z.object({
    schema_version: z.literal(1),
    granularity: z.literal("1h"),
    start: z.iso.datetime(),
    shard: count,
    visits: count,
    /** A uniform sample of visitors, each with one visit (draws.ts, drawn-visit.ts). */
    visitors: Bytes,
    /** The same of those who gave feedback. */
    feedback: Bytes,
  }),
  z.object({
    schema_version: z.literal(1),
    granularity: z.literal("1d"),
    start: z.iso.datetime(),
    shard: count,
    visits: count,
    /** Visits of each hour, UTC. */
    hours: z.array(count).length(24),
    feedback: Bytes,
  }),
]);
export type Traffic = z.infer<typeof Traffic>;

/** `pipeline/fold-{shard}`: how far the fold has come, and who folds now. */
export const FoldState = z.object({
  schema_version: z.literal(1),
  watermark: z.object({ fold_after: z.string(), id: z.string() }),
  /** Logs folded since the beginning. */
  folded: count,
  /**
   * Logs folded by hour of their fold_after (`2026-09-28T05Z`), of hours that are not reconciled yet: the newest 200. Not there
   * before the first fold of a release that reconciles.
   */
  unreconciled: z.record(z.string(), count).optional(),
  /** Everything before this hour of fold_after is reconciled. */
  reconciled_until: z.iso.datetime().optional(),
  /** Largest event time folded, imported logs left out; null before the first. */
  last_event_at: z.iso.datetime().nullable(),
  /** Server time of the last step. */
  folded_at: z.iso.datetime().nullable(),
  lease: z.object({ holder: z.string(), expires_at: z.iso.datetime() }).nullable(),
});
export type FoldState = z.infer<typeof FoldState>;
