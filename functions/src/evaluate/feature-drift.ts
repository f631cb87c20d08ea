import type { Lifecycle } from "../config.ts";
import type { FeatureName } from "../design/schema.ts";
import { HISTORY_BANDS, type HistoryBand, type HistoryFeature } from "../registry/schema.ts";
import { benjaminiHochberg } from "../stats/benjamini-hochberg.ts";
import { insufficient, type Measured } from "../stats/measured.ts";
import { psi, psiNoiseBound, psiPValue } from "../stats/psi.ts";
import { type Moved, movedFeature } from "./bin-words.ts";
import { isHistory, REPORTED_ONLY, WATCHED_FEATURES, type WatchedFeature } from "./compared-features.ts";
import type { DayCounts } from "./count-day.ts";
import type { MatchedReference } from "./matched-reference.ts";

type Policy = Pick<Lifecycle["triggers"], "feature_drift" | "reference">;

/** How a feature of one day compares with the reference of its hours. */
interface FeatureComparison {
  psi: number;
  /** PSI that chance alone exceeds with probability q. */
  noise: number;
  /** Of no change at all, adjusted for the number of features; not adjusted where it is reported only. */
  p: number;
  /** Beyond the trigger's threshold and beyond noise. */
  isBeyond: boolean;
  /** Beyond the warning level and beyond noise. */
  isWarning: boolean;
  visitors: number;
  /** Independent visitors that the reference is worth. */
  referenceVisitors: number;
  /** Most moved bins in words; none where it is no warning. */
  moved: string[];
}

/** One feature on one day; `visitors` also where they were too few. */
export type FeatureDay = { feature: FeatureName; visitors: number } & Measured<FeatureComparison>;

/** Counts of a day beside the share that was expected of each bin, and how many visitors that stands on. */
interface Comparable {
  visitors: number;
  current: readonly number[];
  expected: ArrayLike<number>;
  referenceVisitors: number;
}

type Compared = { feature: FeatureName; visitors: number } & Measured<
  Omit<FeatureComparison, "isBeyond" | "isWarning" | "moved"> & Moved
>;

/**
 * Compares every feature of a day with the reference of the same hours of the week, or of the same history bands. A feature
 * is beyond noise if the Benjamini-Hochberg procedure over all that could be compared says so.
 */
export function featureDays(counts: DayCounts, matched: MatchedReference, policy: Policy): FeatureDay[] {
  const compared = WATCHED_FEATURES.map((feature) => compare(feature, counts, matched, policy));
  const measured = compared.filter((day) => day.status === "measured");
  const { q, threshold, warning } = policy.feature_drift;
  const { adjusted, rejected } = benjaminiHochberg(
    measured.map(({ p }) => p),
    { q },
  );
  const verdictOf = (day: Compared & { status: "measured" }, isReal: boolean, isBeyond: boolean): FeatureDay => {
    const { reference, current, contributions, ...figures } = day;
    const isWarning = isReal && day.psi > warning;
    return {
      ...figures,
      isBeyond,
      isWarning,
      moved: isWarning
        ? movedFeature(day.feature, matched.reference.features[day.feature], { reference, current, contributions })
        : [],
    };
  };
  const judged = new Map(
    measured.map((day, i): [FeatureName, FeatureDay] => {
      const isReal = rejected[i] ?? false;
      return [day.feature, verdictOf({ ...day, p: adjusted[i] ?? 1 }, isReal, isReal && day.psi > threshold)];
    }),
  );
  const told = compare(REPORTED_ONLY, counts, matched, policy);
  return [...compared, told].map((day): FeatureDay => {
    if (day.status !== "measured") return day;
    return judged.get(day.feature) ?? verdictOf(day, day.p < q, false);
  });
}

