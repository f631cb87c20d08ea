import { CLASS_GROUPS, type ClassGroup, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { CELLS, HISTORY_BANDS, HISTORY_FEATURES, type HistoryBand, type HistoryFeature } from "../registry/schema.ts";
import { binCount, binOf } from "./binning.ts";
import { historyBand } from "./history-band.ts";
import type { MatchedReference } from "./matched-reference.ts";
import type { Day } from "./visitors.ts";

/**
 * Features that are compared with the same hours of the week. Not the four of the clock, whose change is traffic (the
 * seasonal trigger's matter): against a reference of other hours they always drift.
 */
const BY_HOUR = [
  "is_mobile",
  "is_tablet",
  "is_desktop",
  "touch_enabled",
  "device_pixel_ratio",
  "viewport_area",
  "aspect_ratio",
  "viewport_diagonal",
  "pixel_density",
  "estimated_network_speed",
  "accessibility_needs",
] as const satisfies readonly FeatureName[];
type FeatureByHour = (typeof BY_HOUR)[number];

/** It grows with the age of the site, whatever visitors are like: told, but nothing fires by it. */
export const REPORTED_ONLY = "days_since_first_visit" as const;

/** The features that drift is looked for in, 14. */
export const WATCHED_FEATURES = [...BY_HOUR, ...HISTORY_FEATURES] as const;
export type WatchedFeature = (typeof WATCHED_FEATURES)[number];

/** Whether a feature is compared within history bands, not by hours. */
export function isHistory(feature: FeatureName): feature is HistoryFeature {
  return (HISTORY_FEATURES as readonly FeatureName[]).includes(feature);
}

/** A day's visitors, counted over the bins of a reference. */
export interface DayCounts {
  visitors: number;
  /** Share of the visitors per hour-of-week cell; all 0 if there are none. */
  mix: Float64Array;
  /** Counts per bin, of the features that are compared by hour and the one that is reported only. */
  histograms: Record<FeatureByHour | typeof REPORTED_ONLY, number[]>;
  /** Counts per bin of the history features, by band. */
  bands: Record<HistoryBand, { visitors: number; histograms: Record<HistoryFeature, number[]> }>;
  languages: ReadonlyMap<string, number>;
  /** Of the visitors that the version in service could answer: how many, their mix, and classes per group. */
  answered: { visitors: number; mix: Float64Array; classes: Record<ClassGroup, number[]> };
}

const COUNTED = [...BY_HOUR, REPORTED_ONLY].map((name) => ({ name, column: FEATURE_NAMES.indexOf(name) }));
const HISTORY = HISTORY_FEATURES.map((name) => ({ name, column: FEATURE_NAMES.indexOf(name) }));
const DAYS_COLUMN = FEATURE_NAMES.indexOf(REPORTED_ONLY);

/** Counts a day over a reference's bins. */
export function countDay({ visitors }: Day, { reference: { features } }: MatchedReference): DayCounts {
  const zeros = (name: FeatureName): number[] => Array<number>(binCount(features[name])).fill(0);
  const histograms = record(COUNTED, ({ name }) => [name, zeros(name)]);
  const bands = record(HISTORY_BANDS, (band) => [
    band,
    { visitors: 0, histograms: record(HISTORY_FEATURES, (name) => [name, zeros(name)]) },
  ]);
  const languages = new Map<string, number>();
  const cells = new Float64Array(CELLS);
  const answeredCells = new Float64Array(CELLS);
  const classes: Record<ClassGroup, number[]> = { density: [0, 0, 0], font: [0, 0, 0], theme: [0, 0, 0] };
  let answeredVisitors = 0;
  for (const { cell, features: row, language, answered } of visitors) {
    increment(cells, cell);
    for (const { name, column } of COUNTED)
      increment(histograms[name], binOf(features[name], row[column] ?? Number.NaN));
    const band = bands[historyBand(row[DAYS_COLUMN] ?? Number.NaN)];
    band.visitors++;
    for (const { name, column } of HISTORY) {
      increment(band.histograms[name], binOf(features[name], row[column] ?? Number.NaN));
    }
    languages.set(language, (languages.get(language) ?? 0) + 1);
    if (answered === null) continue;
    answeredVisitors++;
    increment(answeredCells, cell);
    for (const group of CLASS_GROUPS) increment(classes[group], answered[group]);
  }
  return {
    visitors: visitors.length,
    mix: shares(cells, visitors.length),
    histograms,
    bands,
    languages,
    answered: { visitors: answeredVisitors, mix: shares(answeredCells, answeredVisitors), classes },
  };
}

function shares(counts: Float64Array, total: number): Float64Array {
  return total === 0 ? counts : counts.map((count) => count / total);
}

function record<From, Name extends string, Value>(
  names: readonly From[],
  make: (name: From) => [Name, Value],
): Record<Name, Value> {
  return Object.fromEntries(names.map(make)) as Record<Name, Value>;
}

function increment(counts: number[] | Float64Array, index: number): void {
  const before = counts[index];
  if (before === undefined) throw new RangeError(`there is no place ${index} of ${counts.length}`);
  counts[index] = before + 1;
}
