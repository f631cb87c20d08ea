import { bootstrapIntervals, totalOf } from "../../functions/src/stats/bootstrap.ts";

/** A mean with its two-sided 95 % interval. */
export type Interval = [low: number, mean: number, high: number];

/** One visit's figure and the visitor that it belongs to. */
export interface Observation {
  visitor: number;
  value: number;
}

/**
 * Mean over visits with a 95 % interval over visitors: visits of one visitor are alike, so whole visitors are drawn.
 * @throws {RangeError} without observations
 */
export function meanOverVisitors(observations: readonly Observation[], seed: number): Interval {
  const clusters = new Map<number, [sum: number, visits: number]>();
  for (const { visitor, value } of observations) {
    const [sum, visits] = clusters.get(visitor) ?? [0, 0];
    clusters.set(visitor, [sum + value, visits + 1]);
  }
  const sums = { sums: Float64Array.from([...clusters.values()].flat()), width: 2 };
  const mean = ([sum = 0, visits = 0]: Float64Array): number => sum / visits;
  const [interval] = bootstrapIntervals(sums, (total) => [mean(total)], { seed });
  if (interval === undefined) throw new RangeError("a mean needs at least one observation");
  const [low, high] = interval;
  return [low, mean(totalOf(sums)), high];
}
