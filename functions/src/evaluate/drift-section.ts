import type { Lifecycle } from "../config.ts";
import type { FeatureName } from "../design/schema.ts";
import { REPORTED_ONLY } from "./compared-features.ts";
import { eachDay, isConfirmed, type ThreeDays } from "./confirmed.ts";
import type { FeatureDay } from "./feature-drift.ts";
import type { DayFindings } from "./judge-day.ts";
import type { GroupDay } from "./prediction-drift.ts";
import type { DriftVerdict, Evaluation, FeatureDrift, GroupDrift } from "./schema.ts";

type Policy = Lifecycle["triggers"];
type Section = NonNullable<Evaluation["drift"]>;

/** Decisions' days: null where none was collected. */
export type Days = ThreeDays<DayFindings | null>;

/** Share of the version's decisions that each feature makes, where it is known. */
export type Importances = Partial<Record<FeatureName, number>>;

/**
 * What a decision puts on record of every feature and class group: the newest day's figures, believed if an earlier day agrees.
 * The most important features first, and among equals those that moved most; null where the newest day was not collected.
 */
export function driftSection(days: Days, importances: Importances | null, policy: Policy): Section | null {
  const [now] = days;
  if (now === null) return null;
  const features = now.features.map((day) => featureDrift(day, days, importances?.[day.feature] ?? null, policy));
  const rank = ({ importance, score }: FeatureDrift): [number, number] => [importance ?? -1, score ?? -1];
  features.sort((a, b) => rank(b)[0] - rank(a)[0] || rank(b)[1] - rank(a)[1]);
  return { features, groups: now.groups.map((day) => groupDrift(day, days, policy)) };
}

/** Whether a feature was beyond threshold and noise, on each day. */
export function featureBeyond(feature: FeatureName, days: Days): ThreeDays<boolean | null> {
  return beyond(days, ({ features }) => features.find((day) => day.feature === feature));
}

/** The same for a class group's answers. */
export function groupBeyond(group: GroupDay["group"], days: Days): ThreeDays<boolean | null> {
  return beyond(days, ({ groups }) => groups.find((day) => day.group === group));
}

/** The same for a class group's accuracy. */
export function accuracyBeyond(group: GroupDay["group"], days: Days): ThreeDays<boolean | null> {
  return beyond(days, ({ accuracy }) => accuracy.find((day) => day.group === group));
}

type Judged = { status: "insufficient_data" } | { status: "measured"; isBeyond: boolean };

function beyond(days: Days, of: (day: DayFindings) => Judged | undefined): ThreeDays<boolean | null> {
  return eachDay(days, (findings) => {
    const day = findings === null ? undefined : of(findings);
    return day?.status === "measured" ? day.isBeyond : null;
  });
}

const NOT_MEASURED = {
  verdict: "insufficient_data",
  reference_visitors: null,
  score: null,
  noise: null,
  moved: [],
} as const;

function featureDrift(day: FeatureDay, days: Days, importance: number | null, policy: Policy): FeatureDrift {
  const { feature, visitors } = day;
  const { threshold } = policy.feature_drift;
  const past = featureBeyond(feature, days);
  const common = { feature, visitors, threshold, importance, beyond: [...past] };
  if (day.status !== "measured") return { ...common, ...NOT_MEASURED, moved: [], p: null, reason: day.reason };
  const { psi, noise, p, moved, referenceVisitors } = day;
  const verdict: DriftVerdict = isConfirmed(past) ? "drift" : day.isWarning ? "warning" : "ok";
  return {
    ...common,
    verdict,
    reason: featureReason(day, verdict),
    reference_visitors: Math.round(referenceVisitors),
    score: psi,
    noise,
    p,
    moved,
  };
}

function featureReason({ feature, psi, noise, isBeyond }: FeatureDay & { status: "measured" }, verdict: DriftVerdict) {
  const figures = `PSI ${psi.toFixed(3)}, ${noise.toFixed(3)} may be noise`;
  if (feature === REPORTED_ONLY) return `${figures}; reported only: it grows with the age of the site`;
  if (verdict === "drift") return `${figures}; beyond both limits on one of the two days before, too`;
  return isBeyond ? `${figures}; beyond both limits, but on neither of the two days before` : figures;
}

function groupDrift(day: GroupDay, days: Days, policy: Policy): GroupDrift {
  const { group, visitors } = day;
  const { threshold } = policy.prediction_drift;
  const past = groupBeyond(group, days);
  const common = { group, visitors, threshold, beyond: [...past] };
  if (day.status !== "measured") return { ...common, ...NOT_MEASURED, moved: [], reason: day.reason };
  const { distance, noise, isBeyond, moved, referenceVisitors } = day;
  const figures = `distance ${distance.toFixed(3)}, of which ${noise.toFixed(3)} may be noise`;
  return {
    ...common,
    verdict: isConfirmed(past) ? "drift" : isBeyond ? "warning" : "ok",
    reason: isBeyond && !isConfirmed(past) ? `${figures}; on neither of the two days before` : figures,
    reference_visitors: Math.round(referenceVisitors),
    score: distance,
    noise,
    moved,
  };
}
