import { outcomeOf, outcomesOf } from "../collect/arm-means.ts";
import type { BUCKET_SUMS } from "../collect/outcomes.ts";
import type { Window } from "../collect/schema.ts";
import { estimate, mergeSketches } from "../collect/sketch.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { crossedDifference } from "../stats/crossed-difference.ts";
import { tQuantile } from "../stats/distributions.ts";
import { relativeEffect } from "../stats/relative-effect.ts";
import { LEAST_EVENTS, rarest } from "../stats/rule-of-five.ts";
import type { HoldbackFigure, HoldbackMetric, HoldbackReport } from "./history-schema.ts";
import { reportInWords } from "./holdback-in-words.ts";

/** Two-sided 95 %. */
const QUANTILE = 0.975;
/** Visits, ratings or feedbacks of an arm under which there is no interval. */
const MIN_WEIGHT = 30;

type Sum = (typeof BUCKET_SUMS)[number];

/** What a metric is a ratio of, what one of its unit is in the sums, and whether it counts events. */
const METRICS: Record<HoldbackMetric, { y: Sum; w: Sum; unit: number; events: boolean }> = {
  engagement: { y: "engaged", w: "visits", unit: 1, events: true },
  satisfaction: { y: "satisfaction", w: "satisfaction_count", unit: 1, events: false },
  negative_feedback: { y: "negative", w: "feedback", unit: 1, events: true },
  click_through: { y: "click_through_millionths", w: "visits", unit: 1_000_000, events: false },
  rendering: { y: "rendering_us", w: "visits", unit: 1000, events: false },
  errors: { y: "errors", w: "visits", unit: 1, events: true },
};

/** A day and its windows of a day's length, of all versions, arms and shards. */
export interface HoldbackDay {
  day: string;
  windows: readonly Window[];
}

/** What a report is made of. */
export interface HoldbackFacts {
  month: string;
  settled: boolean;
  days: readonly HoldbackDay[];
  /** The holdback's share by routing revision, as far as it is on record. */
  shares: ReadonlyMap<number, number>;
  /** Visitors of a side under which nothing is said. */
  minVisitors: number;
}

/**
 * What the models were worth over the rules. Who is in the holdback is decided by a hash of the visitor, so that everybody else is its
 * counterpart, on days on which all of them had a model all day and the holdback's share stayed as it was; other days are left out.
 * Days are strata, so that neither another version nor another share is taken for an effect; visitors are the same over days.
 */
export function holdbackReport(facts: HoldbackFacts): HoldbackReport {
  const { month, settled, days, shares, minVisitors } = facts;
  const faults = days.map(({ day, windows }) => ({ day, windows, reason: faultOf(windows, shares) }));
  const good = faults.filter(({ reason }) => reason === null);
  const all = compare(good, minVisitors);
  const alone = good.map((day) => ({ ...day, version: onlyVersion(day.windows) }));
  const versions = [...new Set(alone.flatMap(({ version }) => version ?? []))].sort();
  const by_version = versions.map((version) => ({
    version,
    ...compare(
      alone.filter((day) => day.version === version),
      minVisitors,
    ),
  }));
  const known = good.flatMap(({ windows }) => sharesOf(windows, shares));
  const report: Omit<HoldbackReport, "says"> = {
    schema_version: 1,
    month,
    settled,
    verdict: all.figures.some(({ difference }) => difference !== null) ? "measured" : "insufficient_data",
    shares: [...new Set(known)].sort((a, b) => a - b),
    all,
    by_version,
    left_out: faults.flatMap(({ day, reason }) => (reason === null ? [] : [{ day, reason }])),
  };
  return { ...report, says: reportInWords(report) };
}

const isHeldBack = ({ arm }: Window): boolean => arm === "holdback";

/** Why a day cannot be compared, or null. */
function faultOf(windows: readonly Window[], shares: HoldbackFacts["shares"]): string | null {
  const others = windows.filter((window) => !isHeldBack(window) && window.visits > 0);
  if (others.every(({ version }) => version === "rules")) return "everybody had the rules: there is nothing to compare";
  if (others.some(({ version }) => version === "rules")) return "visitors outside of the holdback had the rules, too";
  if (!windows.some((window) => isHeldBack(window) && window.visits > 0)) return "nobody was in the holdback";
  if (sharesOf(windows, shares).length > 1) return "the holdback's share was changed";
  if (windows.some(({ outcomes }) => outcomes === undefined)) return "an earlier release counted no outcomes";
  return null;
}

