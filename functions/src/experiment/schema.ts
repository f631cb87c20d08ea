import { z } from "zod";
import { Correction, ExperimentedMetric, ExperimentMetric } from "../config.ts";
import { RoutedExperiment, ServedVersion } from "../serve/schema.ts";
import { Bytes, Reason } from "../shared/schema.ts";

/**
 * An experiment runs, and is decided at its horizon: out of the routing, its last analysis made, to be shipped or left. The
 * last three are final and absorb everything: shipped into a deployment, stopped by a person or another edit of the routing, or
 * invalid, since its arms are not what was dealt.
 */
const ExperimentPhase = z.enum(["running", "decided", "shipped", "stopped", "invalid"]);

const armName = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, "must be 1 to 32 letters, digits, _ or -");
const experimentId = RoutedExperiment.shape.id;

/** Who is answered by what in an experiment, and the share of all visitors that it is dealt, 0-1. */
export const ExperimentArm = z.strictObject({ name: armName, version: ServedVersion, share: z.number().gt(0).lt(1) });
export type ExperimentArm = z.infer<typeof ExperimentArm>;

/**
 * The first arm is the control; shares add up to 1 at most, and who is in none is stable. Without any, of two arms the second gets the
 * policy's share and the control the rest.
 */
const arms = z
  .array(ExperimentArm.extend({ share: ExperimentArm.shape.share.optional() }))
  .min(2)
  .max(8)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "arms have names of their own")
  .refine((all) => all.reduce((sum, { share = 0 }) => sum + share, 0) <= 1 + 1e-9, "shares add up to 1 at most");

const metrics = z
  .array(ExperimentedMetric)
  .min(1)
  .max(9)
  .refine((all) => new Set(all.map(({ metric }) => metric)).size === all.length, "a metric is named once")
  .refine((all) => all.some(({ primary }) => primary), "one metric at least is primary");

/** A stretch in which the split was the same: everything is counted by it, never over several. */
const ExperimentStep = z.object({
  /** Of the routing that began it; those up to the next step's are its own, too. */
  revision: z.number().int().min(0),
  /** Shares in the order of the experiment's arms. */
  shares: z.array(z.number().min(0).max(1)),
  /** Event time. */
  since: z.iso.datetime(),
});

/** A two-sided interval and its p-value; of visitors with an event there is only evidence of more, and no interval. */
const Tested = z.object({
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  p: z.number(),
  /** Corrected over all metrics and arms that are decided together; a guardrail's by Bonferroni, over all guardrails. */
  adjusted: z.number(),
});

/** One metric of one treatment against the control. Differences are treatment minus control, in the metric's own unit. */
export const ExperimentFigure = z.object({
  arm: z.string(),
  metric: ExperimentMetric,
  primary: z.boolean(),
  /** Class group of accuracy; null for the other metrics. */
  group: z.string().nullable(),
  /** Beyond doubt by whichever test speaks: that of all looks, or that of the horizon once it is there. */
  finding: z.enum(["better", "worse", "unsure", "insufficient_data"]),
  /** The test that found it. */
  found_by: z.enum(["sequential", "horizon"]).nullable(),
  /** What the figures are from: visits, ratings or visitors. */
  n: z.object({ control: z.number(), treatment: z.number() }),
  control: z.number().nullable(),
  treatment: z.number().nullable(),
  /** Without CUPED, where it was used. */
  difference: z.number().nullable(),
  /** What is tested: the difference, or with CUPED what is left of it. */
  effect: z.number().nullable(),
  standard_error: z.number().nullable(),
  /** Independent observations that the effect is worth, which intervals at all looks hang on. */
  worth: z.number().nullable().default(null),
  /** As a part of the control, 0.1 is a tenth more; interval at 1 - alpha for this one figure alone. */
  relative: z.object({ effect: z.number(), lower: z.number(), upper: z.number() }).nullable(),
  /** Holds at all looks at once. */
  sequential: Tested.nullable(),
  /** Welch's test, or the paired one for accuracy: null before the horizon, and after an extension. */
  horizon: Tested.nullable(),
  cuped: z.object({
    used: z.boolean(),
    /** Part of the variance that it takes away, 0-1; null where it was not to be had. */
    reduction: z.number().nullable(),
    reason: z.string(),
  }),
  /** One sentence with the figures. */
  reason: z.string(),
});
export type ExperimentFigure = z.infer<typeof ExperimentFigure>;

/** A part of the visitors, looked at without having been asked about beforehand: an idea for a next experiment, never a result. */
export const SegmentFigure = z.object({
  exploratory: z.literal(true),
  arm: z.string(),
  /** `device:mobile` and the like. */
  segment: z.string(),
  visits: z.object({ control: z.number(), treatment: z.number() }),
  /** Shares of engaged visits, and their difference. */
  control: z.number(),
  treatment: z.number(),
  difference: z.number(),
  /** Two-sided for one look, visits counted for as many as are independent; corrected over all segments and arms. */
  p: z.number(),
  adjusted: z.number(),
});
export type SegmentFigure = z.infer<typeof SegmentFigure>;

