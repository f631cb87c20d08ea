import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { type Booster, parseBooster } from "./format.ts";
import type { Bundle } from "./schema.ts";

/** What the splits on each column of a booster add up to, as XGBoost's get_score tells it. */
export interface SplitTotals {
  /** Splits: `weight`. */
  weight: Float64Array;
  /** Loss reduction: `total_gain`. */
  gain: Float64Array;
  /** Hessians of the rows that come by, for a squared error their number: `total_cover`. */
  cover: Float64Array;
}

/** Adds up the splits of a booster by column. */
export function splitTotals({ left, feature, gain, cover, features }: Booster): SplitTotals {
  const totals = {
    weight: new Float64Array(features),
    gain: new Float64Array(features),
    cover: new Float64Array(features),
  };
  left.forEach((child, node) => {
    if (child < 0) return;
    const column = feature[node] as number;
    const add = (to: Float64Array, value: number): void => {
      to[column] = (to[column] as number) + value;
    };
    add(totals.weight, 1);
    add(totals.gain, gain[node] as number);
    add(totals.cover, cover[node] as number);
  });
  return totals;
}

/** Share of each feature, 0-1. Empty where no target has trees that split. */
export type FeatureShares = Partial<Record<FeatureName, number>>;

/**
 * Shares that each feature has in a version's splits: the mean over its models of the shares within each, since totals of models
 * with other losses cannot be added.
 */
export function splitShares(
  bundle: Bundle,
  files: ReadonlyMap<string, Uint8Array>,
): Record<keyof SplitTotals, FeatureShares> {
  const targets = [...Object.values(bundle.classes), ...Object.values(bundle.variables)];
  const models = targets.flatMap((target) => {
    const bytes = target.kind === "trees" ? files.get(target.file) : undefined;
    return bytes === undefined ? [] : [splitTotals(parseBooster(bytes))];
  });
  const sharesOf = (kind: keyof SplitTotals): FeatureShares => {
    const shares = models.flatMap((totals) => {
      const sum = totals[kind].reduce((all, total) => all + total, 0);
      return sum > 0 ? [totals[kind].map((total) => total / sum)] : [];
    });
    if (shares.length === 0) return {};
    const mean = (column: number): number => shares.reduce((sum, of) => sum + (of[column] ?? 0), 0) / shares.length;
    return Object.fromEntries(FEATURE_NAMES.map((name) => [name, mean(bundle.features.indexOf(name))]));
  };
  return { weight: sharesOf("weight"), gain: sharesOf("gain"), cover: sharesOf("cover") };
}

/** Share of a version's gain that each feature makes. */
export function gainShares(bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): FeatureShares {
  return splitShares(bundle, files).gain;
}
