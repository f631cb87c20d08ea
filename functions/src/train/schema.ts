import { z } from "zod";
import { CLASS_GROUPS, FEATURE_NAMES } from "../design/schema.ts";
import { BiasReport, Estimate } from "../registry/schema.ts";
import { ServedVersion, VersionId } from "../serve/schema.ts";
import { Reason } from "../shared/schema.ts";

const count = z.number().int().min(0);

/** Stages of a job, in order; the last four are final. */
export const JobStage = z.enum([
  "queued",
  "collecting",
  "validating",
  "training",
  "evaluating",
  "registering",
  "succeeded",
  "skipped",
  "aborted",
  "failed",
]);
export type JobStage = z.infer<typeof JobStage>;
export const FINAL_STAGES: readonly JobStage[] = ["succeeded", "skipped", "aborted", "failed"];

/** Wishes that one job keeps a note of at most, the latest. */
export const MAX_FOLDED = 50;

/** A training of everything, one that goes on from the version in service, or a report that trains only to compare. */
const JobKind = z.enum(["full", "incremental", "review"]);

/** What was collected, kept in Storage, so that every retry trains on the same rows. */
export const Dataset = z.object({
  path: z.string(),
  sha256: z.string(),
  rows: count,
  sessions: count,
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  fingerprint: z.string(),
});
export type Dataset = z.infer<typeof Dataset>;

/** `retraining_jobs/{id}`: the whole state machine of one training. */
export const RetrainingJob = z.object({
  schema_version: z.literal(1),
  /** `{trigger}.{version in service}.{decision hour}`, `{kind}.{period}` or `admin.{uuid}`. */
  id: z.string().min(1).max(200),
  kind: JobKind,
  requested_by: z.string(),
  reason: z.string(),
  /** The decision that fired it, if one did. */
  evaluation: z.string().nullable(),
  /** Event time: the training's "now". */
  as_of: z.iso.datetime(),
  in_service: ServedVersion,
  created_at: z.iso.datetime(),
  stage: JobStage,
  stage_since: z.iso.datetime(),
  /** Takeovers so far; a job that dies too often fails. */
  attempts: count,
  /** Null while nobody works on it. `fence` rises with every takeover: a stale worker's writes are refused. */
  lease: z.object({ holder: z.string(), expires_at: z.iso.datetime() }).nullable(),
  fence: count,
  enqueued_at: z.iso.datetime().nullable(),
  /** The job that must be over before this one begins; documents of before, and those that wait for none, have none. */
  waits_for: z.string().nullable().optional(),
  /** Wishes for a training that came while this one was open, and that it answers: `by` is the id of the job they would have been. */
  folded: z
    .array(z.object({ by: z.string(), reason: z.string(), at: z.iso.datetime() }))
    .max(MAX_FOLDED)
    .optional(),
  progress: z.object({ done: count, total: count, message: z.string() }),
  /**
   * Every stage that it has been in, in order, the present one last with `ended_at` null: what was done of it (logs kept, logs
   * valid, units trained) of how much. Final stages have no entry. Documents of before have none, or begin in the middle.
   */
  timeline: z
    .array(
      z.object({
        stage: JobStage,
        since: z.iso.datetime(),
        ended_at: z.iso.datetime().nullable(),
        done: count,
        total: count,
      }),
    )
    .max(JobStage.options.length)
    .optional(),
  dataset: Dataset.nullable(),
  validation: z
    .object({
      verdict: z.enum(["proceed", "caution", "abort"]),
      checked: count,
      valid: count,
      /** Invalid logs by rule. */
      invalid: z.record(z.string(), count),
      reason: z.string(),
      /** Every feature beside the reference of the version in service; not there before it was compared. */
      features: z
        .array(
          z.object({
            feature: z.enum(FEATURE_NAMES),
            visitors: count,
            /** Population stability index; null where it was not measured. */
            score: z.number().nullable(),
            /** What chance alone reaches. */
            noise: z.number().nullable(),
            /** More than noise. */
            counts: z.boolean(),
            reason: z.string(),
            /** Shares of the rows, 0-1. */
            missing: z.number(),
            outliers: z.number(),
          }),
        )
        .optional(),
    })
    .nullable(),
  /** Finished units of work: name -> SHA-256 of its object in Storage (`retraining_jobs/{id}/{name}.{first 12 digits}`). */
  units: z.record(z.string(), z.string()),
  /** Chosen before the first upload, so that a retry publishes the same version and not a second one. */
  version: VersionId.nullable(),
  result: z.string().nullable(),
  ended_at: z.iso.datetime().nullable(),
});
export type RetrainingJob = z.infer<typeof RetrainingJob>;

/** What `retrain` asks for. */
export const RetrainRequest = z.strictObject({
  kind: JobKind,
  reason: Reason,
  /** Answered with a forecast; opens nothing. */
  dry_run: z.boolean().default(false),
});
export type RetrainRequest = z.infer<typeof RetrainRequest>;

/** What `cancelRetraining` asks for. */
export const CancelRequest = z.strictObject({
  job: z.string().min(1).max(200),
  reason: Reason,
});
export type CancelRequest = z.infer<typeof CancelRequest>;

/** What a task of runRetraining carries. */
export const RetrainTask = z.strictObject({ job: z.string().min(1).max(200) });
export type RetrainTask = z.infer<typeof RetrainTask>;

/** What `compareVersions` asks for: two versions on the visits with from <= event_at < to, those of the last seven days unless told. */
export const CompareRequest = z
  .strictObject({
    a: ServedVersion,
    b: ServedVersion,
    from: z.iso.datetime({ offset: true }).optional(),
    to: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ a, b }) => a !== b, { path: ["b"], message: "must be another version than a" });
export type CompareRequest = z.infer<typeof CompareRequest>;

/** `reviews/{id}`: what a quarterly review found, for people. It changes nothing by itself. */
export const Review = z.object({
  schema_version: z.literal(1),
  /** The job's. */
  id: z.string(),
  /** Event time. */
  as_of: z.iso.datetime(),
  in_service: ServedVersion,
  data: z.object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    rows: count,
    sessions: count,
    holdout_sessions: count,
  }),
  /** Shares of the gain of the last versions, the newest first. */
  importance: z.array(
    z.object({
      version: VersionId,
      trained_at: z.iso.datetime(),
      gain: z.partialRecord(z.enum(FEATURE_NAMES), z.number()),
    }),
  ),
  /**
   * What the hold-out's log-loss (nats, summed over the varying groups) rises by when a feature is left out of the training, the
   * cheapest first.
   */
  features: z.array(
    z.object({ feature: z.enum(FEATURE_NAMES), cost: Estimate, verdict: z.enum(["needed", "could_go", "unsure"]) }),
  ),
  /** Of the version in service, or of the rules. */
  segments: BiasReport,
  /** The same visits by either policy. */
  policies: z.array(
    z.object({
      policy: z.enum(["engagement", "observed"]),
      rows: count,
      sessions: count,
      /** Of what is in service, where the policy says what was right, 0-1. */
      accuracy: z.partialRecord(z.enum(CLASS_GROUPS), z.number()),
      /** Of the rows that both policies say something of, share with the same class. */
      agreement: z.partialRecord(z.enum(CLASS_GROUPS), z.number()),
    }),
  ),
  proposals: z.array(z.string()),
  /** All of it to read, Markdown. */
  report: z.string(),
});
export type Review = z.infer<typeof Review>;
