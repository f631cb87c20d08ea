import { outcomeOf } from "../collect/arm-means.ts";
import type { BUCKET_SUMS } from "../collect/outcomes.ts";
import type { Lifecycle } from "../config.ts";
import type { ServingWindow } from "../serve/schema.ts";
import { latencyBins } from "../serve/serving-window.ts";
import { tQuantile } from "../stats/distributions.ts";
import { stratifiedDifference } from "../stats/stratified-difference.ts";
import { welchTest } from "../stats/welch-t.ts";
import { wilsonBounds } from "../stats/wilson.ts";
import { EXPECTED } from "./judge-health.ts";
import type { HealthFinding, Served } from "./schema.ts";

type Policy = Lifecycle["monitoring"];
type BucketSum = (typeof BUCKET_SUMS)[number];

/** Figures now and at the same hours before, of the version in service and of the holdback, which no model ever answers. */
export interface Compared<T> {
  now: T;
  before: T;
  holdbackNow: T;
  holdbackBefore: T;
}

/** What the instances have counted, together. Times are taken for the middles of their bins, the open one's for its beginning. */
export function servedOf(windows: readonly ServingWindow[]): Served {
  const sum = (of: (window: ServingWindow) => number): number => windows.reduce((all, window) => all + of(window), 0);
  const bins = latencyBins((bin) => sum(({ latency }) => latency[bin] ?? 0));
  const n = bins.reduce((all, bin) => all + bin.n, 0);
  const mean = n === 0 ? 0 : bins.reduce((all, bin) => all + bin.n * bin.middle, 0) / n;
  const squares = bins.reduce((all, bin) => all + bin.n * (bin.middle - mean) ** 2, 0);
  return {
    predictions: sum(({ predictions }) => predictions),
    fallbacks: sum(({ fallbacks }) => fallbacks),
    stale: sum(({ stale }) => stale),
    latency: { n, mean, variance: n < 2 ? 0 : squares / (n - 1) },
  };
}

/**
 * Answers by something else than the version in service, and answers that take longer: what is known at once.
 * @param latest answers of the last minutes: what an hour has seen of other answers and they have not is over
 */
export function servingFindings(
  { now, before, holdbackNow, holdbackBefore }: Compared<Served>,
  { span, latest, policy }: { span: HealthFinding["span"]; latest: Served; policy: Policy },
): HealthFinding[] {
  const found: HealthFinding[] = [];
  if (now.predictions >= policy.min_visits) {
    const of = { successes: now.fallbacks, trials: now.predictions, confidence: 1 - policy.alpha };
    const share = wilsonBounds(of);
    if (share.status === "measured" && share.lower > policy.error_rate) {
      const goesOn = latest.fallbacks > policy.error_rate * latest.predictions;
      const over = goesOn ? "" : "; it is over";
      const reason = `${percent(share.estimate)} of ${now.predictions} answers were not the version's own, ${percent(policy.error_rate)} may be${over}`;
      // The rules cannot fail: those in the holdback tell nothing of it.
      found.push({ metric: "fallbacks", span, severity: goesOn ? "high" : "medium", whose: "model", reason });
    }
  }
  const enough = now.latency.n >= policy.min_visits && before.latency.n >= policy.min_visits;
  const slower = welchTest(
    { control: before.latency, treatment: now.latency },
    { confidence: 1 - 2 * policy.alpha, alternative: "two-sided" },
  );
  if (enough && slower.status === "measured" && slower.lower > policy.latency_ms) {
    const shared = welchTest(
      { control: holdbackBefore.latency, treatment: holdbackNow.latency },
      { confidence: 1 - 2 * policy.site_alpha, alternative: "two-sided" },
    );
    const theirs = shared.status === "measured" ? shared : undefined;
    const reason = `answers take ${now.latency.mean.toFixed(0)} ms, ${slower.difference.toFixed(0)} ms more than at the same hour of the four weeks before`;
    found.push({ metric: "latency", span, severity: "medium", whose: whoseIs(slower, theirs, policy), reason });
  }
  return found;
}

/** Logs of the holdback from which on silence is the version's. */
const WITNESSES = 5;

/**
 * Visits of an hour that left no log at all, while those in the holdback did: ways in and the fold work, so it is the pages. That
 * nobody has left one is an outage of ours.
 */
export function silenceFinding(hour: { answered: number; logged: number; holdbackLogged: number }): HealthFinding[] {
  const { answered, logged, holdbackLogged } = hour;
  if (answered < EXPECTED || logged > 0 || holdbackLogged === 0) return [];
  const whose = holdbackLogged >= WITNESSES ? "model" : "unclear";
  const reason = `${answered} visits were answered in an hour, and not one has left a log, while ${holdbackLogged} of the holdback have`;
  return [{ metric: "missing_logs", span: "1h", severity: "high", whose, reason }];
}

/** A rise (worse is more) with its standard error. */
interface Rise {
  difference: number;
  standardError: number;
  degreesOfFreedom: number;
}

