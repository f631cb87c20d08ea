import { Draws } from "../crowd/draws.ts";

/** A mean with its two-sided 95 % interval. */
export type Interval = [low: number, mean: number, high: number];

/** One visit's figure and the visitor that it belongs to. */
export interface Observation {
  visitor: number;
  value: number;
}

const RESAMPLES = 2000;
const TAIL = 0.025;

/**
 * Mean over visits with a 95 % interval over visitors: visits of one visitor are alike, so whole visitors are drawn.
 * Percentile cluster bootstrap, 2000 resamples (Davison and Hinkley, Bootstrap Methods and their Application, 1997, 3.8).
 * @throws {RangeError} without observations
 */
export function meanOverVisitors(observations: readonly Observation[], seed: number): Interval {
  const clusters = new Map<number, { sum: number; visits: number }>();
  for (const { visitor, value } of observations) {
    const cluster = clusters.get(visitor) ?? { sum: 0, visits: 0 };
    clusters.set(visitor, { sum: cluster.sum + value, visits: cluster.visits + 1 });
  }
  const all = [...clusters.values()];
  if (all.length === 0) throw new RangeError("a mean needs at least one observation");
  const draws = new Draws(seed, "bootstrap", all.length);
  const means = Array.from({ length: RESAMPLES }, () =>
    ratio(Array.from(all, (cluster) => all[draws.integer(0, all.length - 1)] ?? cluster)),
  ).sort((a, b) => a - b);
  const at = (share: number) => means[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN;
  return [at(TAIL), ratio(all), at(1 - TAIL)];
}

function ratio(clusters: readonly { sum: number; visits: number }[]): number {
  let sum = 0;
  let visits = 0;
  for (const cluster of clusters) {
    sum += cluster.sum;
    visits += cluster.visits;
  }
  return sum / visits;
}
