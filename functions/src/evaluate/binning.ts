import type { FeatureName } from "../design/schema.ts";
import type { Binning } from "../registry/schema.ts";

/** Bins of a feature that has many values. */
const QUANTILE_BINS = 10;

const FLAG = [0, 1];
const LEVELS = [0, 1, 2];

/** Features with few values: a bin for each. All others are cut at the reference's quantiles. */
const VALUES: Partial<Record<FeatureName, readonly number[]>> = {
  hour_of_day: Array.from({ length: 24 }, (_, hour) => hour),
  is_weekend: FLAG,
  is_business_hours: FLAG,
  is_mobile: FLAG,
  is_tablet: FLAG,
  is_desktop: FLAG,
  touch_enabled: FLAG,
  user_density_group: LEVELS,
  estimated_network_speed: LEVELS,
  accessibility_needs: [0, 0.25, 0.5, 0.75, 1],
};

/**
 * Bins of a feature, fixed on its reference values: deciles with open ends. A decile is a value that occurs (Hyndman and Fan
 * 1996, type 1: the inverse of the empirical distribution), since interpolated ones would fall between the few values of a
 * discrete feature. Equal deciles are one edge, and none is the smallest value, so that no bin is empty by construction.
 * @param values of the reference, NaN where missing
 */
export function chooseBinning(feature: FeatureName, values: Float64Array): Binning {
  const few = VALUES[feature];
  if (few !== undefined) return { kind: "values", values: [...few] };
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const edges = new Set<number>();
  for (let i = 1; i < QUANTILE_BINS; i++) {
    const decile = sorted[Math.ceil((sorted.length * i) / QUANTILE_BINS) - 1];
    if (decile !== undefined && decile !== sorted[0]) edges.add(decile);
  }
  return { kind: "edges", edges: [...edges] };
}

/** Number of bins, the last of which is for missing values. */
export function binCount(binning: Binning): number {
  return (binning.kind === "edges" ? binning.edges.length + 1 : binning.values.length + 1) + 1;
}

/**
 * What gives the bin of a value, 0 to binCount - 1; NaN is missing. Values and edges are compared in single precision: so a
 * value falls into the same bin whether it comes as it was computed or as 32 bits, and a common one lies exactly on an edge.
 */
export function binner(binning: Binning): (value: number) => number {
  const limits = Float32Array.from(binning.kind === "edges" ? binning.edges : binning.values);
  const missing = limits.length + 1;
  const isEdges = binning.kind === "edges";
  return (value) => {
    if (Number.isNaN(value)) return missing;
    const single = Math.fround(value);
    let bin = 0;
    if (isEdges) while (bin < limits.length && single >= (limits[bin] as number)) bin++;
    else while (bin < limits.length && single !== limits[bin]) bin++;
    return bin;
  };
}
