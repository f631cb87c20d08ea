import { CLASS_GROUPS } from "../design/schema.ts";
import { isEngaged } from "../design/targets.ts";
import { addSums, closeBuckets, hash64, openBuckets, visitorBucket } from "../shared/visitor-buckets.ts";
import { isNegative, languageOf } from "./drawn-visit.ts";
import type { InteractionLog, Outcomes } from "./schema.ts";

/** Rates and times are added up as whole millionths and microseconds: sums of floats depend on their order. */
const MILLION = 1_000_000;
const MICROSECONDS = 1000;

/** What is added up of logs in each bucket of visitors, in this order. */
export const BUCKET_SUMS = [
  "visits",
  "engaged",
  "errors",
  "rendering_us",
  "satisfaction_count",
  "satisfaction",
  "feedback",
  "negative",
  "click_through_millionths",
] as const;
type BucketSum = (typeof BUCKET_SUMS)[number];

/** Languages that segments tell apart; the others are one, since a segment's name must not depend on who came first. */
const LANGUAGES =
  "ar bn ca cs da de el en es eu fa fi fr gl he hi hu id it ja ko nb nl pl pt ro ru sv th tr uk vi zh".split(" ");

/** Outcomes of nothing. */
export function noOutcomes(): Outcomes {
  return { sums: {}, rendering: {}, page_load: {}, classes: {}, segments: {}, engaged: {}, buckets: new Uint8Array() };
}

/** The outcomes with more visits. Every figure is a sum of whole numbers: order and grouping do not matter. */
export function addOutcomes(before: Outcomes, logs: readonly InteractionLog[]): Outcomes {
  const after: Outcomes = {
    sums: { ...before.sums },
    rendering: { ...before.rendering },
    page_load: { ...before.page_load },
    classes: { ...before.classes },
    segments: { ...before.segments },
    engaged: { ...before.engaged },
    buckets: before.buckets,
  };
  const buckets = openBuckets(before.buckets, BUCKET_SUMS.length);
  for (const log of logs) {
    const engaged = isEngaged(log);
    const of = sumsOf(log);
    addToBucket(buckets, hash64(log.unit), of);
    BUCKET_SUMS.forEach((name, i) => {
      add(after.sums, name, of[i] ?? 0);
    });
    add(after.sums, "bounce_millionths", Math.round(log.bounce_rate * MILLION));
    add(after.sums, `served_${log.served}`, 1);
    add(after.sums, `outcome_${log.predict_outcome}`, 1);
    add(after.rendering, timeBin(log.rendering_time), 1);
    add(after.page_load, timeBin(log.page_load_time), 1);
    CLASS_GROUPS.forEach((group, i) => {
      add(after.classes, log.predicted_css_classes[i] ?? group, 1);
      add(after.sums, `confidence_${group}_millionths`, Math.round(log.prediction_confidence[group] * MILLION));
    });
    for (const segment of segmentsOf(log)) {
      add(after.segments, segment, 1);
      if (engaged) add(after.engaged, segment, 1);
    }
  }
  after.buckets = closeBuckets(buckets, BUCKET_SUMS.length);
  return after;
}

/** The buckets with more visits, as `Outcomes.buckets`. */
export function addVisits(before: Uint8Array, visits: readonly { log: InteractionLog; unit: bigint }[]): Uint8Array {
  const buckets = openBuckets(before, BUCKET_SUMS.length);
  for (const { log, unit } of visits) addToBucket(buckets, unit, sumsOf(log));
  return closeBuckets(buckets, BUCKET_SUMS.length);
}

/** The sum of buckets of several windows, BUCKETS x BUCKET_SUMS. */
export function sumBuckets(all: readonly Uint8Array[]): Float64Array {
  const sums = openBuckets(new Uint8Array(), BUCKET_SUMS.length);
  for (const bytes of all) addSums(sums, openBuckets(bytes, BUCKET_SUMS.length));
  return sums;
}