/** Whether what is seen can be believed, in words with its figures. */
const Trust = z.object({ ok: z.boolean(), reason: z.string() });

export const Recommendation = z.object({
  action: z.enum(["ship", "roll_back", "keep_running", "review", "invalid"]),
  /** The arm to ship, or that does harm. */
  arm: z.string().nullable(),
  /** The first one decided; the others stand beside it. */
  reasons: z.array(z.string()).min(1),
});
export type Recommendation = z.infer<typeof Recommendation>;

/** What an experiment has shown so far. */
export const ExperimentAnalysis = z.object({
  /** Event time. */
  at: z.iso.datetime(),
  /** The horizon is over and its visits are mature: the fixed-horizon test speaks. */
  at_horizon: z.boolean(),
  /** Distinct visitors with a mature visit, by arm, and their visits. */
  arms: z.array(z.object({ name: z.string(), visitors: z.number(), visits: z.number() })),
  figures: z.array(ExperimentFigure),
  /** Do visitors fall into the arms as they were dealt? Over all splits; p is that of the horizon's chi-square, null before it. */
  sample_ratio: Trust.extend({
    counts: z.array(z.number()),
    expected: z.array(z.number()),
    p: z.number().nullable(),
    /** Natural logarithm of the evidence of a mismatch, which holds at all looks. */
    log_evidence: z.number(),
  }),
  /** Visitors of a sample who were in more than one arm. */
  exposure: Trust.extend({ visitors: z.number(), multiple: z.number() }),
  segments: z.array(SegmentFigure),
  /** Until the least effect of every primary would be seen; null where nothing can be said yet. */
  power: z.object({
    visitors_needed: z.number().nullable(),
    visitors_left: z.number().nullable(),
    days_left: z.number().nullable(),
    reason: z.string(),
  }),
  recommendation: Recommendation,
});
export type ExperimentAnalysis = z.infer<typeof ExperimentAnalysis>;

/** One line of an experiment's log. Event time. */
const LogEntry = z.object({ at: z.iso.datetime(), action: z.string(), reason: z.string(), by: z.string() });

/** `experiments/{id}`: arms beside one another. */
export const Experiment = z.object({
  schema_version: z.literal(1),
  id: experimentId,
  /** What is believed, so that it can be refuted. */
  hypothesis: z.string(),
  requested_by: z.string(),
  reason: z.string(),
  phase: ExperimentPhase,
  arms: z.array(ExperimentArm),
  /** Of the assignment: its own. */
  salt: z.string(),
  metrics: z.array(ExperimentedMetric),
  correction: Correction,
  /** Event time. */
  started_at: z.iso.datetime(),
  /** The horizon, event time: visits up to it count. */
  ends_at: z.iso.datetime(),
  /** When the horizon was moved last: from then on the fixed-horizon test is silent, since somebody had looked. */
  extended_at: z.iso.datetime().nullable().default(null),
  /** The oldest first. */
  steps: z.array(ExperimentStep),
  /**
   * Earlier visits of those who were to fall into each arm, by arm name: `Outcomes.buckets`, from before the start. Null where
   * there are none.
   */
  earlier: z.record(z.string(), Bytes).nullable().default(null),
  /** What the latest evaluation has seen. */
  analysis: ExperimentAnalysis.nullable().default(null),
  log: z.array(LogEntry),
  /** Deployment that it was shipped into. */
  deployment: z.string().nullable().default(null),
  ended_at: z.iso.datetime().nullable().default(null),
});
export type Experiment = z.infer<typeof Experiment>;

/** What `startExperiment` asks for; the same id again is the same experiment. What is left out is the policy's. */
export const StartExperimentRequest = z.strictObject({
  id: experimentId,
  hypothesis: z.string().trim().min(1, "say what you expect").max(500),
  arms,
  hours: z.number().min(1).max(2160).optional(),
  metrics: metrics.optional(),
  correction: Correction.optional(),
  reason: Reason,
});
export type StartExperimentRequest = z.infer<typeof StartExperimentRequest>;

/** What `stopExperiment` asks for: an end, a later horizon, or an arm's version on its way to everyone. */
export const StopExperimentRequest = z.discriminatedUnion("action", [
  z.strictObject({ id: experimentId, action: z.literal("stop"), reason: Reason }),
  z.strictObject({ id: experimentId, action: z.literal("extend"), hours: z.number().min(1).max(2160), reason: Reason }),
  z.strictObject({ id: experimentId, action: z.literal("ship"), arm: armName, reason: Reason }),
]);
export type StopExperimentRequest = z.infer<typeof StopExperimentRequest>;
