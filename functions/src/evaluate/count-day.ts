import { CLASSES, type ClassGroup } from "../design/schema.ts";
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
  const cells = new Uint32Array(CELLS);
  const answeredCells = new Uint32Array(CELLS);
  const density = new Uint32Array(CLASSES.density.length);
  const font = new Uint32Array(CLASSES.font.length);
  const theme = new Uint32Array(CLASSES.theme.length);
  let answeredVisitors = 0;
  for (const visitor of visitors) {
    const { cell, language, answered } = visitor;
    increment(cells, cell);
    const at = placesOf(visitor, matched);
    for (let i = 0; i < at.length; i++) increment(counts, at[i] as number);
    languages.set(language, (languages.get(language) ?? 0) + 1);
    if (answered === null) continue;
    answeredVisitors++;
    increment(answeredCells, cell);
    increment(density, answered.density);
    increment(font, answered.font);
    increment(theme, answered.theme);
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
    answered: {
      visitors: answeredVisitors,
      mix: shares(answeredCells, answeredVisitors),
      classes: { density: [...density], font: [...font], theme: [...theme] },
    },
  };
}

function record<Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}

function shares(counts: Uint32Array, total: number): Float64Array {
  return Float64Array.from(counts, (count) => (total === 0 ? 0 : count / total));
}

/** @throws {RangeError} a place that there is not: what is not counted must not pass for nothing */
function increment(counts: Uint32Array, place: number): void {
  if (!(place >= 0 && place < counts.length)) throw new RangeError(`there is no place ${place} of ${counts.length}`);
  counts[place] = (counts[place] as number) + 1;
}
