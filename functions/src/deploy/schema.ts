import { z } from "zod";
import { ServedVersion, VersionId } from "../serve/schema.ts";

/** `checking` and `rolling` go on; the others are final and absorb everything. */
export const DeploymentPhase = z.enum(["checking", "rolling", "completed", "rolled_back", "aborted", "failed"]);
export type DeploymentPhase = z.infer<typeof DeploymentPhase>;
export const FINAL_PHASES: readonly DeploymentPhase[] = ["completed", "rolled_back", "aborted", "failed"];

/** One pre-deployment check with what it measured. */
export const Check = z.object({
  name: z.enum([
    "model_loading",
    "prediction_test",
    "performance_test",
    "api_compatibility",
    "data_schema_compatibility",
  ]),
  ok: z.boolean(),
  message: z.string(),
  figures: z.record(z.string(), z.number()),
});
export type Check = z.infer<typeof Check>;

export const Metric = z.enum([
  "engagement",
  "click_through",
  "satisfaction",
  "negative_feedback",
  "rendering",
  "latency",
  "errors",
  "missing_logs",
  "accuracy",
  "prediction_drift",
  "sample_ratio",
]);
export type Metric = z.infer<typeof Metric>;

/** What a look has seen of one metric. Differences are treatment minus control, in the metric's own unit. */
export const MetricFigure = z.object({
  metric: Metric,
  /** `all` strata of the deployment, or the present `stage` alone; a class group for accuracy and drift. */
  scope: z.string(),
  /** `harm` is beyond doubt at the guardrail's alpha, `passed` is good enough beyond doubt at pass_alpha, `unsure` neither. */
  finding: z.enum(["harm", "passed", "unsure", "insufficient_data"]),
  estimate: z.number().nullable(),
  /** One-sided always-valid bounds: `lower` and `upper` at the guardrail's alpha; null where there is none. */
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  /** What harm is measured against. */
  margin: z.number().nullable(),
  control: z.number().nullable(),
  treatment: z.number().nullable(),
  /** Independent visitors, or what else the figure is from. */
  n: z.number(),
  /** One sentence with the figures. */
  reason: z.string(),
  /** Would have decided something; does not. */
  dry_run: z.boolean(),
});
export type MetricFigure = z.infer<typeof MetricFigure>;

/**
 * What a look says of a deployment: failed (measured, bad) is not error (could not be measured) is not inconclusive (not enough
 * yet).
 */
export const Analysis = z.object({
  /** Event time. */
  at: z.iso.datetime(),
  verdict: z.enum(["pass", "fail", "inconclusive", "error"]),
  /** Of a `fail`: high rolls back at once; medium halves the traffic first, where there is enough of it. */
  severity: z.enum(["high", "medium"]).nullable(),
  reason: z.string(),
  visitors: z.object({ control: z.number(), treatment: z.number() }),
  figures: z.array(MetricFigure),
});
export type Analysis = z.infer<typeof Analysis>;

/** `deployments/{id}`: one version on its way to everyone. */
export const Deployment = z.object({
  schema_version: z.literal(1),
  /** `d.{version}`; a repeated one gets `.2`, `.3` ... */
  id: z.string(),
  version: VersionId,
  /** What was stable when it began: where control visitors are, and where a rollback leads. */
  previous: ServedVersion,
  requested_by: z.string(),
  reason: z.string(),
  phase: DeploymentPhase,
  /** Index into `stages`; -1 before the first. */
  stage: z.number().int().min(-1),
  /** Shares of traffic, from the policy at the start. */
  stages: z.array(z.number()),
  /** Event time of the first stage, from which `max_days` count; until then, of its opening. */
  started_at: z.iso.datetime(),
  /** Event time. */
  stage_since: z.iso.datetime(),
  /** Routing revision that opened the stage: only visits of it or a later one count. */
  stage_revision: z.number().int().min(0),
  salt: z.string(),
  checks: z.array(Check),
  /** Every step with its reason, event times; the last one's time is when it last moved. */
  log: z.array(z.object({ at: z.iso.datetime(), action: z.string(), reason: z.string(), by: z.string() })),
  ended_at: z.iso.datetime().nullable(),
});
export type Deployment = z.infer<typeof Deployment>;

const reason = z.string().trim().min(1, "say why").max(500);

/** What `deployVersion` asks for. */
export const DeployRequest = z.strictObject({ version: VersionId, reason });
export type DeployRequest = z.infer<typeof DeployRequest>;

/** What `rollback` asks for; without a target it returns to routing's `previous_good`. */
export const RollbackRequest = z.strictObject({ target: ServedVersion.optional(), reason });
export type RollbackRequest = z.infer<typeof RollbackRequest>;

/** What `listVersions` asks for: a page of versions, and what served at a time if one is named. */
export const ListRequest = z.strictObject({
  limit: z.number().int().min(1).max(100).default(20),
  /** Only versions that are older than this one. */
  before: VersionId.optional(),
  /** Server time, ISO 8601: which version served then? */
  at: z.iso.datetime({ offset: true }).optional(),
});
export type ListRequest = z.infer<typeof ListRequest>;
