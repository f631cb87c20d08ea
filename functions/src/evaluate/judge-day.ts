import type { Lifecycle } from "../config.ts";
import { CLASS_GROUPS } from "../design/schema.ts";
import type { Reference } from "../registry/schema.ts";
import { type InsufficientData, insufficient, type Measured } from "../stats/measured.ts";
import { type AccuracyDay, accuracyDays } from "./accuracy.ts";
import { REPORTED_ONLY, WATCHED_FEATURES } from "./compared-features.ts";
import { countDay, type PlacesOf } from "./count-day.ts";
import { type FeatureDay, featureDays } from "./feature-drift.ts";
import { MatchedReference } from "./matched-reference.ts";
import { type GroupDay, groupDays } from "./prediction-drift.ts";
import { type SegmentsDay, segmentsDay } from "./user-patterns.ts";
import type { Day, Visitor } from "./visitors.ts";

type Policy = Lifecycle["triggers"];

/** All that 24 hours of visitors say by themselves: plain data, which stays the same once the day's logs are mature. */
export interface DayFindings {
  fromMs: number;
  toMs: number;
  features: FeatureDay[];
  groups: GroupDay[];
  accuracy: AccuracyDay[];
  segments: SegmentsDay;
}

/** What a version's days are compared with, or why they cannot be. */
export type Comparison = Measured<{ matched: MatchedReference }>;

/** Opens the reference of the version in service; null where there is none, with the reason why. */
export function comparison(reference: Reference | null, missing: string, policy: Policy): Comparison {
  return reference === null ? insufficient(missing) : MatchedReference.open(reference, policy.reference);
}

/**
 * Judges one day, apart from all others.
 * @param placesOf as for `countDay`
 */
export function judgeDay<V extends Visitor>(
  day: Day<V>,
  compared: Comparison,
  policy: Policy,
  placesOf?: PlacesOf<V>,
): DayFindings {
  const { fromMs, toMs, visitors } = day;
  const accuracy = accuracyDays(visitors, policy.accuracy);
  if (compared.status !== "measured") {
    return { fromMs, toMs, accuracy, ...nothingCompared(visitors.length, compared) };
  }
  const { matched } = compared;
  const counts = countDay(day, matched, placesOf);
  return {
    fromMs,
    toMs,
    features: featureDays(counts, matched, policy),
    groups: groupDays(counts, matched, policy.prediction_drift),
    accuracy,
    segments: segmentsDay(counts, matched, policy.new_user_patterns),
  };
}

function nothingCompared(
  visitors: number,
  { status, reason }: InsufficientData,
): Pick<DayFindings, "features" | "groups" | "segments"> {
  return {
    features: [...WATCHED_FEATURES, REPORTED_ONLY].map((feature) => ({ feature, visitors, status, reason })),
    groups: CLASS_GROUPS.map((group) => ({ group, visitors, status, reason })),
    segments: { visitors, status, reason },
  };
}
