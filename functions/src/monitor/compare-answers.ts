import type { Lifecycle } from "../config.ts";
import type { AnswerDrift, PairedAccuracy } from "../deploy/evidence.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { clusteredRatio } from "../stats/clustered-ratio.ts";
import { tQuantile } from "../stats/distributions.ts";
import { totalVariationNoise } from "../stats/total-variation.ts";
import type { HealthFinding } from "./schema.ts";

type Policy = Lifecycle["monitoring"];

/**
 * The version in service against `previous_good` on the same visitors, for each group that varies: what a return would change.
 * Whatever the site does is in both.
 */
export function accuracyFindings(
  groups: readonly PairedAccuracy[],
  target: ServedVersion,
  { accuracy_drop: drop, alpha, min_visits }: Policy,
): HealthFinding[] {
  return groups.flatMap(({ group, sums, candidate: own, stable: other }): HealthFinding[] => {
    const n = sums.clusters;
    if (n < min_visits) return [];
    const { estimate, standardError, degreesOfFreedom } = clusteredRatio(sums);
    // Who never differ vary as much as one visitor in n would.
    const half = tQuantile(1 - alpha, degreesOfFreedom) * Math.max(standardError, 1 / n);
    if (estimate + half >= -drop) return [];
    const reason = `accuracy of ${group} is ${own.toFixed(3)}, and ${other.toFixed(3)} by ${target} on the same ${n} visitors`;
    return [{ metric: "accuracy", span: "24h", severity: "high", whose: "model", reason }];
  });
}

/**
 * Answers of the last day that are far from those to the version's own reference at the same hours of the week. A version answers
 * the same to the same visit for ever, so that this says that its visitors have changed: a person is told, and nothing is undone.
 */
export function driftFindings(
  drift: readonly AnswerDrift[],
  { prediction_drift: threshold, alpha, min_visits }: Policy,
): HealthFinding[] {
  return drift.flatMap(({ group, distance, n, m }): HealthFinding[] => {
    if (n < min_visits) return [];
    if (distance - totalVariationNoise({ referenceSize: m, currentSize: n, alpha }) <= threshold) return [];
    const reason = `answers of ${group} to ${n} visitors are ${distance.toFixed(3)} from those to its reference (total variation)`;
    return [{ metric: "prediction_drift", span: "24h", severity: "medium", whose: "model", reason }];
  });
}
