import { quantileSorted } from "simple-statistics";
import type { Lifecycle } from "../config.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import { type Comparison, judgeDay } from "../evaluate/judge-day.ts";
import type { Visitor } from "../evaluate/visitors.ts";
import { fnv1a32 } from "../shared/fnv.ts";
import { COLUMNS, type Examples, featuresOf } from "./examples.ts";
import type { RetrainingJob } from "./schema.ts";

type Validation = NonNullable<RetrainingJob["validation"]>;
type FeatureReport = NonNullable<Validation["features"]>[number];

/** Valid logs above which a data set is compared with the reference at all. */
const MIN_LOGS = 100;
/** A value is an outlier beyond the quartiles by so many of their distances: "far out" in Tukey 1977, Exploratory Data Analysis. */
const FAR_OUT = 3;

/**
 * Whether a data set is fit to train on: its features beside the reference of the version in service, visitor by visitor, and
 * what is missing or far out in them. `abort` where the largest drift score is above the policy's limit, `caution` above the
 * lower one; a score that may be noise counts for neither.
 * @param compared what to compare with, or why there is nothing
 */
export function judgeDataset(
  examples: Examples,
  validation: Validation,
  compared: Comparison,
  { validation: limits, triggers }: Lifecycle,
): Validation {
  const shares = FEATURE_NAMES.map((_, column) => sharesOf(examples, column));
  if (compared.status !== "measured") {
    return {
      ...validation,
      features: FEATURE_NAMES.map((feature, i) => untold(feature, 0, compared.reason, shares[i])),
    };
  }
  if (validation.valid <= MIN_LOGS) {
    const reason = `${validation.valid} valid logs, more than ${MIN_LOGS} are compared`;
    return { ...validation, features: FEATURE_NAMES.map((feature, i) => untold(feature, 0, reason, shares[i])) };
  }
  const visitors = visitorsOf(examples);
  const days = judgeDay({ fromMs: 0, toMs: 0, visitors, seen: visitors.length }, compared, triggers).features;
  const features = FEATURE_NAMES.map((feature, i): FeatureReport => {
    const day = days.find((one) => one.feature === feature);
    if (day === undefined)
      return untold(feature, 0, "a clock tells when visits come, not what they are like", shares[i]);
    if (day.status !== "measured") return untold(feature, day.visitors, day.reason, shares[i]);
    const { psi, noise, p, visitors: n, moved } = day;
    const real = p < triggers.feature_drift.q;
    const words = moved.length === 0 ? "" : `: ${moved.join(", ")}`;
    const reason = real ? `more than noise${words}` : `may be noise, which reaches ${noise.toFixed(3)}`;
    return { feature, visitors: n, score: psi, noise, counts: real, reason, ...shareOf(shares[i]) };
  });
  const worst = features
    .filter(({ counts }) => counts)
    .reduce<FeatureReport | null>((a, b) => (a === null || (b.score ?? 0) > (a.score ?? 0) ? b : a), null);
  const verdict = verdictOf(worst?.score ?? 0, limits);
  if (verdict === "proceed" || worst === null) return { ...validation, features };
  const score = `${worst.feature} has drifted by ${worst.score?.toFixed(3)} (${worst.reason})`;
  return { ...validation, features, verdict, reason: `${validation.reason}; ${score}` };
}

function verdictOf(score: number, { abort_drift: abort, caution_drift: caution }: Lifecycle["validation"]) {
  if (score > abort) return "abort";
  return score > caution ? "caution" : "proceed";
}

type Shares = Pick<FeatureReport, "missing" | "outliers">;

function untold(
  feature: FeatureReport["feature"],
  visitors: number,
  reason: string,
  shares: Shares | undefined,
): FeatureReport {
  return { feature, visitors, score: null, noise: null, counts: false, reason, ...shareOf(shares) };
}

function shareOf(shares: Shares | undefined): Shares {
  return shares ?? { missing: 0, outliers: 0 };
}

function sharesOf({ ids, features }: Examples, column: number): Shares {
  const values = Float64Array.from(ids, (_, row) => features[row * COLUMNS + column] ?? Number.NaN);
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  if (values.length === 0) return { missing: 0, outliers: 0 };
  const missing = 1 - present.length / values.length;
  if (present.length === 0) return { missing, outliers: 0 };
  const sorted = Array.from(present);
  const [low, high] = [quantileSorted(sorted, 0.25), quantileSorted(sorted, 0.75)];
  // Where half of the values are one, every other would be far out.
  const reach = high > low ? FAR_OUT * (high - low) : Number.POSITIVE_INFINITY;
  const outliers = sorted.filter((value) => value < low - reach || value > high + reach).length;
  return { missing, outliers: outliers / values.length };
}

/** Every visitor once, by the visit whose id has the least hash. */
function visitorsOf(examples: Examples): Visitor[] {
  const drawn = new Map<number, { row: number; hash: number }>();
  examples.ids.forEach((id, row) => {
    const unit = examples.unit[row] as number;
    const hash = fnv1a32(id);
    const before = drawn.get(unit);
    if (before === undefined || hash < before.hash) drawn.set(unit, { row, hash });
  });
  return Array.from(drawn.values(), ({ row }) => ({
    cell: examples.cell[row] as number,
    features: Float32Array.from(featuresOf(examples, row)),
    language: examples.language[row] ?? "",
    answered: null,
    right: { density: null, font: null, theme: null },
  }));
}