function addToBucket(buckets: Float64Array, unit: bigint, of: readonly number[]): void {
  const first = visitorBucket(unit) * BUCKET_SUMS.length;
  of.forEach((value, i) => {
    buckets[first + i] = (buckets[first + i] ?? 0) + value;
  });
}

/** What a visit adds to each of BUCKET_SUMS. */
function sumsOf(log: InteractionLog): number[] {
  const negative = isNegative(log);
  const of: Record<BucketSum, number> = {
    visits: 1,
    engaged: Number(isEngaged(log)),
    errors: Number(log.predict_outcome !== "ok"),
    rendering_us: Math.round(log.rendering_time * MICROSECONDS),
    satisfaction_count: Number(log.user_satisfaction !== undefined),
    satisfaction: log.user_satisfaction ?? 0,
    feedback: Number(negative !== null),
    negative: Number(negative === true),
    click_through_millionths: Math.round(log.click_through_rate * MILLION),
  };
  return BUCKET_SUMS.map((name) => of[name]);
}

/** The outcomes of several windows together. */
export function mergeOutcomes(all: readonly Outcomes[]): Outcomes {
  const sum = noOutcomes();
  for (const outcomes of all) {
    for (const section of ["sums", "rendering", "page_load", "classes", "segments", "engaged"] as const) {
      for (const [name, count] of Object.entries(outcomes[section])) add(sum[section], name, count);
    }
  }
  const buckets = sumBuckets(all.map((outcomes) => outcomes.buckets));
  return { ...sum, buckets: closeBuckets(buckets, BUCKET_SUMS.length) };
}

/** Ratio of the bounds of a bin of times: quantiles are right to 2 %. */
const RATIO = 1.02 / 0.98;

/**
 * Bin of a time in milliseconds: bin i holds (RATIO^(i-1), RATIO^i], bin 0 everything up to 1 ms. Masson, Rim and Lee 2019,
 * "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees".
 */
export function timeBin(ms: number): string {
  return String(ms <= 1 ? 0 : Math.ceil(Math.log(ms) / Math.log(RATIO)));
}

/** A quantile (0-1) of times that were counted by bin, milliseconds, right to 2 % above 1 ms; NaN without any. */
export function timeQuantile(bins: Readonly<Record<string, number>>, quantile: number): number {
  const entries = Object.entries(bins).sort(([a], [b]) => Number(a) - Number(b));
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const rank = quantile * (total - 1);
  let below = 0;
  for (const [bin, count] of entries) {
    below += count;
    if (below > rank) return bin === "0" ? 1 : (2 * RATIO ** Number(bin)) / (RATIO + 1);
  }
  return Number.NaN;
}

/** The segments of a visit: device, network, language, behaviour, touch, accessibility, part of the day, weekend. */
function segmentsOf(log: InteractionLog): string[] {
  const [hour = 0, weekend, , , mobile, tablet, , touch] = log.features;
  const [, , , , , , , , , , , , , , , , density, network, accessibility] = log.features;
  const language = languageOf(log.user_context);
  const level = (value: number | null | undefined, names: readonly string[]): string => names[value ?? -1] ?? "unknown";
  return [
    `device:${mobile === 1 ? "mobile" : tablet === 1 ? "tablet" : "desktop"}`,
    `network:${level(network, ["slow", "medium", "fast"])}`,
    `language:${language === "" ? "unknown" : LANGUAGES.includes(language) ? language : "other"}`,
    `activity:${level(density, ["low", "medium", "high"])}`,
    `touch:${touch === 1 ? "yes" : "no"}`,
    `accessibility:${(accessibility ?? 0) > 0 ? "some" : "none"}`,
    `hours:${["00-05", "06-11", "12-17", "18-23"][Math.floor((hour ?? 0) / 6)]}`,
    `weekend:${weekend === 1 ? "yes" : "no"}`,
  ];
}

function add(counts: Record<string, number>, name: string, more: number): void {
  if (more !== 0) counts[name] = (counts[name] ?? 0) + more;
}
