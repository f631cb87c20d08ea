import { defineBoolean, defineInt, defineSecret, defineString } from "firebase-functions/params";
import { z } from "zod";

/** Region of every function; Hosting rewrites in firebase.json name the same one. */
export const REGION = defineString("REGION", { default: "us-central1" });

/** Firestore database id, so that an existing project can give Perennial a database of its own. */
export const DATABASE_ID = defineString("DATABASE_ID", { default: "(default)" });

/** Seconds for which an instance answers from its routing in memory before it looks again (architecture: 15). */
export const ROUTING_FRESH_SECONDS = defineInt("ROUTING_FRESH_SECONDS", { default: 15 });

/** Seconds that the fold stays behind the clock, so that a slow commit is never stepped over. */
export const FOLD_SETTLE_SECONDS = defineInt("FOLD_SETTLE_SECONDS", { default: 10 });

/** Shards of the logs' index: one more for every 500 logs a second. Never lower it while logs of a higher shard are unfolded. */
export const LOG_SHARDS = defineInt("LOG_SHARDS", { default: 1 });

/** When the version in service is trained on with what is new, in Cloud Scheduler's words, UTC. */
export const WEEKLY_SCHEDULE = defineString("WEEKLY_SCHEDULE", { default: "every monday 03:00" });

/** When everything is trained anew, in Cloud Scheduler's words, UTC. */
export const MONTHLY_SCHEDULE = defineString("MONTHLY_SCHEDULE", { default: "1 of month 04:00" });

/** When the review of models and features is written, likewise. */
export const QUARTERLY_SCHEDULE = defineString("QUARTERLY_SCHEDULE", { default: "1 of jan,apr,jul,oct 05:00" });

/** Emulator only: a visit's event time is its `hora_local`, so that weeks can be driven in seconds. */
export const VIRTUAL_TIME = defineBoolean("VIRTUAL_TIME", { default: false });

/** `kid:key` pairs, comma separated: the first signs receipts, all (at most two) verify. */
export const RECEIPT_KEYS = defineSecret("RECEIPT_KEYS");

/** Key of the HMAC that turns visitor and user ids into pseudonyms. */
export const PSEUDONYM_KEY = defineSecret("PSEUDONYM_KEY");

/** Where alerts are sent: an https address, one of hooks.slack.com in Slack's form; `none` sends them nowhere. */
export const ALERT_WEBHOOK_URL = defineSecret("ALERT_WEBHOOK_URL");

/** Key of the HMAC that a receiver of one's own tells our alerts by, at least 32 characters; `none` with Slack or without a webhook. */
export const ALERT_WEBHOOK_SECRET = defineSecret("ALERT_WEBHOOK_SECRET");

const share = z.number().min(0).max(1);
const stages = z
  .array(z.number().gt(0).max(1))
  .min(1)
  .max(10)
  .refine((all) => all.every((value, i) => i === 0 || value > (all[i - 1] ?? 0)), "stages must rise")
  .refine((all) => all.at(-1) === 1, "the last stage must be 1 (100 %)");

const rate = z.number().gt(0).lt(1);
const confidence = z.number().gt(0.5).lt(1);
const enabled = z.boolean().default(true);
/** Decided and put on record as `would_fire`; opens nothing. */
const dryRun = z.boolean().default(false);

/**
 * What the triggers that judge visitors have in common.
 * @param visitors that a judgement needs; a day's are a sample of 1000 at most
 */
function trigger({ newSessions, visitors }: { newSessions: number; visitors: number }) {
  return {
    enabled,
    dry_run: dryRun,
    /** Precondition: distinct mature sessions after the last training's data. */
    new_sessions: z.number().int().min(1).max(10_000_000).default(newSessions),
    /** Independent visitors under which there is no verdict. */
    visitors: z.number().int().min(30).max(1000).default(visitors),
  };
}

/**
 * What the guardrails of a deployment have in common.
 * @param alpha probability, over all looks of a deployment, with which no harm at all is taken for harm
 */
function guardrail(alpha: number) {
  return {
    enabled,
    /** Measured and put on record; decides nothing. */
    dry_run: dryRun,
    alpha: z.number().gt(0).lt(0.5).default(alpha),
  };
}

