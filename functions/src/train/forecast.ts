import type { Lifecycle } from "../config.ts";
import { CLASS_GROUPS, FEATURE_NAMES } from "../design/schema.ts";
import { iso } from "../shared/time.ts";
import { TARGET_NAMES } from "./labels.ts";
import type { OpeningDecision } from "./opening.ts";
import { INCREMENTAL_ROUNDS } from "./parent.ts";
import type { RetrainingJob } from "./schema.ts";

const DAY_MS = 86_400_000;

/**
 * Seconds of a worker with two cores for one row in one round of one model, while there is no training to go by:
 * docs/performance.md, 11 models of 50,000 rows, hist, 20 rounds, two cores in 7.6 s; 50,000 rows, exact, 5 rounds, one core in
 * 3.2 s.
 */
const SECONDS_PER_ROW_ROUND = { hist: 7.6 / (11 * 50_000 * 20), exact: 3.2 / (50_000 * 5) / 2 } as const;

/** Logs that are read in a second, while there is no training to go by: docs/performance.md, the fold, its slower figure. */
const LOGS_PER_SECOND = 1100;

/**
 * US dollars, as docs/deploy.md has them: Cloud Run, tier 1, from firebase-tools 15.34.2; a read of the US multi-region from
 * Firebase's page. Free quotas are left out.
 */
export const PRICES = {
  vcpu_second: 0.000024,
  gib_second: 0.0000025,
  firestore_read: 0.06 / 100_000,
} as const;

/** What runRetraining is given. */
const WORKER = { vcpu: 2, gib: 4 } as const;

/** What a training is foretold from. */
export interface ForecastFacts {
  kind: RetrainingJob["kind"];
  fromMs: number;
  toMs: number;
  /** Logs stored in that time. */
  rows: number;
  training: Lifecycle["training"];
  /** Models of the version in service that have trees; null for a full training, which finds out what varies. */
  parentModels: number | null;
  /** The last full job that has trained; null while there is none. */
  last: RetrainingJob | null;
}

/** What a training would take. */
export interface Forecast {
  from: string;
  to: string;
  /** Logs that it would read; it keeps those of `training.max_sessions` sessions at most. */
  rows: number;
  /** As many logs a session as the last training had; one each while there is none. */
  sessions: number;
  /** Models and folds to train. */
  units: number;
  /** Of work; waiting for a worker not counted. */
  estimated_seconds: number;
  estimated_usd: number;
  /** What seconds and sessions were taken from, in words. */
  basis: string;
  prices: typeof PRICES;
}

/** A forecast, and what would become of the wish if it were made now. */
export interface DryRun extends Forecast {
  dry_run: true;
  would: OpeningDecision;
}

/** The stretch of event time that a job would learn from, as collecting chooses it: [fromMs, toMs). */
export function windowOf(
  { window_days: days }: Pick<Lifecycle["training"], "window_days">,
  { asOfMs, seenUntilMs }: { asOfMs: number; seenUntilMs: number | null },
): { fromMs: number; toMs: number } {
  const windowMs = asOfMs - days * DAY_MS;
  const fromMs = seenUntilMs === null ? windowMs : Math.min(Math.max(windowMs, seenUntilMs), asOfMs);
  return { fromMs, toMs: asOfMs };
}

/** Foretells a training from the last one: its seconds of training by rows, rounds and units, everything else by rows. */
export function forecast({ kind, fromMs, toMs, rows, training, parentModels, last }: ForecastFacts): Forecast {
  const before = last === null ? null : measuredOf(last, training);
  const sessions = Math.round(rows / (before === null ? 1 : before.rows / before.sessions));
  const kept = sessions > training.max_sessions ? (rows * training.max_sessions) / sessions : rows;
  const isReview = kind === "review";
  const models = isReview ? CLASS_GROUPS.length : (parentModels ?? before?.models ?? TARGET_NAMES.length);
  // A review trains each class group's model once more without each feature: like so many folds that miss no row.
  const folds = isReview ? FEATURE_NAMES.length + 1 : kind === "full" ? training.folds : 0;
  const rounds = kind === "incremental" ? INCREMENTAL_ROUNDS : training.rounds;
  const load = { rows: kept, sessions: Math.min(sessions, training.max_sessions), models, folds, rounds };
  const seconds =
    before === null || before.effort === 0
      ? effortOf(load, training) * SECONDS_PER_ROW_ROUND[training.tree_method] + rows / LOGS_PER_SECOND
      : (before.trainingSeconds * effortOf(load, training)) / before.effort +
        (before.otherSeconds * kept) / before.rows;
  const perSecond = WORKER.vcpu * PRICES.vcpu_second + WORKER.gib * PRICES.gib_second;
  return {
    from: iso(fromMs),
    to: iso(toMs),
    rows,
    sessions,
    units: isReview ? models * folds : models * (1 + folds),
    estimated_seconds: Math.ceil(seconds),
    estimated_usd: Math.ceil((seconds * perSecond + rows * PRICES.firestore_read) * 10_000) / 10_000,
    basis: last === null || before === null ? "the engine's figures in docs/performance.md" : `what ${last.id} took`,
    prices: PRICES,
  };
}

interface Load {
  rows: number;
  sessions: number;
  models: number;
  folds: number;
  rounds: number;
}

/** Rows x rounds of all units: a model learns from the training side, a fold from its other folds' share of it, sampled. */
function effortOf({ rows, sessions, models, folds, rounds }: Load, training: Lifecycle["training"]): number {
  const side = 1 - training.holdout_share;
  const sampled = sessions === 0 ? 1 : Math.min(1, training.folds_max_sessions / (sessions * side));
  const ofFolds = folds === 0 ? 0 : (folds - 1) * sampled;
  return rows * side * models * rounds * (1 + ofFolds);
}

/** What a job took; null if it did not come to train, or its document does not say. Its rounds are taken to be today's. */
function measuredOf(job: RetrainingJob, training: Lifecycle["training"]) {
  const { dataset, units, timeline } = job;
  const names = Object.keys(units);
  const models = names.filter((name) => !name.includes(".")).length;
  if (dataset === null || dataset.rows === 0 || dataset.sessions === 0 || models === 0) return null;
  const seconds = (of: (stage: string) => boolean): number =>
    (timeline ?? []).reduce((sum, { stage, since, ended_at: end }) => {
      return of(stage) && end !== null ? sum + (Date.parse(end) - Date.parse(since)) / 1000 : sum;
    }, 0);
  const trainingSeconds = seconds((stage) => stage === "training");
  if (trainingSeconds === 0) return null;
  const { rows, sessions } = dataset;
  const load = { rows, sessions, models, folds: (names.length - models) / models, rounds: training.rounds };
  return {
    rows,
    sessions,
    models,
    effort: effortOf(load, training),
    trainingSeconds,
    otherSeconds: seconds((stage) => stage !== "training" && stage !== "queued"),
  };
}