function compare(
  feature: WatchedFeature | typeof REPORTED_ONLY,
  counts: DayCounts,
  matched: MatchedReference,
  policy: Policy,
): Compared {
  const found = isHistory(feature)
    ? withinBands(feature, counts, matched, policy)
    : byHour(feature, counts, matched, policy);
  const { visitors } = found;
  if (found.status !== "measured") return { feature, ...found };
  const { current, expected, referenceVisitors } = found;
  // The reference is worth so many visitors: PSI's half observations are of those.
  const scaled = Array.from(expected, (share) => share * referenceVisitors);
  const measured = psi({ reference: scaled, current });
  if (measured.status !== "measured") return { feature, visitors, ...measured };
  const sizes = { cells: measured.cells, referenceSize: referenceVisitors, currentSize: visitors };
  return {
    feature,
    status: "measured",
    visitors,
    referenceVisitors,
    psi: measured.psi,
    noise: psiNoiseBound({ alpha: policy.feature_drift.q, ...sizes }),
    p: psiPValue({ psi: measured.psi, ...sizes }),
    reference: Array.from(expected),
    current: current.map((count) => count / visitors),
    contributions: measured.contributions,
  };
}

function byHour(
  feature: keyof DayCounts["histograms"],
  { visitors, mix, histograms }: DayCounts,
  matched: MatchedReference,
  policy: Policy,
): { visitors: number } & Measured<Comparable> {
  const { visitors: needed } = policy.feature_drift;
  if (visitors < needed) return { visitors, ...insufficient(`${visitors} visitors, ${needed} are needed`) };
  const size = matched.size(mix);
  if (size.status !== "measured") return { visitors, ...size };
  const cells = matched.cells(feature, (cell) => cell.histograms[feature]);
  const expected = cells.expected(mix);
  return { status: "measured", visitors, current: histograms[feature], expected, referenceVisitors: size.visitors };
}

/** It only ever grows: within a band it depends on how old visitors can be in it. */
const ACCUMULATES: HistoryFeature = "total_interactions";

/**
 * Bands in which a feature can be compared: those that the reference has many visitors in. What accumulates is compared in bands
 * that end, and that the reference has whole, which shows in its having many visitors in the next one: while a site is two weeks
 * old, all of its "8 to 30 days" are of 14 at most, and those of later will have done more.
 */
function usableBands(feature: HistoryFeature, { bands }: MatchedReference, { reference }: Policy): HistoryBand[] {
  const isKnown = (band: HistoryBand | undefined): boolean =>
    band !== undefined && bands[band].visitors >= reference.band_visitors;
  return HISTORY_BANDS.filter(
    (band, i) => band !== "new" && isKnown(band) && (feature !== ACCUMULATES || isKnown(HISTORY_BANDS[i + 1])),
  );
}

/**
 * History is compared among visitors who have been known for about as long, since it grows with that whatever they are like; of
 * those who are new there is none. The reference's bands are reweighted to the day's.
 */
function withinBands(
  feature: HistoryFeature,
  { bands }: DayCounts,
  matched: MatchedReference,
  policy: Policy,
): { visitors: number } & Measured<Comparable> {
  const { visitors: needed } = policy.feature_drift;
  const usable = usableBands(feature, matched, policy);
  const visitors = usable.reduce((total, band) => total + bands[band].visitors, 0);
  if (visitors < needed) {
    const known = usable.length === 0 ? "no history band of the reference is large enough" : "those have a history";
    return { visitors, ...insufficient(`${visitors} visitors, ${needed} are needed: ${known}`) };
  }
  const bins = bands.new.histograms[feature].length;
  const current = new Array<number>(bins).fill(0);
  const expected = new Float64Array(bins);
  let variance = 0;
  for (const band of usable) {
    const weight = bands[band].visitors / visitors;
    const { rows, design_effect: designEffect, histograms } = matched.bands[band];
    variance += (weight * weight * designEffect) / rows;
    for (let bin = 0; bin < bins; bin++) {
      current[bin] = (current[bin] ?? 0) + (bands[band].histograms[feature][bin] ?? 0);
      expected[bin] = (expected[bin] ?? 0) + (weight * (histograms[feature][bin] ?? 0)) / rows;
    }
  }
  return { status: "measured", visitors, current, expected, referenceVisitors: 1 / variance };
}
