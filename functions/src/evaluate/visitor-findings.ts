import type { Lifecycle } from "../config.ts";
import { REPORTED_ONLY } from "./compared-features.ts";
import { isConfirmed } from "./confirmed.ts";
import { accuracyBeyond, type Days, featureBeyond, groupBeyond } from "./drift-section.ts";
import { judgeFeedback } from "./feedback.ts";
import { type Finding, perCent } from "./finding.ts";
import type { DayFindings } from "./judge-day.ts";
import type { Feedback } from "./visitors.ts";

type Policy = Lifecycle["triggers"];

const NOT_COLLECTED = "visitors of the last 24 hours were not collected";

/** Those of a day that could be judged, and why the first of the others could not. */
function measuredOf<T extends { status: "measured" } | { status: "insufficient_data"; reason: string }>(
  days: readonly T[] | undefined,
): { measured: Extract<T, { status: "measured" }>[]; missing: string | undefined } {
  const measured = (days ?? []).filter((day): day is Extract<T, { status: "measured" }> => day.status === "measured");
  const first = days?.find((day) => day.status === "insufficient_data");
  const missing = days === undefined ? NOT_COLLECTED : first?.status === "insufficient_data" ? first.reason : undefined;
  return { measured, missing };
}

/** The one with the most of something. */
function most<T>(all: readonly T[], of: (one: T) => number): T | undefined {
  return all.reduce<T | undefined>((top, one) => (top === undefined || of(one) > of(top) ? one : top), undefined);
}

/** How often on the three days, in words. */
function daysInWords(beyond: readonly (boolean | null)[]): string {
  return `on ${beyond.filter((day) => day === true).length} of 3 days`;
}

/** Accuracy of the worst class group, below the threshold now and on one of the two days before. */
export function accuracyFinding(days: Days, { threshold }: Policy["accuracy"]): Finding {
  const { measured, missing } = measuredOf(days[0]?.accuracy);
  const figures = { threshold, unit: "share of visitors" };
  const confirmed = measured.filter(({ group }) => isConfirmed(accuracyBeyond(group, days)));
  const worst = most(confirmed.length > 0 ? confirmed : measured, ({ accuracy }) => -accuracy);
  if (worst === undefined) return nothing(figures, days[0]?.accuracy, missing);
  const { group, accuracy, upper, visitors } = worst;
  const beyond = accuracyBeyond(group, days);
  const reason = `${group} right for ${perCent(accuracy)} of ${visitors} visitors, hardly more than ${perCent(upper)}; ${perCent(threshold)} are needed`;
  return { ...figures, value: accuracy, visitors, ...believed(reason, beyond) };
}

/** Change of the answers in some class group. */
export function predictionFinding(days: Days, { threshold }: Policy["prediction_drift"]): Finding {
  const { measured, missing } = measuredOf(days[0]?.groups);
  const figures = { threshold, unit: "total variation distance" };
  const confirmed = measured.filter(({ group }) => isConfirmed(groupBeyond(group, days)));
  const worst = most(confirmed.length > 0 ? confirmed : measured, ({ distance }) => distance);
  if (worst === undefined) return nothing(figures, days[0]?.groups, missing);
  const { group, distance, noise, visitors, moved } = worst;
  const limit = `${(threshold + noise).toFixed(3)} with noise is the limit`;
  const reason = told(`${group} differs by ${distance.toFixed(3)}, ${limit} (${visitors} visitors)`, moved);
  return { ...figures, value: distance, visitors, ...believed(reason, groupBeyond(group, days)) };
}