/**
 * The version's, if its rise is beyond that of the holdback beyond doubt (a difference in differences: Card and Krueger 1994); the site's, if
 * the holdback has risen by half as much at least; else there are too few in the holdback to tell.
 */
function whoseIs(own: Rise, holdback: Rise | undefined, { site_alpha: alpha }: Policy): HealthFinding["whose"] {
  if (holdback === undefined) return "unclear";
  const excess = own.difference - holdback.difference;
  const error = Math.hypot(own.standardError, holdback.standardError);
  const df = Math.min(own.degreesOfFreedom, holdback.degreesOfFreedom);
  if (excess > tQuantile(1 - alpha, df) * error) return "model";
  return holdback.difference >= own.difference / 2 ? "site" : "unclear";
}

/** A mean over logs: worse is more where `sign` is 1, less where it is -1. */
interface LoggedMetric {
  metric: "engagement" | "satisfaction" | "negative_feedback";
  y: BucketSum;
  w: BucketSum;
  sign: 1 | -1;
  threshold: number;
  severity: HealthFinding["severity"];
}

/**
 * What logs say of visits, by sums of 128 buckets of visitors: BUCKETS x BUCKET_SUMS each. Before it is the same hours of the
 * four weeks before, whoever was in service.
 */
export function loggedFindings(
  compared: Compared<Float64Array>,
  span: HealthFinding["span"],
  policy: Policy,
): HealthFinding[] {
  const metrics: LoggedMetric[] = [
    { metric: "engagement", y: "engaged", w: "visits", sign: -1, threshold: policy.engagement_drop, severity: "high" },
    {
      metric: "satisfaction",
      y: "satisfaction",
      w: "satisfaction_count",
      sign: -1,
      threshold: policy.satisfaction_drop,
      severity: "low",
    },
    {
      metric: "negative_feedback",
      y: "negative",
      w: "feedback",
      sign: 1,
      threshold: policy.negative_feedback_rise,
      severity: "low",
    },
  ];
  const errors = errorFinding(compared, span, policy);
  const means = metrics.flatMap((metric) => meanFinding(metric, compared, span, policy));
  return errors === undefined ? means : [errors, ...means];
}

function meanFinding(
  { metric, y, w, sign, threshold, severity }: LoggedMetric,
  { now, before, holdbackNow, holdbackBefore }: Compared<Float64Array>,
  span: HealthFinding["span"],
  policy: Policy,
): HealthFinding[] {
  const rise = (control: Float64Array, treatment: Float64Array) => {
    const of = outcomeOf(y, w, 1);
    const sums = { control: of({ outcomes: control }), treatment: of({ outcomes: treatment }) };
    const found = stratifiedDifference([sums], { guarded: true });
    return found.status === "measured" ? { ...found, difference: sign * found.difference } : undefined;
  };
  const own = rise(before, now);
  if (own === undefined || Math.min(own.weights.control, own.weights.treatment) < policy.min_visits) return [];
  const half = tQuantile(1 - policy.alpha, own.degreesOfFreedom) * own.standardError;
  if (own.difference - half <= threshold) return [];
  const reason = `${metric.replace("_", " ")} is ${own.treatment.toFixed(3)}, and ${own.control.toFixed(3)} at the same hours of the four weeks before`;
  return [{ metric, span, severity, whose: whoseIs(own, rise(holdbackBefore, holdbackNow), policy), reason }];
}

/** Logs of a timeout or an error. They are rare, so that those in the holdback are weighed by Wilson's bound. */
function errorFinding(
  { now, before, holdbackNow }: Compared<Float64Array>,
  span: HealthFinding["span"],
  { alpha, site_alpha, error_rate: most, min_visits }: Policy,
): HealthFinding | undefined {
  const [own, past, holdback] = [now, before, holdbackNow].map((sums) => ({
    successes: total(sums, "errors"),
    trials: total(sums, "visits"),
  })) as [Count, Count, Count];
  const share = wilsonBounds({ ...own, confidence: 1 - alpha });
  const usual = wilsonBounds({ ...past, confidence: 1 - alpha });
  if (own.trials < min_visits || share.status !== "measured" || share.lower <= most) return undefined;
  if (usual.status === "measured" && past.trials >= min_visits && share.lower <= usual.upper) return undefined;
  const theirs = wilsonBounds({ ...holdback, confidence: 1 - site_alpha });
  const whose =
    theirs.status !== "measured" || (theirs.upper >= share.lower && theirs.estimate < share.estimate / 2)
      ? "unclear"
      : theirs.upper < share.lower
        ? "model"
        : "site";
  const reason = `${percent(share.estimate)} of ${own.trials} visits had a timeout or an error, ${percent(most)} may have`;
  return { metric: "errors", span, severity: "high", whose, reason };
}

interface Count {
  successes: number;
  trials: number;
}

/** One of BUCKET_SUMS over all buckets. */
export function total(sums: Float64Array, name: BucketSum): number {
  const { y } = outcomeOf(name, name, 1)({ outcomes: sums });
  return Array.from(y).reduce((all, value) => all + value, 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
