import { z } from "zod";
import { ServedVersion, VersionId } from "../serve/schema.ts";
import { Reason } from "../shared/schema.ts";

/**
 * A deployment is checked, judged in the shadow (nobody is answered by it), given a rising share of the traffic and baked at all
 * of it; the last five are final and absorb everything. Failed is measured and bad before anybody was answered, rolled back is
 * measured and bad after that, inconclusive is not enough data, aborted is what a person or another change of routing decided.
 */
export const DeploymentPhase = z.enum([
  "checking",
  "shadow",
  "rolling",
  "baking",
  "completed",
  "rolled_back",
  "failed",
  "inconclusive",
  "aborted",
]);
export type DeploymentPhase = z.infer<typeof DeploymentPhase>;
export const FINAL_PHASES: readonly DeploymentPhase[] = [
  "completed",
  "rolled_back",
  "failed",
  "inconclusive",
  "aborted",
];

/** One pre-deployment check with what it measured. */
export const Check = z.object({
  name: z.enum([
    "model_loading",
    "prediction_test",
    "performance_test",
    "api_compatibility",
    "data_schema_compatibility",
    "parity",
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

/** What a deployment was expected to need at the traffic of the week before it, and whether it can be decided at all. */
export const Forecast = z.object({
  /** Of the site, on average. */
  visitors_per_hour: z.number(),
  visits_per_hour: z.number(),
  /** Base rates that it was computed from, by metric. */
  rates: z.record(z.string(), z.number()),
  /** For each harm: how large, treatment visitors needed to see it in four cases of five, and hours at the first stage. */
  harms: z.array(z.object({ metric: Metric, size: z.number(), visitors: z.number(), hours: z.number() })),
  /** Null where it would take longer than the deployment may. */
  hours_to_promote: z.number().nullable(),
  hours_to_roll_back: z.number().nullable(),
  says: z.string(),
});
export type Forecast = z.infer<typeof Forecast>;

/** A stretch of a deployment in which the split was the same: everything is counted by it, never over several. */
export const Step = z.object({
  /** Of the routing that began it; those up to the next step's are its own, too. */
  revision: z.number().int().min(0),
  /** Index into `stages`; -1 in the shadow. */
  stage: z.number().int().min(-1),
  /** Of the candidate: that of the stage, half of it after a halving, 0 in the shadow. */
  share: z.number().min(0).max(1),
  /** Event time. */
  since: z.iso.datetime(),
});
export type Step = z.infer<typeof Step>;

/** One line of a deployment's log, with what was seen if that decided it. Event time. */
const LogEntry = z.object({
  at: z.iso.datetime(),
  action: z.string(),
  reason: z.string(),
  by: z.string(),
  analysis: Analysis.optional(),
});

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
  /** Event time at which the shadow began, from which `max_days` count; until then, of its opening. */
  started_at: z.iso.datetime(),
  /** Event time. */
  stage_since: z.iso.datetime(),
  /** Event time from which patience counts: the stage's beginning, an extension, or the end of a pause. */
  patient_since: z.iso.datetime().optional(),
  /** The stage has been given its second term. */
  extended: z.boolean().default(false),
  /** Routing revision that opened the stage: only visits of it or a later one count. */
  stage_revision: z.number().int().min(0),
  salt: z.string(),
  /** Not there in deployments of a release without a shadow. */
  steps: z.array(Step).default([]),
  /** When a guardrail of medium severity halved the share, which happens once, and when it was restored. Event times. */
  halved: z.object({ at: z.iso.datetime(), restored_at: z.iso.datetime().nullable() }).nullable().default(null),
  /** While it is paused nothing is raised, and guardrails go on. */
  paused: z.object({ at: z.iso.datetime(), by: z.string(), reason: z.string() }).nullable().default(null),
  /** The stage that an admin wants left without further patience, which also approves the next one; null for none. */
  promoted: z
    .object({ stage: z.number().int().min(-1), by: z.string(), reason: z.string() })
    .nullable()
    .default(null),
  checks: z.array(Check),
  /** What was expected of it when it began. */
  forecast: Forecast.nullable().default(null),
  /** What the latest look has seen. */
  analysis: Analysis.nullable().default(null),
  /** Every step with its reason, event times; the last one's time is when it last moved. */
  log: z.array(LogEntry),
  ended_at: z.iso.datetime().nullable(),
});
export type Deployment = z.infer<typeof Deployment>;

/** What `deployVersion` asks for. */
export const DeployRequest = z.strictObject({ version: VersionId, reason: Reason });
export type DeployRequest = z.infer<typeof DeployRequest>;

/** What `pauseDeployment`, `resumeDeployment` and `abortDeployment` ask for. */
export const AdminRequest = z.strictObject({ id: z.string().min(1).max(128), reason: Reason });
export type AdminRequest = z.infer<typeof AdminRequest>;

/** What `promoteDeployment` asks for: the stage to leave is named, so that asking twice does not leave two. */
export const PromoteRequest = AdminRequest.extend({
  /** Index into `stages`; -1 in the shadow. */
  stage: z.number("must be the stage to leave, -1 for the shadow").int().min(-1),
});
export type PromoteRequest = z.infer<typeof PromoteRequest>;

/** What `rollback` asks for; without a target it returns from a candidate to stable, else to routing's `previous_good`. */
export const RollbackRequest = z.strictObject({ target: ServedVersion.optional(), reason: Reason });
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
