import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { type Booster, parseBooster } from "./format.ts";
import type { Bundle } from "./schema.ts";

/** Total loss reduction of the splits on each column of a booster: `total_gain` of XGBoost's get_score. */
export function totalGains({ left, feature, gain, features }: Booster): Float64Array {
  const totals = new Float64Array(features);
  left.forEach((child, node) => {
    if (child < 0) return;
    const column = feature[node] as number;
    totals[column] = (totals[column] ?? 0) + (gain[node] as number);
  });
  return totals;
}

/**
 * Share of a version's gain that each feature makes, 0-1: the mean over its models of the shares within each, since the gains of
 * models with other losses cannot be added. Empty where no target has trees that split.
 */
export function gainShares(
  bundle: Bundle,
  files: ReadonlyMap<string, Uint8Array>,
): Partial<Record<FeatureName, number>> {
  const targets = [...Object.values(bundle.classes), ...Object.values(bundle.variables)];
  const models = targets.flatMap((target) => {
    const bytes = target.kind === "trees" ? files.get(target.file) : undefined;
    if (bytes === undefined) return [];
    const gains = totalGains(parseBooster(bytes));
    const sum = gains.reduce((total, gain) => total + gain, 0);
    return sum > 0 ? [gains.map((gain) => gain / sum)] : [];
  });
  if (models.length === 0) return {};
  const shares = FEATURE_NAMES.map((name): [FeatureName, number] => {
    const column = bundle.features.indexOf(name);
    return [name, models.reduce((sum, gains) => sum + (gains[column] ?? 0), 0) / models.length];
  });
  return Object.fromEntries(shares) as Partial<Record<FeatureName, number>>;
}
