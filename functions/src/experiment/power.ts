import { sequenceWidth } from "../stats/confidence-sequence.ts";
import { standardNormalQuantile } from "../stats/distributions.ts";
import type { Level } from "./figures.ts";
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

/** By which test something is to be found, and how surely. */
interface Looked extends Pick<Level, "alone" | "tunedFor"> {
  visitors: number;
  /** Event time of which visits are mature, ms. */
  observedMs: number;
  /** The horizon was moved: only what holds at all looks can find anything. */
  isExtended: boolean;
  /** Probability with which it is to be found. */
  power: number;
}

/**
 * What it takes until the least effect of every primary would be found by the test that will speak, by the standard errors so far: their
 * squares fall as visitors come. The slowest figure tells.
 */
export function powerOf(
  figures: readonly ExperimentFigure[],
  { visitors, observedMs, ...by }: Looked,
): ExperimentAnalysis["power"] {
  const nothing = { visitors_needed: null, visitors_left: null, days_left: null };
  const primaries = figures.filter(({ primary, metric }) => primary && LEAST_EFFECT[metric] !== undefined);
  const unknown = primaries.find(({ standard_error }) => standard_error === null);
  if (primaries.length === 0) return { ...nothing, reason: "no primary has a least effect" };
  if (unknown !== undefined || observedMs <= 0) {
    return { ...nothing, reason: unknown?.reason ?? "no visit is mature yet" };
  }
  const factors = primaries.map((figure) => timesAsMany(figure, LEAST_EFFECT[figure.metric] ?? 0, by));
  const factor = Math.max(...factors);
  const slowest = primaries[factors.indexOf(factor)];
  const needed = Math.ceil(visitors * factor);
  const left = Math.max(0, needed - visitors);
  const days = (Math.max(0, factor - 1) * observedMs) / DAY_MS;
  const what = `${LEAST_EFFECT[slowest?.metric ?? "engagement"]} of ${slowest?.metric} in ${slowest?.arm}`;
  const reason =
    left === 0
      ? `a difference of ${what} would have been found with a power of ${by.power}`
      : `${left} more visitors, ${days.toFixed(1)} days, until a difference of ${what} would be found with a power of ${by.power}`;
  return { visitors_needed: needed, visitors_left: left, days_left: days, reason };
}

/** Steps to the visitors that are wanted at all looks: bounds hang on them by a logarithm, so that each is far closer than the last. */
const STEPS = 30;

/** How many times as many visitors as so far it takes until an effect is found. */
function timesAsMany(
  { standard_error, worth, sequential }: ExperimentFigure,
  effect: number,
  { alone: alpha, tunedFor, isExtended, power }: Omit<Looked, "visitors" | "observedMs">,
): number {
  const error = standard_error ?? 0;
  const surely = standardNormalQuantile(power);
  const squared = (width: number): number => ((error * (width + surely)) / effect) ** 2;
  if (!isExtended || worth === null) return squared(-standardNormalQuantile(alpha / 2));
  const widthAt = (times: number): number => sequenceWidth({ alpha, n: worth * times, tunedFor, sides: 2 });
  const { lower, upper } = sequential ?? { lower: null, upper: null };
  // By how much the few degrees of freedom of the buckets widen it.
  const wider = lower === null || upper === null || error === 0 ? 1 : (upper - lower) / (2 * error) / widthAt(1);
  let times = 1;
  for (let step = 0; step < STEPS; step++) times = squared(wider * widthAt(times));
  return times;
}
