import type { Lifecycle } from "../config.ts";
import { standardNormalQuantile } from "../stats/distributions.ts";
import type { ExperimentAnalysis, ExperimentFigure } from "./schema.ts";

const DAY_MS = 86_400_000;

/** Differences that are looked for, in the metric's own unit: shares, stars, milliseconds. Visitors with an event have none. */
const LEAST_EFFECT: Partial<Record<ExperimentFigure["metric"], number>> = {
  accuracy: 0.05,
  user_satisfaction: 0.2,
  performance: 10,
  engagement: 0.03,
  click_through: 0.02,
  latency: 20,
  missing_logs: 0.01,
};

/**
 * What it takes until the least effect of every primary would be found at the horizon, by the standard errors so far: their squares fall
 * as visitors come. The slowest figure tells.
 * @param options.observedMs event time of which visits are mature
 */
export function powerOf(
  figures: readonly ExperimentFigure[],
  { visitors, observedMs, policy }: { visitors: number; observedMs: number; policy: Lifecycle["experiments"] },
): ExperimentAnalysis["power"] {
  const nothing = { visitors_needed: null, visitors_left: null, days_left: null };
  const primaries = figures.filter(({ primary, metric }) => primary && LEAST_EFFECT[metric] !== undefined);
  const unknown = primaries.find(({ standard_error }) => standard_error === null);
  if (primaries.length === 0) return { ...nothing, reason: "no primary has a least effect" };
  if (unknown !== undefined || observedMs <= 0) {
    return { ...nothing, reason: unknown?.reason ?? "no visit is mature yet" };
  }
  const quantiles =
    -standardNormalQuantile(policy.alpha / (2 * primaries.length)) + standardNormalQuantile(policy.power);
  const factors = primaries.map(({ metric, standard_error }) => {
    const wanted = (LEAST_EFFECT[metric] ?? 0) / quantiles;
    return ((standard_error ?? 0) / wanted) ** 2;
  });
  const factor = Math.max(...factors);
  const slowest = primaries[factors.indexOf(factor)];
  const needed = Math.ceil(visitors * factor);
  const left = Math.max(0, needed - visitors);
  const days = (Math.max(0, factor - 1) * observedMs) / DAY_MS;
  const what = `${LEAST_EFFECT[slowest?.metric ?? "engagement"]} of ${slowest?.metric} in ${slowest?.arm}`;
  const reason =
    left === 0
      ? `a difference of ${what} would have been found with a power of ${policy.power}`
      : `${left} more visitors, ${days.toFixed(1)} days, until a difference of ${what} would be found with a power of ${policy.power}`;
  return { visitors_needed: needed, visitors_left: left, days_left: days, reason };
}
