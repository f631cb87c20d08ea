import { z } from "zod";
import { TriggerName } from "../evaluate/schema.ts";
import { Arm, ServedVersion } from "../serve/schema.ts";

const count = z.number().int().min(0);
const counts = z.record(z.string(), count);
const rate = z.number().nullable();
const times = z.object({ mean: z.number(), p50: z.number(), p95: z.number(), p99: z.number() }).nullable();

/** How a version fared in an arm over a day or a month: counts that add up, and what they come to, null without any. */
export const ArmHistory = z.object({
  version: ServedVersion,
  arm: Arm,
  /** Distinct visitors of each day (1.6 % standard error from 256 on), added up over the days: of a day, its visitors. */
  visitor_days: count,
  /** The sums of `Outcomes` (collect), and `predictions`, `fallbacks`, `stale` and `without_log`. */
  counts,
  /** Visits by bin of the rendering and load times (`timeBin`), and answers by bin of LATENCY_BOUNDS_MS. */
  rendering: counts,
  page_load: counts,
  latency: counts,
  classes: counts,
  figures: z.object({
    engagement: rate,
    /** 1 to 5. */
    satisfaction: rate,
    negative_feedback: rate,
    click_through: rate,
    bounce: rate,
    errors: rate,
    fallbacks: rate,
    /** Of the answers. */
    without_log: rate,
    /** Share of the visits that each class was applied in. */
    classes: z.record(z.string(), z.number()),
    rendering_ms: times,
    page_load_ms: times,
    /** To the upper bound of a bin; the mean from the middles of bins, of the open one from its lower bound. */
    latency_ms: times,
  }),
});
export type ArmHistory = z.infer<typeof ArmHistory>;

/** `history/day.{YYYY-MM-DD}`: a day of event time, UTC. The same inputs give the same document. */
export const HistoryDay = z.object({
  schema_version: z.literal(1),
  day: z.iso.date(),
  /** No log of it can come any more, and all that came were folded: it is not counted again. */
  settled: z.boolean(),
  /** Mature visits of the site, whoever answered them. */
  visits: count,
  served: z.array(ArmHistory),
  /** Stable versions, in the order in which decisions of the day name them. */
  in_service: z.array(ServedVersion),
  /** Of the worst class group by the day's last decision that measured it, 0-1. */
  accuracy: z.object({ version: ServedVersion, value: z.number(), visitors: count, at: z.iso.datetime() }).nullable(),
  /** Triggers that fired, and the job that came of it. */
  fired: z.array(z.object({ at: z.iso.datetime(), trigger: TriggerName, job: z.string().nullable() })),
  /** What was decided of deployments, holds left out; their documents tell the rest. */
  deployments: z.array(z.object({ id: z.string(), at: z.iso.datetime(), action: z.string(), reason: z.string() })),
  /** By the day that a training is as of; how it ended, or how far it has come. */
  trainings: z.array(z.object({ id: z.string(), kind: z.string(), stage: z.string(), version: z.string().nullable() })),
  /** Alerts by severity and kind, `high fold_missed`, by server time. */
  alerts: counts,
});
export type HistoryDay = z.infer<typeof HistoryDay>;

/** `history/month.{YYYY-MM}`: the sum of its days so far. */
export const HistoryMonth = z.object({
  schema_version: z.literal(1),
  month: z.string(),
  /** Days that are in it. */
  days: count,
  settled: z.boolean(),
  visits: count,
  served: z.array(ArmHistory),
  in_service: z.array(ServedVersion),
  /** Means of the days that measured it, by version. */
  accuracy: z.record(z.string(), z.object({ mean: z.number(), days: count })),
  /** How often each fired. */
  fired: counts,
  deployments: z.array(z.string()),
  trainings: z.array(z.string()),
  alerts: counts,
});
export type HistoryMonth = z.infer<typeof HistoryMonth>;

export const HoldbackMetric = z.enum([
  "engagement",
  "satisfaction",
  "negative_feedback",
  "click_through",
  "rendering",
  "errors",
]);
export type HoldbackMetric = z.infer<typeof HoldbackMetric>;

const interval = z.object({ estimate: z.number(), lower: z.number(), upper: z.number() });

/** Models minus rules in one metric: of rates 0-1, of satisfaction 1-5, of rendering milliseconds. */
export const HoldbackFigure = z.object({
  metric: HoldbackMetric,
  /** Means of a visit, weighed by day alike on both sides. */
  rules: z.number().nullable(),
  models: z.number().nullable(),
  /** With its two-sided 95 % interval; null, and why, where there is too little to say. */
  difference: interval.nullable(),
  /** As a part of the rules' mean; null where that is not above 0. */
  relative: interval.nullable(),
  reason: z.string(),
});
export type HoldbackFigure = z.infer<typeof HoldbackFigure>;

/** Who was compared, and what came of it. */
const Compared = z.object({
  days: count,
  visitors: z.object({ rules: count, models: count }),
  visits: z.object({ rules: count, models: count }),
  figures: z.array(HoldbackFigure),
});

/** `history/holdback.{YYYY-MM}`: what the models were worth over the rules in a calendar month, UTC. */
export const HoldbackReport = z.object({
  schema_version: z.literal(1),
  month: z.string(),
  settled: z.boolean(),
  verdict: z.enum(["measured", "insufficient_data"]),
  /** A sentence for people. */
  says: z.string(),
  /** Shares of visitors that the holdback had on the days that were compared, rising; empty if they are not on record. */
  shares: z.array(z.number()),
  /** Everybody who was answered by a model against the holdback. */
  all: Compared,
  /** The same on those days on which a version alone answered everybody outside of the holdback. */
  by_version: z.array(Compared.extend({ version: ServedVersion })),
  /** Days that could not be compared, and why. */
  left_out: z.array(z.object({ day: z.iso.date(), reason: z.string() })),
});
export type HoldbackReport = z.infer<typeof HoldbackReport>;
