import { latencyOf, missingOf, outcomeOf } from "../collect/arm-means.ts";
import type { ArmSums, Stratum } from "../collect/arm-sums.ts";
import type { Lifecycle } from "../config.ts";
import { sequenceWidth } from "../stats/confidence-sequence.ts";
import { type BucketSums, type StratumSums, stratifiedDifference } from "../stats/stratified-difference.ts";
import type { Metric, MetricFigure } from "./schema.ts";

type Policy = Lifecycle["deployment"];

/** Visits, or visitors, at which sequences are narrowest: harm of some points is seen after some hundred of them. */
export const TUNED_FOR = 500;

/** A metric that is a mean, with the direction and the size of its harm. */
export interface MeanMetric {
  metric: Extract<Metric, "engagement" | "click_through" | "satisfaction" | "rendering" | "latency" | "missing_logs">;
  /** Sums of an arm by bucket, in the unit of the figure. */
  sums: (arm: ArmSums) => BucketSums;
  /** Harm is a difference beyond it: below it where more is better, above it where less is. */
  margin: number;
  better: "more" | "less";
  /** Margin by which a stage passes; null for a metric that can only fail. */
  passMargin: number | null;
  /** Weight of the treatment under which nothing is said. */
  firstLook: number;
  unit: "points" | "stars" | "ms";
}

/** The metrics that are means, with the policy's margins. */
export function meanMetrics(policy: Policy, { isLastPass }: { isLastPass: boolean }): MeanMetric[] {
  const { guardrails, first_look_visits: visits } = policy;
  const { engagement, satisfaction, latency, rendering, missing_logs } = guardrails;
  const engagementMargin = isLastPass ? engagement.last_pass_margin : engagement.pass_margin;
  const more = { better: "more", margin: 0, firstLook: visits, passMargin: null } as const;
  const less = { better: "less", firstLook: visits, passMargin: null } as const;
  return [
    {
      ...more,
      metric: "engagement",
      sums: outcomeOf("engaged", "visits", 1),
      passMargin: engagementMargin,
      unit: "points",
    },
    { ...more, metric: "click_through", sums: outcomeOf("click_through_millionths", "visits", 1e-6), unit: "points" },
    {
      ...more,
      metric: "satisfaction",
      sums: outcomeOf("satisfaction", "satisfaction_count", 1),
      firstLook: satisfaction.first_look_ratings,
      unit: "stars",
    },
    {
      ...less,
      metric: "rendering",
      sums: outcomeOf("rendering_us", "visits", 1e-3),
      margin: rendering.margin_ms,
      unit: "ms",
    },
    {
      ...less,
      metric: "latency",
      sums: latencyOf,
      margin: latency.margin_ms,
      passMargin: latency.margin_ms,
      unit: "ms",
    },
    { ...less, metric: "missing_logs", sums: missingOf, margin: missing_logs.margin, unit: "points" },
  ];
}

/** Where a figure is from, and the share of the guardrail's alpha that it may spend. */
export interface Scope {
  name: string;
  strata: readonly Stratum[];
  spends: number;
}

/** What the strata of a scope say of one mean; bounds hold at every look. */
export function meanFigure(asked: MeanMetric, { name, strata, spends }: Scope, policy: Policy): MetricFigure {
  const { metric, sums, margin, better, passMargin, firstLook, unit } = asked;
  const { alpha, dry_run } = policy.guardrails[metric];
  const of = { metric, scope: name, margin, dry_run };
  const compared = strata.flatMap(({ control, treatment }): StratumSums[] =>
    control === null ? [] : [{ control: sums(control), treatment: sums(treatment) }],
  );
  const guarded = stratifiedDifference(compared, { guarded: true });
  const seen = strata.reduce((all, { treatment }) => all + total(sums(treatment).w), 0);
  if (guarded.status !== "measured" || guarded.weights.treatment < firstLook) {
    const reason =
      guarded.status === "measured" || seen < firstLook
        ? `${metric}: ${Math.round(seen)} of the candidate's, ${firstLook} are needed`
        : `${metric}: ${guarded.reason}`;
    return { ...of, finding: "insufficient_data", ...nothing(seen), reason };
  }
  const { difference, standardError, worth, degreesOfFreedom, control, treatment } = guarded;
  const question = { n: worth, tunedFor: TUNED_FOR, sides: 1, degreesOfFreedom } as const;
  const half = standardError * sequenceWidth({ ...question, alpha: alpha * spends });
  const [lower, upper] = [difference - half, difference + half];
  const isHarm = better === "more" ? upper < margin : lower > margin;
  const isPassed = passMargin !== null && passes(compared, { better, passMargin }, policy);
  const finding = isHarm ? "harm" : isPassed ? "passed" : "unsure";
  const words = `${metric} ${inUnit(treatment, unit)} against ${inUnit(control, unit)}, ${signed(difference, unit)} [${signed(lower, unit)}, ${signed(upper, unit)}]`;
  return {
    ...of,
    finding,
    estimate: difference,
    lower,
    upper,
    control,
    treatment,
    n: guarded.weights.treatment,
    reason: words,
  };
}

/** True if the difference is good enough beyond doubt, over all strata. Here the treatment's own variance is what counts. */
function passes(
  compared: readonly StratumSums[],
  { better, passMargin }: { better: "more" | "less"; passMargin: number },
  { pass_alpha: alpha }: Policy,
): boolean {
  const plain = stratifiedDifference(compared, { guarded: false });
  if (plain.status !== "measured") return false;
  const { difference, standardError, worth: n, degreesOfFreedom } = plain;
  const half = standardError * sequenceWidth({ alpha, n, tunedFor: TUNED_FOR, sides: 1, degreesOfFreedom });
  return better === "more" ? difference - half > -passMargin : difference + half < passMargin;
}

function total(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0);
}

function nothing(n: number): Pick<MetricFigure, "estimate" | "lower" | "upper" | "control" | "treatment" | "n"> {
  return { estimate: null, lower: null, upper: null, control: null, treatment: null, n };
}

/** A figure as a person reads it. */
export function inUnit(value: number, unit: MeanMetric["unit"]): string {
  if (unit === "points") return `${(100 * value).toFixed(1)} %`;
  return unit === "ms" ? `${value.toFixed(1)} ms` : value.toFixed(2);
}

/** A difference, with its sign and without its unit. */
export function signed(value: number, unit: MeanMetric["unit"]): string {
  const scaled = unit === "points" ? 100 * value : value;
  return `${scaled > 0 ? "+" : ""}${scaled.toFixed(unit === "stars" ? 2 : 1)}`;
}
