import type { FeatureName } from "../design/schema.ts";
import { HISTORY_FEATURES, type HistoryFeature } from "../registry/schema.ts";

/**
 * Features that are compared with the same hours of the week. Not the four of the clock, whose change is traffic (the
 * seasonal trigger's matter): against a reference of other hours they always drift.
 */
export const BY_HOUR = [
  "is_mobile",
  "is_tablet",
  "is_desktop",
  "touch_enabled",
  "device_pixel_ratio",
  "viewport_area",
  "aspect_ratio",
  "viewport_diagonal",
  "pixel_density",
  "estimated_network_speed",
  "accessibility_needs",
] as const satisfies readonly FeatureName[];
export type FeatureByHour = (typeof BY_HOUR)[number];

/** It grows with the age of the site, whatever visitors are like: told, but nothing fires by it. */
export const REPORTED_ONLY = "days_since_first_visit" as const;

/** The features that drift is looked for in, 14. */
export const WATCHED_FEATURES = [...BY_HOUR, ...HISTORY_FEATURES] as const;
export type WatchedFeature = (typeof WATCHED_FEATURES)[number];

/** Whether a feature is compared within history bands, not by hours. */
export function isHistory(feature: FeatureName): feature is HistoryFeature {
  return (HISTORY_FEATURES as readonly FeatureName[]).includes(feature);
}
