import { z } from "zod";
import { ServedVersion } from "../serve/schema.ts";
import { Reason } from "../shared/schema.ts";

/** What `acknowledgeAlert` asks for: the alert is seen, or with `resolved` its matter is settled. */
export const AcknowledgeRequest = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[^/]+$/, "must be the id of an alert"),
  resolved: z.boolean().default(false),
  reason: Reason,
});
export type AcknowledgeRequest = z.infer<typeof AcknowledgeRequest>;

/** Something that is worse than it may be, with who is to blame for it. */
export const HealthFinding = z.object({
  metric: z.enum([
    "fallbacks",
    "latency",
    "errors",
    "missing_logs",
    "engagement",
    "satisfaction",
    "negative_feedback",
    "accuracy",
    "prediction_drift",
  ]),
  span: z.enum(["5m", "1h", "24h", "since"]),
  severity: z.enum(["high", "medium", "low"]),
  /** `site`: those who never meet a model fare alike; `unclear`: there are too few of them to tell. */
  whose: z.enum(["model", "site", "unclear"]),
  /** One sentence with the figures. */
  reason: z.string(),
});
export type HealthFinding = z.infer<typeof HealthFinding>;

/** Answers of a stretch of time, as instances have counted them. */
export const Served = z.object({
  predictions: z.number().int().min(0),
  fallbacks: z.number().int().min(0),
  stale: z.number().int().min(0),
  /** Milliseconds, from the middles of the histogram's bins; variance with n - 1. */
  latency: z.object({ n: z.number(), mean: z.number(), variance: z.number() }),
});
export type Served = z.infer<typeof Served>;

const Verdict = z.object({
  /** Event time. */
  at: z.iso.datetime(),
  version: ServedVersion,
  status: z.enum(["outage", "harm", "warning", "ok", "insufficient_data"]),
  action: z.enum(["none", "alert", "abort", "roll_back"]),
  reason: z.string(),
});

/** `health/live`: what the last look at the version in service has found. */
export const Health = z.object({
  schema_version: z.literal(1),
  ...Verdict.shape,
  outages: z.array(z.string()),
  findings: z.array(HealthFinding),
  /** Event time since which answers take too long; null while they do not. */
  slow_since: z.iso.datetime().nullable(),
  /** Event time since which answers are not the version's own; null while they are. */
  fallbacks_since: z.iso.datetime().nullable().default(null),
  /** What is looked at once an hour: that of which hour, of which version. */
  hourly: z.object({
    hour: z.string(),
    version: ServedVersion,
    findings: z.array(HealthFinding),
    /** Outages of ours that the logs show: they hide those findings for as long as these are kept. */
    outages: z.array(z.string()),
    /** Answers of the same hour in the four weeks before, of whoever was in service, and of the holdback. */
    before: z.object({ own: Served, holdback: Served }),
    /** Why the logs were not judged, or that they were. */
    says: z.string(),
  }),
  /** The last verdicts that differ from the one before, the newest last. */
  history: z.array(Verdict).max(50),
});
export type Health = z.infer<typeof Health>;
