import { demand } from "./measured.ts";

/** Sums over independent clusters (sessions, visitors) of what each adds to a numerator y and to a weight w. */
export interface RatioSums {
  clusters: number;
  y: number;
  w: number;
  yy: number;
  yw: number;
  ww: number;
}

/** A mean over rows whose clusters, and not they, are independent. */
export interface ClusteredRatio {
  /** Sum of y over sum of w. */
  estimate: number;
  standardError: number;
  /** Clusters less one. */
  degreesOfFreedom: number;
}

/** Part of the squares that their sums may be off by rounding: some hundred additions' worth. */
const ROUNDING = 128 * Number.EPSILON;

/** Sums without a cluster. */
export function noRatioSums(): RatioSums {
  return { clusters: 0, y: 0, w: 0, yy: 0, yw: 0, ww: 0 };
}

/** Adds a cluster's own totals. */
export function addCluster(sums: RatioSums, { y, w }: { y: number; w: number }): void {
  sums.clusters++;
  sums.y += y;
  sums.w += w;
  sums.yy += y * y;
  sums.yw += y * w;
  sums.ww += w * w;
}

/**
 * The ratio estimator with its linearised standard error (Cochran 1977, "Sampling Techniques", section 6.3, without a finite
 * population): R's survey::svyratio over clusters. With every w = 1 it is the mean and its usual standard error (ddof = 1).
 * @throws RangeError for fewer than two clusters, or without weight
 */
export function clusteredRatio({ clusters, y, w, yy, yw, ww }: RatioSums): ClusteredRatio {
  demand(clusters >= 2, "a standard error takes two clusters");
  demand(w > 0, "the clusters have no weight");
  const estimate = y / w;
  const left = yy - 2 * estimate * yw + estimate * estimate * ww;
  // Where every cluster has the same ratio, rounding leaves a little on either side of zero: that is no variance.
  const squares = left > ROUNDING * (yy + estimate * estimate * ww) ? left : 0;
  const standardError = Math.sqrt((clusters / (clusters - 1)) * squares) / w;
  return { estimate, standardError, degreesOfFreedom: clusters - 1 };
}
