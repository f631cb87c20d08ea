import type { Lifecycle } from "../config.ts";
import { clusteredRatio } from "../stats/clustered-ratio.ts";
import { sequenceWidth } from "../stats/confidence-sequence.ts";
import { totalVariationNoise } from "../stats/total-variation.ts";
import { inUnit, signed, TUNED_FOR } from "./differences.ts";
import type { AnswerDrift, PairedAccuracy } from "./evidence.ts";
import type { MetricFigure } from "./schema.ts";

type Policy = Lifecycle["deployment"];

/** Accuracy of the candidate against stable on the same visits, for each group that varies; the alpha is dealt out among them. */
export function accuracyFigures(accuracy: readonly PairedAccuracy[], policy: Policy): MetricFigure[] {
  const { alpha, margin, dry_run } = policy.guardrails.accuracy;
  return accuracy.map(({ group, sums, candidate, stable }): MetricFigure => {
    const of = {
      metric: "accuracy" as const,
      scope: group,
      margin: -margin,
      control: stable,
      treatment: candidate,
      dry_run,
    };
    const n = sums.clusters;
    if (n < policy.first_look_visits) {
      const reason = `accuracy of ${group}: ${n} visitors, ${policy.first_look_visits} are needed`;
      return { ...of, finding: "insufficient_data", estimate: null, lower: null, upper: null, n, reason };
    }
    const { estimate, standardError, degreesOfFreedom } = clusteredRatio(sums);
    const bound = (spent: number): number =>
      // Who never differ vary as much as one visitor in n would.
      Math.max(standardError, 1 / n) *
      sequenceWidth({ alpha: spent, n, tunedFor: TUNED_FOR, sides: 1, degreesOfFreedom });
    const half = bound(alpha / accuracy.length);
    const finding =
      estimate + half < -margin ? "harm" : estimate - bound(policy.pass_alpha) > -margin ? "passed" : "unsure";
    const reason = `accuracy of ${group} ${inUnit(candidate, "points")} against ${inUnit(stable, "points")} on ${n} visitors, ${signed(estimate, "points")} [${signed(estimate - half, "points")}, ${signed(estimate + half, "points")}]`;
    return { ...of, finding, estimate, lower: estimate - half, upper: estimate + half, n, reason };
  });
}

/** The candidate's answers against those of its reference: drift is a distance that is beyond the margin and what may be chance. */
export function driftFigures(drift: readonly AnswerDrift[], policy: Policy): MetricFigure[] {
  const { alpha, margin, dry_run } = policy.guardrails.prediction_drift;
  return drift.map(({ group, distance, n, m }): MetricFigure => {
    const of = { metric: "prediction_drift" as const, scope: group, margin, control: null, treatment: null, dry_run };
    if (n < policy.first_look_visits) {
      const reason = `answers of ${group}: ${n} visitors, ${policy.first_look_visits} are needed`;
      return { ...of, finding: "insufficient_data", estimate: distance, lower: null, upper: null, n, reason };
    }
    const noise = totalVariationNoise({ referenceSize: m, currentSize: n, alpha: alpha / drift.length });
    const lower = distance - noise;
    return {
      ...of,
      finding: lower > margin ? "harm" : "unsure",
      estimate: distance,
      lower,
      upper: null,
      n,
      reason: `answers of ${group} are ${distance.toFixed(3)} from those of its reference (total variation), ${noise.toFixed(3)} may be chance`,
    };
  });
}