/**
 * What an experiment compares arms by: accuracy on the same visits, satisfaction (1-5), performance (rendering time, less is better),
 * share of engaged visits, share of links that a visit follows, milliseconds of an answer, visits without a log, and visitors with an
 * error or with negative feedback. The last two can only be found worse.
 */
export const ExperimentMetric = z.enum([
  "accuracy",
  "user_satisfaction",
  "performance",
  "engagement",
  "click_through",
  "latency",
  "missing_logs",
  "errors",
  "negative_feedback",
]);

/** A metric of an experiment: a primary one decides; every other one is a guardrail, which can only end it. */
export const ExperimentedMetric = z.strictObject({ metric: ExperimentMetric, primary: z.boolean().default(false) });

/** How p-values are corrected for their number: Holm's for any false finding, Benjamini and Hochberg's for their share. */
export const Correction = z.enum(["holm", "bh"]);

/** A day of any year, `12-24`. */
const monthDay = z.string().refine((text) => {
  const [, month, day] = /^(\d\d)-(\d\d)$/.exec(text) ?? [];
  // 2024 has a 29 February.
  const date = new Date(`2024-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(5, 10) === text;
}, "must be a month and a day, like 12-24");

/**
 * Every number of policy, editable at run time in `config/lifecycle`. All fields are optional there: what is left out has
 * the default written here. Unknown names are errors, so that a typing slip is never silently the default.
 */
export const Lifecycle = z
  .strictObject({
    schema_version: z.literal(1).default(1),
    collect: z
      .strictObject({
        /** Minutes after the prediction until a log counts; until then a higher `seq` may amend it. */
        maturity_minutes: z.number().min(0).max(1440).default(45),
        /**
         * Minutes that the fold rests after a step while fewer than 1000 logs wait: a step writes up to 60 documents, however few it
         * counts.
         */
        fold_rest_minutes: z.number().min(0).max(60).default(30),
        /** The same at most while a deployment or an experiment waits for what has matured. */
        watched_rest_minutes: z.number().min(0).max(60).default(5),
        /** Hours for which a receipt is accepted. */
        receipt_max_age_hours: z.number().min(1).max(168).default(48),
        /** Days until a stored log expires; two under the 90 that are promised, since TTL deletes late. */
        retention_days: z.number().int().min(1).max(365).default(88),
        quarantine_days: z.number().int().min(1).max(90).default(14),
        /**
         * Whether sites may write logs to `log_inbox` by the Firestore SDK. firestore.rules look here, too: while it is false,
         * nobody can write there.
         */
        inbox_enabled: z.boolean().default(false),
      })
      .prefault({}),
    serve: z
      .strictObject({
        /** Share of visitors who always get the rule policy: the standing proof of what models are worth. */
        holdback_share: z.number().min(0).max(0.5).default(0.02),
        /** Share (epsilon) of stable visits that get one class drawn uniformly; 0 turns it off. */
        exploration_share: z.number().min(0).max(0.5).default(0.02),
      })
      .prefault({}),
    validation: z
      .strictObject({
        /** Interactions a second, over a whole visit of at least 20 of them, above which it is no person's. */
        max_interactions_per_second: z.number().gt(0).max(1000).default(10),
        /** Visits of one visitor on one day (UTC) above which none of them is a person's. */
        max_daily_visits: z.number().int().min(1).max(1_000_000).default(500),
        /** Drift score (PSI) of a feature above which a data set is not trained on, and above which it is with a word of caution. */
        abort_drift: z.number().gt(0).max(100).default(0.5),
        caution_drift: z.number().gt(0).max(100).default(0.3),
      })
      .prefault({}),
    training: z
      .strictObject({
        target_policy: z.enum(["engagement", "observed"]).default("engagement"),
        /** Days of logs that a full training collects. */
        window_days: z.number().int().min(1).max(88).default(30),
        /** Share of the sessions, the latest, that only judge. */
        holdout_share: z.number().min(0.05).max(0.5).default(0.2),
        /** Folds of a full training's cross-validation, by session; 0 turns it off. */
        folds: z
          .number()
          .int()
          .max(10)
          .refine((folds) => folds === 0 || folds >= 2, "must be 0, or at least 2")
          .default(5),
        /** Sessions that take part in it at most. */
        folds_max_sessions: z.number().int().min(100).max(1_000_000).default(30_000),
        /**
         * Hold-out sessions that the gate needs to judge an incremental child, whose few new trees change little; with fewer
         * it awaits evidence, and nothing is deployed. A full training is judged on whatever its hold-out has.
         */
        incremental_holdout_sessions: z.number().int().min(1).max(1_000_000).default(1500),
        max_sessions: z.number().int().min(100).max(1_000_000).default(200_000),
        /** Days after which a visit weighs half in training; null: all of the window weigh the same. */
        recency_half_life_days: z.number().min(0.5).max(365).nullable().default(null),
        /** What a row of the parent's reference weighs in that of its incremental child. */
        reference_decay: z.number().min(0).max(1).default(0.5),
        rounds: z.number().int().min(1).max(400).default(60),
        eta: z.number().gt(0).max(1).default(0.1),
        max_depth: z.number().int().min(1).max(8).default(4),
        min_child_weight: z.number().min(0).max(1000).default(5),
        lambda: z.number().min(0).max(1000).default(1),
        subsample: z.number().gt(0).max(1).default(1),
        colsample_bytree: z.number().gt(0).max(1).default(1),
        tree_method: z.enum(["exact", "hist"]).default("hist"),
        seed: z.number().int().min(0).max(2_147_483_647).default(1),
      })
      .prefault({}),
    triggers: z
      .strictObject({
        /** Accuracy of the version in service. */
        accuracy: z
          .strictObject({
            ...trigger({ newSessions: 100, visitors: 100 }),
            /** Fires where the worst class group's accuracy is below it beyond doubt. */
            threshold: rate.default(0.75),
            /** One-sided, of the bound that must be below the threshold. */
            confidence: confidence.default(0.95),
          })
          .prefault({}),
        /** What the version in service answers, against what it answered to the visits that it was trained on. */
        prediction_drift: z
          .strictObject({
            ...trigger({ newSessions: 1000, visitors: 400 }),
            /** Total variation distance of a class group, beyond what may be chance. */
            threshold: rate.default(0.15),
            /** Probability of the distance that may be chance. */
            alpha: z.number().gt(0).lt(0.5).default(0.01),
          })
          .prefault({}),
        /** What visits are like, against those that the version in service was trained on. */
        feature_drift: z
          .strictObject({
            ...trigger({ newSessions: 1000, visitors: 400 }),
            /** Population stability index of a feature. */
            threshold: z.number().gt(0).max(10).default(0.2),
            /** From here on a feature says `warning`, which fires nothing. */
            warning: z.number().gt(0).max(10).default(0.1),
            /** False discovery rate over all features (Benjamini and Hochberg). */
            q: z.number().gt(0).lt(0.5).default(0.01),
          })
          .prefault({}),
        negative_feedback: z
          .strictObject({
            /** Visitors who gave feedback within 7 days. */
            ...trigger({ newSessions: 1000, visitors: 100 }),
            /** Fires where the share of negative feedback is above it beyond doubt. */
            threshold: rate.default(0.25),
            confidence: confidence.default(0.99),
          })
          .prefault({}),
        /** Segments that the training data hardly had. */
        new_user_patterns: z
          .strictObject({
            ...trigger({ newSessions: 1000, visitors: 400 }),
            /** Share of the reference that is hardly any. */
            reference_share: rate.default(0.01),
            /** Share of the visitors that is a real one, if exceeded beyond doubt. */
            threshold: rate.default(0.05),
            /** One-sided; 0.999 is z = 3.09. */
            confidence: confidence.default(0.999),
          })
          .prefault({}),
        seasonal: z
          .strictObject({
            ...trigger({ newSessions: 1000, visitors: 400 }),
            /** Volume of 24 h over, or under, that of the same weekday and hours of the last four weeks. */
            ratio: z.number().gt(1).max(100).default(1.5),
            /** Standard deviations of the daily residuals that a change must exceed. */
            deviations: z.number().min(1).max(20).default(4),
            /** Population stability index of the hours' profile. */
            profile_threshold: z.number().gt(0).max(10).default(0.2),
            /** Seasons that are known to come, every year; both days are in them. UTC. One that wraps the year is fine. */
            calendar: z
              .array(z.strictObject({ name: z.string().min(1).max(64), from: monthDay, to: monthDay }))
              .max(50)
              .default([]),
            /** Days into a season of the calendar until it is answered by a training. */
            settle_days: z.number().min(0).max(30).default(1),
          })
          .prefault({}),
        data_volume: z
          .strictObject({
            enabled,
            dry_run: dryRun,
            /** Distinct mature sessions after the last training's data. */
            new_sessions: z.number().int().min(1).max(10_000_000).default(1000),
            /** Days after the last training before volume may fire; the first version does not wait. */
            min_days: z.number().min(0).max(365).default(7),
          })
          .prefault({}),
        age: z
          .strictObject({
            enabled,
            dry_run: dryRun,
            max_age_days: z.number().min(1).max(365).default(30),
            /** Precondition: distinct new sessions. */
            new_sessions: z.number().int().min(1).max(10_000_000).default(100),
          })
          .prefault({}),
        /** When a version's reference can be compared with. */
        reference: z
          .strictObject({
            min_days: z.number().min(1).max(88).default(7),
            /** Visitors of an hour-of-week cell under which it is thin. */
            thin_cell_visitors: z.number().int().min(0).max(10_000).default(30),
            /** Share of a day's visitors that may be in thin cells. */
            max_thin_share: rate.default(0.1),
            /** Visitors that a cell's prior (the same quarter of weekdays or weekends, behind that everything) counts for. */
            shrinkage: z.number().min(0).max(10_000).default(50),
            /** Visitors that a history band needs. */
            band_visitors: z.number().int().min(1).max(10_000).default(200),
          })
          .prefault({}),
        /** Hours during which the same trigger does not fire again. */
        cool_down_hours: z.number().min(0).max(720).default(24),
        /** Hours after any trained version during which no trigger fires. */
        after_training_hours: z.number().min(0).max(720).default(72),
      })
      .prefault({}),
    jobs: z
      .strictObject({
        /** Seconds until a silent worker's job may be taken over; it reports three times as often. */
        lease_seconds: z.number().int().min(3).max(600).default(90),
        /** Minutes of work in one task before it hands over to the next. */
        task_minutes: z.number().min(0.01).max(25).default(20),
        /** Minutes in `queued` after which a job's task is enqueued again. */
        queued_minutes: z.number().min(0.05).max(60).default(2),
        max_attempts: z.number().int().min(1).max(20).default(5),
        /** Hours after its opening (server time) from which a job that is still open fails. */
        max_hours: z.number().min(0.001).max(168).default(12),
      })
      .prefault({}),
    registry: z
      .strictObject({
        /** Versions that are kept, the newest; those in use are kept beside them. */
        keep_versions: z.number().int().min(1).max(100).default(10),
        /** Hours for which nothing new is removed: somebody may be at work on it. */
        grace_hours: z.number().min(1).max(720).default(24),
        /** `dry_run` says in the log what would be removed. */
        clean_up: z.enum(["on", "dry_run", "off"]).default("on"),
      })
      .prefault({}),
    deployment: z
      .strictObject({
        /** Shares of traffic, rising, the last one 1. */
        stages: stages.default([0.05, 0.1, 0.25, 0.5, 1]),
        stage_min_minutes: z.number().min(0).max(10_080).default(5),
        /** New treatment visitors, mature, that a stage needs. */
        stage_min_visitors: z.number().int().min(1).max(10_000_000).default(300),
        max_days: z.number().min(0.1).max(30).default(7),
        /** Hours and mature visitors that the shadow takes at least. */
        shadow_min_hours: z.number().min(0).max(168).default(2),
        shadow_min_visitors: z.number().int().min(0).max(10_000_000).default(500),
        /** Hours at 100 % until the release is completed, and what was in service becomes `previous_good`. */
        bake_hours: z.number().min(0).max(168).default(24),
        /** Hours that a stage may be inconclusive; once more as many, then it ends with not enough data. */
        hold_hours: z.number().min(0.1).max(168).default(24),
        /** Shares before which an admin must approve (promoteDeployment): [0.25, 1]. None by default. */
        approve_before: z.array(share).max(10).default([]),
        /** Visitors of an arm that a look needs, mature visits: docs/delivery.md has the simulations behind all that follow. */
        first_look_visits: z.number().int().min(10).max(10_000_000).default(100),
        /** Probability, one-sided, with which each of the three bounds that a stage passes by may be wrong. */
        pass_alpha: rate.default(0.1),
        guardrails: z
          .strictObject({
            /** Share of engaged visits: harm is a difference below 0; a stage passes above -pass_margin, the last but one above -last_pass_margin. */
            engagement: z
              .strictObject({
                ...guardrail(0.005),
                pass_margin: rate.default(0.05),
                last_pass_margin: rate.default(0.03),
              })
              .prefault({}),
            click_through: z.strictObject(guardrail(0.002)).prefault({}),
            satisfaction: z
              .strictObject({ ...guardrail(0.002), first_look_ratings: z.number().int().min(10).default(100) })
              .prefault({}),
            /** Milliseconds that an answer may take longer: also the margin to pass by. */
            latency: z
              .strictObject({ ...guardrail(0.002), margin_ms: z.number().gt(0).max(10_000).default(50) })
              .prefault({}),
            rendering: z
              .strictObject({ ...guardrail(0.001), margin_ms: z.number().gt(0).max(10_000).default(10) })
              .prefault({}),
            /** Visitors with an error; a stage passes when fewer than pass_rate have one. */
            errors: z.strictObject({ ...guardrail(0.002), pass_rate: rate.default(0.02) }).prefault({}),
            negative_feedback: z.strictObject(guardrail(0.002)).prefault({}),
            missing_logs: z.strictObject({ ...guardrail(0.005), margin: rate.default(0.005) }).prefault({}),
            /** Accuracy on the same visits, candidate minus stable, of the worst group that varies. */
            accuracy: z.strictObject({ ...guardrail(0.002), margin: rate.default(0.05) }).prefault({}),
            /** Total variation of the candidate's answers from those of its own reference. */
            prediction_drift: z.strictObject({ ...guardrail(0.001), margin: rate.default(0.15) }).prefault({}),
            /** Sample ratio, by stage: an error of ours or of the site, which holds and never rolls back. */
            sample_ratio: z
              .strictObject({ ...guardrail(0.00025), concentration: z.number().gt(0).max(100_000).default(200) })
              .prefault({}),
          })
          .prefault({}),
        /** Pre-deployment latency limits of one answer, milliseconds. */
        check_mean_ms: z.number().gt(0).max(10_000).default(100),
        check_p95_ms: z.number().gt(0).max(10_000).default(150),
        check_p99_ms: z.number().gt(0).max(10_000).default(200),
      })
      .prefault({}),
    experiments: z
      .strictObject({
        /** Share of visitors in the treatment of an experiment of two arms; the others are its control. */
        treatment_share: rate.default(0.1),
        hours: z.number().min(1).max(2160).default(24),
        /** Visitors of each arm, mature, that a recommendation other than harm needs. */
        min_samples: z.number().int().min(30).max(10_000_000).default(100),
        /** What is compared where a request names nothing. */
        metrics: z
          .array(ExperimentedMetric)
          .min(1)
          .max(9)
          .refine((all) => all.some(({ primary }) => primary), "one metric at least is primary")
          .default([
            { metric: "engagement", primary: true },
            { metric: "accuracy", primary: false },
            { metric: "user_satisfaction", primary: false },
            { metric: "performance", primary: false },
            { metric: "errors", primary: false },
          ]),
        correction: Correction.default("holm"),
        /** Of all primaries of all arms together, two-sided: at all looks at once, and at the horizon. */
        alpha: z.number().gt(0).lt(0.5).default(0.05),
        /** Of all guardrails of all arms together, two-sided, at all looks at once. */
        guardrail_alpha: z.number().gt(0).lt(0.5).default(0.01),
        /** Independent visits at which intervals are narrowest; they hold at all others, too. */
        tuned_for: z.number().int().min(10).max(100_000_000).default(5000),
        /** Probability of seeing a metric's least effect: what visitors and days left are computed for. */
        power: confidence.default(0.8),
        /** Whether a primary that is better beyond doubt at every look may be shipped before the horizon. */
        ship_early: z.boolean().default(false),
        /** Sample ratio: alpha of the test at the horizon, and of that over all looks. */
        sample_ratio_alpha: z.number().gt(0).lt(0.1).default(0.001),
        sample_ratio_concentration: z.number().gt(0).max(100_000).default(200),
        /** Share of the visitors who may have been in more than one arm. */
        multiple_exposure_share: rate.default(0.01),
        /** Days of earlier visits that lower the variance (CUPED), 0 for none, and how many of them are read at most. */
        earlier_days: z.number().min(0).max(30).default(7),
        earlier_visits: z.number().int().min(0).max(500_000).default(50_000),
      })
      .prefault({}),
    history: z
      .strictObject({
        /** Days for which a day of history is kept: what is promised. */
        days: z.number().int().min(32).max(3650).default(365),
        /** Months for which months and holdback reports are kept, the present one among them. */
        months: z.number().int().min(2).max(600).default(60),
        /** Visitors with the rules, and with a model, under which a holdback report says nothing. */
        report_visitors: z.number().int().min(30).max(1_000_000).default(100),
      })
      .prefault({}),
    monitoring: z
      .strictObject({
        /** Minutes without a run of monitorHealth after which somebody else raises the alarm. */
        dead_man_minutes: z.number().min(5).max(1440).default(20),
        /** Whether a version in service that does harm is returned from by itself; else an alert asks a person to. */
        automatic_rollback: enabled,
        /** Hours after somebody returned from a version in which monitoring does not return to it. */
        no_return_hours: z.number().min(0).max(720).default(72),
        /** Visits, answers, ratings or feedbacks of a span under which there is no verdict. */
        min_visits: z.number().int().min(50).max(10_000_000).default(400),
        /** Probability of one look at one figure, one-sided, with which what is not beyond its threshold is taken for it. */
        alpha: z.number().gt(0).lt(0.05).default(0.00001),
        /** The same with which the holdback must not share a fall, so that it is the version's and not the site's. */
        site_alpha: z.number().gt(0).lt(0.5).default(0.0001),
        /** Share of errors: of answers by something else than the assigned version, and of logs with a timeout or an error. */
        error_rate: rate.default(0.02),
        /** Milliseconds that the mean answer may take longer than at the same hours of the four weeks before. */
        latency_ms: z.number().gt(0).max(10_000).default(50),
        /** Minutes for which longer answers must last until the version is returned from. */
        latency_minutes: z.number().min(0).max(1440).default(30),
        /** Accuracy below that of `previous_good` on the same visits. */
        accuracy_drop: rate.default(0.05),
        /** Total variation of the last day's answers from those to the version's own reference: alerts only. */
        prediction_drift: rate.default(0.15),
        /** Share of engaged visits below that of the same hours. */
        engagement_drop: rate.default(0.05),
        /** Stars below them, and share of negative feedback above them: alerts only. */
        satisfaction_drop: z.number().gt(0).max(4).default(0.5),
        negative_feedback_rise: rate.default(0.1),
      })
      .prefault({}),
    alerts: z
      .strictObject({
        /** Minutes in which an alert of the same kind about the same thing is not sent again. */
        cool_down_minutes: z.number().min(0).max(1440).default(30),
        /**
         * Minutes until a high alert that nobody has seen is sent once more; the next reminder comes after twice as long, and so on.
         */
        remind_minutes: z.number().min(5).max(10_080).default(60),
        /** Reminders of one alert at most; 0 turns them off. */
        max_reminders: z.number().int().min(0).max(20).default(4),
        /** Hours without being raised after which an open alert is over: what comes then is another one. */
        quiet_hours: z.number().min(1).max(720).default(24),
        /** Hours for which a webhook that does not take a notice is tried again. */
        give_up_hours: z.number().min(1).max(168).default(24),
      })
      .prefault({}),
  })
  .prefault({});
export type Lifecycle = z.infer<typeof Lifecycle>;

/** A share of traffic, 0-1; used where routing repeats what the policy holds. */
export const Share = share;