function sharesOf(windows: readonly Window[], shares: HoldbackFacts["shares"]): number[] {
  const revisions = windows.flatMap((window) => Object.keys(window.by_revision));
  return [...new Set(revisions.flatMap((revision) => shares.get(Number(revision)) ?? []))];
}

/** The version that answered everybody outside of the holdback, or null if several did. */
function onlyVersion(windows: readonly Window[]): ServedVersion | null {
  const others = windows.filter((window) => !isHeldBack(window) && window.visits > 0);
  const [first, ...more] = new Set(others.map(({ version }) => version));
  return first === undefined || more.length > 0 ? null : first;
}

function compare(days: readonly HoldbackDay[], minVisitors: number): HoldbackReport["all"] {
  const windows = days.flatMap((day) => day.windows);
  const side = (of: readonly Window[]) => ({
    visitors: estimate(mergeSketches(...of.map(({ units }) => units))),
    visits: of.reduce((sum, { visits }) => sum + visits, 0),
  });
  const rules = side(windows.filter(isHeldBack));
  const models = side(windows.filter((window) => !isHeldBack(window)));
  const strata = days.map(({ windows: of }) => ({
    rules: outcomesOf(of.filter(isHeldBack)),
    models: outcomesOf(of.filter((window) => !isHeldBack(window))),
  }));
  const tooFew =
    rules.visitors < minVisitors || models.visitors < minVisitors
      ? `${rules.visitors} visitors had the rules and ${models.visitors} a model, ${minVisitors} of each are needed`
      : null;
  return {
    days: days.length,
    visitors: { rules: rules.visitors, models: models.visitors },
    visits: { rules: rules.visits, models: models.visits },
    figures: (Object.keys(METRICS) as HoldbackMetric[]).map((metric) => figureOf(metric, strata, tooFew)),
  };
}

function figureOf(
  metric: HoldbackMetric,
  days: readonly { rules: Float64Array; models: Float64Array }[],
  tooFew: string | null,
): HoldbackFigure {
  const { y, w, unit, events } = METRICS[metric];
  const of = outcomeOf(y, w, 1 / unit);
  const strata = days.map(({ rules, models }) => ({
    control: of({ outcomes: rules }),
    treatment: of({ outcomes: models }),
  }));
  const silent = (reason: string): HoldbackFigure => ({
    metric,
    rules: null,
    models: null,
    difference: null,
    relative: null,
    reason,
  });
  if (tooFew !== null) return silent(tooFew);
  for (const arm of ["control", "treatment"] as const) {
    const [sumY, sumW] = [total(strata.map((one) => one[arm].y)), total(strata.map((one) => one[arm].w))];
    const who = arm === "control" ? "with the rules" : "with a model";
    if (sumW < MIN_WEIGHT) return silent(`${sumW} ${w.replace("_count", " ratings")} ${who}, ${MIN_WEIGHT} are needed`);
    const few = rarest({ events: sumY, trials: sumW });
    if (events && few < LEAST_EVENTS)
      return silent(`${few} of ${sumW} visits ${who} differ from the others, ${LEAST_EVENTS} are needed`);
  }
  const measured = crossedDifference(strata);
  if (measured.status !== "measured") return silent(measured.reason);
  const t = tQuantile(QUANTILE, measured.degreesOfFreedom);
  const around = (estimate: number, standardError: number) => ({
    estimate,
    lower: estimate - t * standardError,
    upper: estimate + t * standardError,
  });
  const relative = relativeEffect(measured);
  return {
    metric,
    rules: measured.control,
    models: measured.treatment,
    difference: around(measured.difference, measured.standardError),
    relative: relative.status === "measured" ? around(relative.effect, relative.standardError) : null,
    reason: "two-sided 95 % interval by buckets of visitors",
  };
}

function total(arrays: readonly ArrayLike<number>[]): number {
  return arrays.reduce((sum, values) => sum + Array.from(values).reduce((of, value) => of + value, 0), 0);
}
