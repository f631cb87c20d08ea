import { CLASS_GROUPS } from "../design/schema.ts";
import { isEngaged } from "../design/targets.ts";
import { isNegative, languageOf } from "./drawn-visit.ts";
import type { InteractionLog, Outcomes } from "./schema.ts";
import { hash64 } from "./sketch.ts";

/** Rates and times are added up as whole millionths and microseconds: sums of floats depend on their order. */
const MILLION = 1_000_000;
const MICROSECONDS = 1000;

/** Guardrails are judged by the variance between so many buckets of visitors. */
export const BUCKETS = 128;
/** What is added up in each bucket, in this order. */
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
  const buckets = openBuckets(before.buckets);
  for (const log of logs) {
    const engaged = isEngaged(log);
    const negative = isNegative(log);
    const of: Record<BucketSum, number> = {
      visits: 1,
      engaged: Number(engaged),
      errors: Number(log.predict_outcome !== "ok"),
      rendering_us: Math.round(log.rendering_time * MICROSECONDS),
      satisfaction_count: Number(log.user_satisfaction !== undefined),
      satisfaction: log.user_satisfaction ?? 0,
      feedback: Number(negative !== null),
      negative: Number(negative === true),
      click_through_millionths: Math.round(log.click_through_rate * MILLION),
    };
    const bucket = Number(hash64(log.unit) >> 57n) * BUCKET_SUMS.length;
    BUCKET_SUMS.forEach((name, i) => {
      add(after.sums, name, of[name]);
      buckets[bucket + i] = (buckets[bucket + i] ?? 0) + of[name];
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
  after.buckets = closeBuckets(buckets);
  return after;
}

/** The outcomes of several windows together. */
export function mergeOutcomes(all: readonly Outcomes[]): Outcomes {
  const sum = noOutcomes();
  const buckets = openBuckets(sum.buckets);
  for (const outcomes of all) {
    for (const section of ["sums", "rendering", "page_load", "classes", "segments", "engaged"] as const) {
      for (const [name, count] of Object.entries(outcomes[section])) add(sum[section], name, count);
    }
    openBuckets(outcomes.buckets).forEach((value, i) => {
      buckets[i] = (buckets[i] ?? 0) + value;
    });
  }
  return { ...sum, buckets: closeBuckets(buckets) };
}

/** Bytes of a stored bucket: its number, and its sums. */
const BUCKET_BYTES = 1 + 8 * BUCKET_SUMS.length;

/** Sums of each bucket of visitors, BUCKETS x BUCKET_SUMS. */
export function openBuckets(bytes: Uint8Array): Float64Array {
  const sums = new Float64Array(BUCKETS * BUCKET_SUMS.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += BUCKET_BYTES) {
    const first = view.getUint8(at) * BUCKET_SUMS.length;
    for (let i = 0; i < BUCKET_SUMS.length; i++) sums[first + i] = view.getFloat64(at + 1 + 8 * i, true);
  }
  return sums;
}

/** As they are stored: the buckets that have visits, by number. */
function closeBuckets(sums: Float64Array): Uint8Array {
  const used = Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter(
    (bucket) => sums[bucket * BUCKET_SUMS.length] !== 0,
  );
  const bytes = Buffer.alloc(used.length * BUCKET_BYTES);
  used.forEach((bucket, place) => {
    bytes[place * BUCKET_BYTES] = bucket;
    for (let i = 0; i < BUCKET_SUMS.length; i++) {
      bytes.writeDoubleLE(sums[bucket * BUCKET_SUMS.length + i] ?? 0, place * BUCKET_BYTES + 1 + 8 * i);
    }
  });
  return bytes;
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
