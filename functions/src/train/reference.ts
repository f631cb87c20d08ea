import { CLASS_GROUPS, type ClassGroup, FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { binCount, binner, chooseBinning } from "../evaluate/binning.ts";
import { historyBand } from "../evaluate/history-band.ts";
import {
  type Binning,
  CELLS,
  HISTORY_BANDS,
  HISTORY_FEATURES,
  type HistoryBand,
  type HistoryFeature,
  type Reference,
} from "../registry/schema.ts";
import { fnv1a32 } from "../shared/fnv.ts";
import { COLUMNS, type Examples } from "./examples.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Share of all rows below which a language is not counted. */
const RARE_LANGUAGE = 0.001;
const DAYS_COLUMN = FEATURE_NAMES.indexOf("days_since_first_visit");

/** What a reference is made of. */
export type ReferenceRows = Pick<Examples, "ids" | "features" | "unit" | "cell" | "eventMs" | "language">;

type Cell = Reference["cells"][number] & { languages: Record<string, number> };
type Band = NonNullable<Reference["bands"]>[HistoryBand];

/**
 * What the training and hold-out data looked like, per hour-of-week cell: the counts of every feature over bins that are
 * fixed here, and of the classes that the version answers. Later traffic is compared with it.
 *
 * A visitor counts once a day (UTC), by the visit whose id has the lowest hash: as good as drawn at random, and the same when
 * done again. Later traffic is counted in this way, so both are samples of the same thing: who comes often on a day weighs
 * no more in one than in the other. All rows with a larger design effect would be more rows, but of other proportions. What
 * is left to correct is that visitors come on several days.
 * @param predicted class index of each row, by the version itself, before overrides
 * @param fixed bins to count in, of an earlier reference; without them they are chosen here
 */
export function referenceOf(
  examples: ReferenceRows,
  predicted: Record<ClassGroup, Uint8Array>,
  fixed?: Reference["features"],
): Reference {
  const rows = oneVisitADay(examples);
  const columns = FEATURE_NAMES.map((name, i): [FeatureName, Float64Array] => [
    name,
    Float64Array.from(rows, (row) => examples.features[row * COLUMNS + i] ?? Number.NaN),
  ]);
  const features =
    fixed ?? record(columns.map(([name, values]): [FeatureName, Binning] => [name, chooseBinning(name, values)]));
  const bins = record(
    columns.map(([name, values]): [FeatureName, Uint8Array] => [name, Uint8Array.from(values, binner(features[name]))]),
  );
  const cells = Array.from({ length: CELLS }, () => emptyCell(features));
  const bands = record(HISTORY_BANDS.map((band): [HistoryBand, Band] => [band, emptyBand(features)]));
  const visitors = { cells: cells.map(() => new RowsOfVisitors()), bands: record(HISTORY_BANDS.map(noVisitors)) };
  const everyone = new RowsOfVisitors();
  const common = commonLanguages(examples, rows);
  rows.forEach((row, i) => {
    const unit = examples.unit[row] ?? -1;
    const index = examples.cell[row] ?? -1;
    const cell = cells[index];
    if (cell === undefined) throw new RangeError(`there is no hour-of-week cell ${index}`);
    cell.rows++;
    visitors.cells[index]?.add(unit);
    everyone.add(unit);
    for (const name of FEATURE_NAMES) increment(cell.histograms[name], bins[name][i] ?? -1);
    for (const group of CLASS_GROUPS) increment(cell.predictions[group], predicted[group][row] ?? -1);
    const language = examples.language[row] ?? "";
    if (common.has(language)) cell.languages[language] = (cell.languages[language] ?? 0) + 1;
    const band = historyBand(examples.features[row * COLUMNS + DAYS_COLUMN] ?? Number.NaN);
    bands[band].rows++;
    visitors.bands[band].add(unit);
    for (const name of HISTORY_FEATURES) increment(bands[band].histograms[name], bins[name][i] ?? -1);
  });
  cells.forEach((cell, i) => {
    cell.visitors = visitors.cells[i]?.distinct ?? 0;
  });
  for (const band of HISTORY_BANDS) {
    bands[band].visitors = visitors.bands[band].distinct;
    bands[band].design_effect = visitors.bands[band].designEffect;
  }
  const days = daysOf(examples.eventMs);
  return { schema_version: 1, features, days, design_effect: everyone.designEffect, bands, cells };
}

/** The visits that count: of each visitor and day one. */
function oneVisitADay({ ids, unit, eventMs }: ReferenceRows): Int32Array {
  const drawn = new Map<string, { row: number; hash: number }>();
  ids.forEach((id, row) => {
    const day = `${unit[row]}.${Math.floor((eventMs[row] ?? Number.NaN) / DAY_MS)}`;
    const hash = fnv1a32(id);
    const before = drawn.get(day);
    if (before === undefined || hash < before.hash) drawn.set(day, { row, hash });
  });
  return Int32Array.from(drawn.values(), ({ row }) => row).sort();
}

/** How many rows each visitor has. */
class RowsOfVisitors {
  private readonly rows = new Map<number, number>();

  add(unit: number): void {
    this.rows.set(unit, (this.rows.get(unit) ?? 0) + 1);
  }

  get distinct(): number {
    return this.rows.size;
  }

  /** 1 where there is nobody. */
  get designEffect(): number {
    let sum = 0;
    let squares = 0;
    for (const k of this.rows.values()) {
      sum += k;
      squares += k * k;
    }
    return sum === 0 ? 1 : squares / sum;
  }
}

function noVisitors(band: HistoryBand): [HistoryBand, RowsOfVisitors] {
  return [band, new RowsOfVisitors()];
}

function emptyCell(features: Record<FeatureName, Binning>): Cell {
  const histograms = record(FEATURE_NAMES.map((name): [FeatureName, number[]] => [name, zeros(features[name])]));
  const predictions = { density: [0, 0, 0], font: [0, 0, 0], theme: [0, 0, 0] };
  return { rows: 0, visitors: 0, languages: {}, histograms, predictions };
}

function emptyBand(features: Record<FeatureName, Binning>): Band {
  const histograms = record(HISTORY_FEATURES.map((name): [HistoryFeature, number[]] => [name, zeros(features[name])]));
  return { rows: 0, visitors: 0, design_effect: 1, histograms };
}

function zeros(binning: Binning): number[] {
  return Array<number>(binCount(binning)).fill(0);
}

function commonLanguages({ language }: ReferenceRows, rows: Int32Array): Set<string> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(language[row] ?? "", (counts.get(language[row] ?? "") ?? 0) + 1);
  const common = [...counts].filter(([, rowsOfIt]) => rowsOfIt >= RARE_LANGUAGE * rows.length);
  return new Set(common.map(([name]) => name));
}

/** Days from the first visit to the last, whole hours rounded up: seven days of traffic are 7. */
function daysOf(eventMs: Float64Array): number {
  if (eventMs.length === 0) return 0;
  const [first, last] = eventMs.reduce(
    ([low, high], ms) => [Math.min(low, ms), Math.max(high, ms)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return Math.ceil((last - first) / HOUR_MS) / 24;
}

function record<Name extends string, Value>(entries: [Name, Value][]): Record<Name, Value> {
  return Object.fromEntries(entries) as Record<Name, Value>;
}

function increment(counts: number[], bin: number): void {
  const before = counts[bin];
  if (before === undefined) throw new RangeError(`there is no bin ${bin} of ${counts.length}`);
  counts[bin] = before + 1;
}
