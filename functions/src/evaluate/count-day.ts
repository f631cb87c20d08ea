import { CLASS_GROUPS, type ClassGroup } from "../design/schema.ts";
import { CELLS, HISTORY_BANDS, HISTORY_FEATURES, type HistoryBand, type HistoryFeature } from "../registry/schema.ts";
import { BY_HOUR, type FeatureByHour, REPORTED_ONLY } from "./compared-features.ts";
import type { MatchedReference } from "./matched-reference.ts";
import type { Day, Visitor } from "./visitors.ts";

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

/** What gives the places in which a visitor counts. */
export type PlacesOf<V> = (visitor: V, matched: MatchedReference) => Uint16Array;

/**
 * Counts a day over a reference's bins.
 * @param placesOf whoever counts the same visitors again and again may remember them
 */
export function countDay<V extends Visitor>(
  { visitors }: Day<V>,
  matched: MatchedReference,
  placesOf: PlacesOf<V> = ({ features }, { places }) => places.of(features),
): DayCounts {
  const { places } = matched;
  const counts = new Uint32Array(places.size);
  const languages = new Map<string, number>();
  const cells = new Float64Array(CELLS);
  const answeredCells = new Float64Array(CELLS);
  const classes: Record<ClassGroup, number[]> = { density: [0, 0, 0], font: [0, 0, 0], theme: [0, 0, 0] };
  let answeredVisitors = 0;
  for (const visitor of visitors) {
    const { cell, language, answered } = visitor;
    increment(cells, cell);
    const at = placesOf(visitor, matched);
    for (let i = 0; i < at.length; i++) counts[at[i] as number] = (counts[at[i] as number] as number) + 1;
    languages.set(language, (languages.get(language) ?? 0) + 1);
    if (answered === null) continue;
    answeredVisitors++;
    increment(answeredCells, cell);
    for (const group of CLASS_GROUPS) increment(classes[group], answered[group]);
  }
  const ofBand = (band: HistoryBand): DayCounts["bands"][HistoryBand] => {
    const histograms = record(HISTORY_FEATURES, (name) => places.histogram(counts, name, band));
    return { visitors: histograms[HISTORY_FEATURES[0]].reduce((sum, count) => sum + count, 0), histograms };
  };
  return {
    visitors: visitors.length,
    mix: shares(cells, visitors.length),
    histograms: record([...BY_HOUR, REPORTED_ONLY], (name) => places.histogram(counts, name)),
    bands: record(HISTORY_BANDS, ofBand),
    languages,
    answered: { visitors: answeredVisitors, mix: shares(answeredCells, answeredVisitors), classes },
  };
}

function record<Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}

function shares(counts: Float64Array, total: number): Float64Array {
  return total === 0 ? counts : counts.map((count) => count / total);
}

function increment(counts: number[] | Float64Array, index: number): void {
  const before = counts[index];
  if (before === undefined) throw new RangeError(`there is no place ${index} of ${counts.length}`);
  counts[index] = before + 1;
}
