import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { HISTORY_BANDS, HISTORY_FEATURES, type HistoryBand, type Reference } from "../registry/schema.ts";
import { binCount, binner } from "./binning.ts";
import { BY_HOUR, REPORTED_ONLY } from "./compared-features.ts";
import { historyBand } from "./history-band.ts";

const DAYS_COLUMN = FEATURE_NAMES.indexOf(REPORTED_ONLY);

interface Column {
  column: number;
  bin: (value: number) => number;
  /** Of its first bin: one, or one for each history band. */
  places: readonly number[];
  bins: number;
}

/**
 * The bins of all compared features in one row, so that a day is counted in one typed array. A history feature has bins for
 * each band.
 */
export class BinPlaces {
  /** Bins in all. */
  readonly size: number;
  private readonly columns = new Map<FeatureName, Column>();

  constructor(features: Reference["features"]) {
    let size = 0;
    const add = (name: FeatureName, times: number): void => {
      const bins = binCount(features[name]);
      const places = Array.from({ length: times }, (_, i) => size + i * bins);
      this.columns.set(name, { column: FEATURE_NAMES.indexOf(name), bin: binner(features[name]), places, bins });
      size += times * bins;
    };
    for (const name of [...BY_HOUR, REPORTED_ONLY]) add(name, 1);
    for (const name of HISTORY_FEATURES) add(name, HISTORY_BANDS.length);
    this.size = size;
  }

  /** The places that a visitor counts in, one for each feature. */
  of(features: Float32Array): Uint16Array {
    const places = new Uint16Array(this.columns.size);
    const band = HISTORY_BANDS.indexOf(historyBand(features[DAYS_COLUMN] as number));
    let i = 0;
    for (const { column, bin, places: first } of this.columns.values()) {
      places[i++] = (first[first.length === 1 ? 0 : band] as number) + bin(features[column] as number);
    }
    return places;
  }

  /** Counts per bin of a feature; of a history feature those of a band. */
  histogram(counts: Uint32Array, feature: FeatureName, band?: HistoryBand): number[] {
    const { places, bins } = this.columns.get(feature) as Column;
    const from = places[band === undefined ? 0 : HISTORY_BANDS.indexOf(band)] as number;
    return Array.from(counts.subarray(from, from + bins));
  }
}
