import { CLASS_GROUPS, type ClassGroup, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { CELLS, HISTORY_BANDS, HISTORY_FEATURES, type HistoryBand, type HistoryFeature } from "../registry/schema.ts";
import { binCount } from "./binning.ts";
import { historyBand } from "./history-band.ts";
import type { MatchedReference } from "./matched-reference.ts";
import type { Day, Visitor } from "./visitors.ts";

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

const COLUMNS = [...BY_HOUR, REPORTED_ONLY, ...HISTORY_FEATURES].map((name) => ({
  name,
  column: FEATURE_NAMES.indexOf(name),
}));
const HISTORY_FROM = COLUMNS.length - HISTORY_FEATURES.length;
const DAYS_COLUMN = FEATURE_NAMES.indexOf(REPORTED_ONLY);

/** What of a visitor is counted: the history band, then the bin of each compared feature. */
export type Binned = Uint8Array;

/** Bins a visitor by a reference. */
export function binVisitor({ features }: Visitor, { binOf }: MatchedReference): Binned {
  const bins = new Uint8Array(1 + COLUMNS.length);
  bins[0] = HISTORY_BANDS.indexOf(historyBand(features[DAYS_COLUMN] as number));
  COLUMNS.forEach(({ name, column }, i) => {
    bins[1 + i] = binOf[name](features[column] as number);
  });
  return bins;
}

/**
 * Counts a day over a reference's bins.
 * @param binned bins a visitor; whoever counts the same visitors again and again may remember them
 */
export function countDay<V extends Visitor>(
  { visitors }: Day<V>,
  matched: MatchedReference,
  binned: (visitor: V, matched: MatchedReference) => Binned = binVisitor,
): DayCounts {
  const { features } = matched.reference;
  const zeros = (name: FeatureName): number[] => Array<number>(binCount(features[name])).fill(0);
  const byHour = COLUMNS.slice(0, HISTORY_FROM).map(({ name }) => zeros(name));
  const byBand = HISTORY_BANDS.map(() => ({ visitors: 0, histograms: HISTORY_FEATURES.map(zeros) }));
  const languages = new Map<string, number>();
  const cells = new Float64Array(CELLS);
  const answeredCells = new Float64Array(CELLS);
  const classes: Record<ClassGroup, number[]> = { density: [0, 0, 0], font: [0, 0, 0], theme: [0, 0, 0] };
  let answeredVisitors = 0;
  for (const visitor of visitors) {
    const { cell, language, answered } = visitor;
    increment(cells, cell);
    const bins = binned(visitor, matched);
    const band = byBand[bins[0] as number] as (typeof byBand)[number];
    band.visitors++;
    for (let i = 0; i < HISTORY_FROM; i++) increment(byHour[i] as number[], bins[1 + i] as number);
    for (let i = HISTORY_FROM; i < COLUMNS.length; i++) {
      increment(band.histograms[i - HISTORY_FROM] as number[], bins[1 + i] as number);
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
    histograms: record(COLUMNS.slice(0, HISTORY_FROM), ({ name }, i) => [name, byHour[i]]) as DayCounts["histograms"],
    bands: record(HISTORY_BANDS, (band, b) => {
      const { visitors: known = 0, histograms = [] } = byBand[b] ?? {};
      return [band, { visitors: known, histograms: record(HISTORY_FEATURES, (name, i) => [name, histograms[i]]) }];
    }) as DayCounts["bands"],
    languages,
    answered: { visitors: answeredVisitors, mix: shares(answeredCells, answeredVisitors), classes },
  };
}

function shares(counts: Float64Array, total: number): Float64Array {
  return total === 0 ? counts : counts.map((count) => count / total);
}

function record<From, Name extends string, Value>(
  names: readonly From[],
  make: (name: From, index: number) => [Name, Value],
): Record<Name, Value> {
  return Object.fromEntries(names.map(make)) as Record<Name, Value>;
}

function increment(counts: number[] | Float64Array, index: number): void {
  const before = counts[index];
  if (before === undefined) throw new RangeError(`there is no place ${index} of ${counts.length}`);
  counts[index] = before + 1;
}
