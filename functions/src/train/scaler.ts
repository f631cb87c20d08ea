import { mean, quantileSorted, sampleStandardDeviation } from "simple-statistics";
import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { COLUMNS, type Examples } from "./examples.ts";

/** What the rows of a training look like in one feature. Trees need no scaling: this is for people, and for other models. */
interface FeatureStatistics {
  rows: number;
  /** Share of the rows, 0-1. */
  missing: number;
  /** Of the values that are there; null where there is none. */
  mean: number | null;
  /** ddof = 1; null with fewer than two values. */
  sd: number | null;
  min: number | null;
  /** R's type 7, as simple-statistics has them. */
  quartiles: [number, number, number] | null;
  max: number | null;
}

/** `scaler.json` of a version. */
interface Scaler {
  schema_version: 1;
  features: Record<FeatureName, FeatureStatistics>;
}

/** The statistics of every feature over the rows that a version learns from. */
export function scalerOf({ features }: Pick<Examples, "features">, rows: Int32Array): Scaler {
  const of = (column: number): FeatureStatistics => {
    const values = Float64Array.from(rows, (row) => features[row * COLUMNS + column] as number)
      .filter((value) => !Number.isNaN(value))
      .sort();
    const all = Array.from(values);
    const missing = rows.length === 0 ? 0 : 1 - all.length / rows.length;
    if (all.length === 0) {
      return { rows: rows.length, missing, mean: null, sd: null, min: null, quartiles: null, max: null };
    }
    return {
      rows: rows.length,
      missing,
      mean: mean(all),
      sd: all.length < 2 ? null : sampleStandardDeviation(all),
      min: all[0] as number,
      quartiles: [0.25, 0.5, 0.75].map((p) => quantileSorted(all, p)) as [number, number, number],
      max: all.at(-1) as number,
    };
  };
  const entries = FEATURE_NAMES.map((name, column): [FeatureName, FeatureStatistics] => [name, of(column)]);
  return { schema_version: 1, features: Object.fromEntries(entries) as Scaler["features"] };
}
