import { FEATURE_NAMES, type FeatureName } from "../../functions/src/design/schema.ts";
import { isHistory, WATCHED_FEATURES, type WatchedFeature } from "../../functions/src/evaluate/compared-features.ts";
import { HISTORY_BANDS, type Reference } from "../../functions/src/registry/schema.ts";
import { psi } from "../../functions/src/stats/psi.ts";

/** A change as it is asked for: PSI of a feature from some day on. */
export interface WantedShift {
  feature: WatchedFeature;
  /** Population stability index of the changed feature against the reference. */
  amount: number;
  /** Days after the reference. */
  day: number;
}

/** A change in practice: a share of all people, ever the same ones, has one extreme value. */
export interface Shift {
  column: number;
  value: number;
  share: number;
  /** Who has no history yet gets none by a change of history. */
  keepsMissing: boolean;
}

/** Counts that the histogram of a reference is scaled to: so many that smoothing plays no role. */
const MANY = 1e9;

/** Reads FEATURE=AMOUNT@DAY; undefined if it is not of that form. */
export function parseShift(text: string): WantedShift | undefined {
  const [, name, amount, day] = /^([a-z_]+)=([\d.]+)@(\d+)$/.exec(text) ?? [];
  const feature = WATCHED_FEATURES.find((watched) => watched === name);
  if (feature === undefined || !(Number(amount) > 0)) return undefined;
  return { feature, amount: Number(amount), day: Number(day) };
}

/**
 * The change that has the wanted PSI: people move to the highest or the lowest value, whichever is rarer.
 * @throws {RangeError} no change of the feature has it
 */
export function shiftOf({ feature, amount }: WantedShift, reference: Reference): Shift {
  const counts = histogram(feature, reference);
  const keepsMissing = isHistory(feature);
  const values = counts.length - 1;
  if (keepsMissing) counts[values] = 0;
  const binning = reference.features[feature];
  const last = binning.kind === "edges" ? binning.edges.length : binning.values.length - 1;
  const bin = (counts[last] ?? 0) <= (counts[0] ?? 0) ? last : 0;
  let [low, high] = [0, 1];
  if (psiOf(counts, bin, 1 - 1e-6) < amount) throw new RangeError(`no change of ${feature} has a PSI of ${amount}`);
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (psiOf(counts, bin, middle) < amount) low = middle;
    else high = middle;
  }
  return { column: FEATURE_NAMES.indexOf(feature), value: valueIn(binning, bin), share: high, keepsMissing };
}

function histogram(feature: FeatureName, { cells, bands }: Reference): number[] {
  const histograms =
    isHistory(feature) && bands !== undefined
      ? HISTORY_BANDS.filter((band) => band !== "new").map((band) => bands[band].histograms[feature])
      : cells.map((cell) => cell.histograms[feature]);
  return (histograms[0] ?? []).map((_, bin) => histograms.reduce((sum, counts) => sum + (counts[bin] ?? 0), 0));
}

/** PSI when a share of all moves into one bin. */
function psiOf(counts: readonly number[], bin: number, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const reference = counts.map((count) => (count / total) * MANY);
  const current = reference.map((count, i) => (1 - share) * count + (i === bin ? share * MANY : 0));
  const measured = psi({ reference, current });
  return measured.status === "measured" ? measured.psi : 0;
}

function valueIn(binning: Reference["features"][FeatureName], bin: number): number {
  if (binning.kind === "values") return binning.values[bin] ?? Number.NaN;
  const [first = 0] = binning.edges;
  return bin === 0 ? first - Math.max(1, Math.abs(first)) / 2 : (binning.edges[bin - 1] ?? 0);
}
