import { createHash } from "node:crypto";
import { localTime } from "./local-time.ts";
import { FEATURE_NAMES, type FeatureName, type History, type StoredFeatures, type UserContext } from "./schema.ts";

/**
 * Activity level of each local hour, 0-1: asleep at night, a first peak before noon, a dip after lunch, the day's peak at
 * nine in the evening. A fixed curve (FEATURE_SCHEMA changes with it), shaped like the daily traffic of consumer sites.
 */
const TIME_INTENSITY = [
  0.25, 0.15, 0.1, 0.05, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.75, 0.8, 0.75, 0.65, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 0.95,
  1, 0.8, 0.5,
] as const;

/** Interactions per earlier session up to which activity counts as low (0) and medium (1); above it is high (2). */
const LOW_ACTIVITY = 5;
const MEDIUM_ACTIVITY = 15;

const DAY_MS = 86_400_000;

/**
 * The 19 features of a visit, in the order of FEATURE_NAMES; NaN where missing. Reads no clock: the same context and
 * history give the same row whenever and wherever they are computed, which is what lets ingest check a receipt's hash.
 */
export function extractFeatures(context: UserContext, history?: History): Float64Array {
  const { hour, weekday, instantMs } = localTime(context.hora_local);
  const { viewport_width: width, viewport_height: height } = context;
  const dpr = Math.min(4, Math.max(0.5, context.device_pixel_ratio));
  const weekend = weekday >= 5;
  const row: Record<FeatureName, number> = {
    hour_of_day: hour,
    is_weekend: Number(weekend),
    is_business_hours: Number(!weekend && hour >= 9 && hour <= 17),
    time_intensity: TIME_INTENSITY[hour] ?? Number.NaN,
    is_mobile: Number(width < 768),
    is_tablet: Number(width >= 768 && width < 1024),
    is_desktop: Number(width >= 1024),
    touch_enabled: Number(context.touch_enabled),
    device_pixel_ratio: dpr,
    viewport_area: width * height,
    aspect_ratio: width / height,
    viewport_diagonal: Math.sqrt(width * width + height * height),
    pixel_density: dpr * dpr,
    ...historyFeatures(history, instantMs),
    estimated_network_speed: networkSpeed(context),
    accessibility_needs: accessibilityNeeds(context),
  };
  return Float64Array.from(FEATURE_NAMES, (name) => row[name]);
}

type HistoryColumn = "avg_session_duration" | "total_interactions" | "days_since_first_visit" | "user_density_group";

/**
 * The features that history decides, NaN where missing.
 * @param instantMs of the visit
 */
export function historyFeatures(history: History | undefined, instantMs: number): Record<HistoryColumn, number> {
  const days = history === undefined ? Number.NaN : Math.floor((instantMs - Date.parse(history.first_visit)) / DAY_MS);
  const earlier = history !== undefined && history.sessions > 0 ? history : undefined;
  return {
    avg_session_duration: earlier?.avg_session_duration ?? Number.NaN,
    total_interactions: earlier?.total_interactions ?? Number.NaN,
    days_since_first_visit: days >= 0 ? days : Number.NaN,
    user_density_group: earlier === undefined ? Number.NaN : activity(earlier.total_interactions / earlier.sessions),
  };
}

function activity(interactionsPerSession: number): number {
  if (interactionsPerSession <= LOW_ACTIVITY) return 0;
  return interactionsPerSession <= MEDIUM_ACTIVITY ? 1 : 2;
}

/**
 * 0 slow, 1 medium, 2 fast. The effective type (WICG Network Information: already a summary of round-trip time and
 * throughput) decides; without it the downlink by that specification's own limits for 2g and 3g (0.07 and 0.7 Mbit/s),
 * then the round-trip time (1400 and 270 ms). A visitor who saves data counts as no better than medium.
 */
function networkSpeed(context: UserContext): number {
  const speed = measuredSpeed(context);
  return context.save_data_mode === true ? Math.min(speed, 1) : speed;
}

function measuredSpeed(context: UserContext): number {
  switch (context.connection_effective_type) {
    case "slow-2g":
    case "2g":
      return 0;
    case "3g":
      return 1;
    case "4g":
      return 2;
    case undefined:
      break;
  }
  const { connection_downlink: mbits, connection_rtt: rtt } = context;
  if (mbits !== undefined) return mbits < 0.07 ? 0 : mbits < 0.7 ? 1 : 2;
  if (rtt !== undefined) return rtt >= 1400 ? 0 : rtt >= 270 ? 1 : 2;
  return Number.NaN;
}

/** 0-1: a quarter each for more contrast, reduced motion, reduced transparency, and a zoom of 1.25 or more. */
function accessibilityNeeds(context: UserContext): number {
  const needs = [
    context.prefers_contrast === "more" || context.prefers_contrast === "custom",
    context.prefers_reduced_motion === true,
    context.prefers_reduced_transparency === true,
    (context.zoom_level ?? 1) >= 1.25,
  ];
  return needs.filter(Boolean).length / needs.length;
}

/** A feature row at rest: `null` where it is missing. */
export function storedFeatures(row: Float64Array): StoredFeatures {
  return Array.from(row, (value) => (Number.isNaN(value) ? null : value));
}

/** The feature row of a stored one: NaN where it is `null`. */
export function featureRow(stored: StoredFeatures): Float64Array {
  return Float64Array.from(stored, (value) => value ?? Number.NaN);
}

/** SHA-256 (hex) over the row as little-endian float64, every NaN in its canonical form. */
export function featuresHash(row: Float64Array): string {
  const bytes = new DataView(new ArrayBuffer(row.length * 8));
  row.forEach((value, i) => {
    if (Number.isNaN(value)) bytes.setBigUint64(i * 8, 0x7ff8000000000000n, true);
    else bytes.setFloat64(i * 8, value, true);
  });
  return createHash("sha256").update(new Uint8Array(bytes.buffer)).digest("hex");
}