/** Change of some feature. */
export function featureFinding(days: Days, { threshold }: Policy["feature_drift"]): Finding {
  const watched = days[0]?.features.filter(({ feature }) => feature !== REPORTED_ONLY);
  const { measured, missing } = measuredOf(watched);
  const figures = { threshold, unit: "PSI" };
  const confirmed = measured.filter(({ feature }) => isConfirmed(featureBeyond(feature, days)));
  const worst = most(confirmed.length > 0 ? confirmed : measured, ({ psi }) => psi);
  if (worst === undefined) return nothing(figures, watched, missing);
  const { feature, psi, noise, visitors, moved } = worst;
  const compared = `${measured.length} of ${watched?.length} features compared`;
  const size = `${visitors} visitors, ${noise.toFixed(3)} may be noise`;
  const reason = told(`${compared}; ${feature} has PSI ${psi.toFixed(3)} (${size}), ${threshold} is the limit`, moved);
  return { ...figures, value: psi, visitors, ...believed(reason, featureBeyond(feature, days)) };
}

/** Share of negative feedback. */
export function feedbackFinding(feedback: Feedback | null, policy: Policy["negative_feedback"]): Finding {
  const { threshold } = policy;
  const figures = { threshold, unit: "share of visitors who gave feedback" };
  if (feedback === null) {
    return {
      ...figures,
      value: null,
      visitors: null,
      verdict: "insufficient_data",
      reason: "feedback was not collected",
    };
  }
  const { visitors } = feedback;
  const finding = judgeFeedback(feedback, policy);
  if (finding.status !== "measured") {
    return { ...figures, value: null, visitors, verdict: "insufficient_data", reason: finding.reason };
  }
  const { share, lower, isBeyond } = finding;
  const limit = `hardly less than ${perCent(lower)}; ${perCent(threshold)} are allowed`;
  const reason = `negative for ${perCent(share)} of ${visitors} visitors in 7 days, ${limit}`;
  return { ...figures, value: share, visitors, verdict: isBeyond ? "met" : "ok", reason };
}

/** The largest segment that the reference hardly has. */
export function patternsFinding(days: Days, policy: Policy["new_user_patterns"]): Finding {
  const { threshold, reference_share: rare } = policy;
  const figures = { threshold, unit: "share of visitors" };
  const day: DayFindings["segments"] | undefined = days[0]?.segments;
  if (day?.status !== "measured") return nothing(figures, day && [day], day?.reason ?? NOT_COLLECTED);
  const { visitors, segments } = day;
  const unusual = segments.filter(({ referenceShare }) => referenceShare < rare);
  const fresh = unusual.filter(({ isNew }) => isNew);
  const largest = most(fresh.length > 0 ? fresh : unusual, ({ share }) => share);
  if (largest === undefined) {
    const reason = `each of ${segments.length} segments has ${perCent(rare)} of the reference or more`;
    return { ...figures, value: 0, visitors, verdict: "ok", reason };
  }
  const { name, share, lower, referenceShare, isNew } = largest;
  const now = `${name}: ${perCent(referenceShare)} of the reference, ${perCent(share)} of the visitors now`;
  const reason = `${now}, hardly less than ${perCent(lower)}; ${perCent(threshold)} is a real share`;
  return { ...figures, value: share, visitors, verdict: isNew ? "met" : "ok", reason };
}

function nothing(
  figures: Pick<Finding, "threshold" | "unit">,
  days: readonly { visitors: number }[] | undefined,
  missing: string | undefined,
): Finding {
  const visitors = days?.[0]?.visitors ?? null;
  return { ...figures, value: null, visitors, verdict: "insufficient_data", reason: missing ?? NOT_COLLECTED };
}

function believed(reason: string, beyond: readonly [boolean | null, boolean | null, boolean | null]) {
  if (isConfirmed(beyond)) return { verdict: "met", reason: `${reason}; ${daysInWords(beyond)}` } as const;
  if (beyond[0] === true) {
    return { verdict: "ok", reason: `${reason}; now, but on neither of the two days before` } as const;
  }
  return { verdict: "ok", reason } as const;
}

function told(reason: string, moved: readonly string[]): string {
  return moved.length === 0 ? reason : `${reason}: ${moved.join(", ")}`;
}
