import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Figures that follow from sums over independent clusters (sessions, visitors), whose rows are not independent. */
export interface ClusterSums {
  /** clusters x width, cluster by cluster: each has its own sums, and those of all are their total. */
  sums: Float64Array;
  width: number;
}

/** Resamples: with 999 the bounds of 95 % are the 25th and the 975th of the sorted figures, without interpolation. */
const RESAMPLES = 999;
const TAIL = 0.025;

/** Sums over all clusters. */
export function totalOf({ sums, width }: ClusterSums): Float64Array {
  const total = new Float64Array(width);
  for (let i = 0; i < sums.length; i++) total[i % width] = (total[i % width] as number) + (sums[i] as number);
  return total;
}

/**
 * 95 % percentile intervals of figures by the cluster bootstrap: as many clusters as there are are drawn with replacement, 999
 * times. All figures are computed from the same draws, so that a difference of two is paired. The bounds are the order
 * statistics (R + 1) a of Davison and Hinkley 1997, "Bootstrap Methods and their Application", section 5.2. The same sums and
 * seed give the same intervals.
 * @param figures from the sums of a resample; as many, in the same order, at every call
 * @returns [low, high] of each figure; of one that is NaN in every resample [NaN, NaN]; where there is no cluster, none
 */
export function bootstrapIntervals(
  { sums, width }: ClusterSums,
  figures: (total: Float64Array) => readonly number[],
  { seed }: { seed: number },
): [low: number, high: number][] {
  const clusters = sums.length / width;
  if (clusters === 0) return [];
  const random = xoroshiro128plus(seed);
  const drawn: number[][] = [];
  const total = new Float64Array(width);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    total.fill(0);
    for (let i = 0; i < clusters; i++) {
      const at = uniformInt(random, 0, clusters - 1) * width;
      for (let j = 0; j < width; j++) total[j] = (total[j] as number) + (sums[at + j] as number);
    }
    figures(total).forEach((figure, i) => {
      drawn[i] ??= [];
      drawn[i].push(figure);
    });
  }
  return drawn.map((values) => {
    const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    const rank = (share: number): number =>
      Math.min(sorted.length, Math.max(1, Math.round(share * (sorted.length + 1))));
    const at = (share: number): number => sorted[rank(share) - 1] ?? Number.NaN;
    return [at(TAIL), at(1 - TAIL)];
  });
}
