import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { COLUMNS, type Examples } from "./examples.ts";

/** What visitors are told apart by, and what a person may be of. */
export const SEGMENT_DIMENSIONS = [
  "device",
  "hours",
  "day",
  "pointer",
  "accessibility",
  "language",
  "network",
] as const;
export type SegmentDimension = (typeof SEGMENT_DIMENSIONS)[number];

/** Share of the rows below which a language is one of `other`. */
const RARE_LANGUAGE = 0.01;
const DEVICES = [
  { feature: "is_mobile", name: "mobile" },
  { feature: "is_tablet", name: "tablet" },
  { feature: "is_desktop", name: "desktop" },
] as const satisfies readonly { feature: FeatureName; name: string }[];
/** Local time, six hours each from midnight. */
const HOURS = ["night", "morning", "afternoon", "evening"];
const NETWORKS = ["slow", "medium", "fast"];
const UNTOLD = "not told";

/** What segments are made of. */
type SegmentRows = Pick<Examples, "features" | "language">;

/** Prepares to tell the segments of rows. */
export function segmenter({ features, language }: SegmentRows): (row: number) => Record<SegmentDimension, string> {
  const counts = new Map<string, number>();
  for (const name of language) counts.set(name, (counts.get(name) ?? 0) + 1);
  const column = (name: FeatureName): number => FEATURE_NAMES.indexOf(name);
  const [hour, weekend, touch, needs, network] = [
    column("hour_of_day"),
    column("is_weekend"),
    column("touch_enabled"),
    column("accessibility_needs"),
    column("estimated_network_speed"),
  ] as [number, number, number, number, number];
  const devices = DEVICES.map(({ feature, name }) => ({ name, at: column(feature) }));
  return (row) => {
    const of = (at: number): number => features[row * COLUMNS + at] as number;
    const spoken = language[row] as string;
    const isRare = (counts.get(spoken) ?? 0) < RARE_LANGUAGE * language.length;
    return {
      device: devices.find(({ at }) => of(at) === 1)?.name ?? UNTOLD,
      hours: HOURS[Math.floor(of(hour) / 6)] ?? UNTOLD,
      day: of(weekend) === 1 ? "weekend" : "weekday",
      pointer: of(touch) === 1 ? "touch" : "no touch",
      accessibility: of(needs) > 0 ? "needs" : "no needs",
      language: spoken === "" ? UNTOLD : isRare ? "other" : spoken,
      network: NETWORKS[of(network)] ?? UNTOLD,
    };
  };
}

/** A segment in words: `device mobile`. */
export function segmentName(dimension: SegmentDimension, value: string): string {
  return `${dimension} ${value}`;
}

/** The names of all segments that a row is in. */
export function segmentNames(of: Record<SegmentDimension, string>): string[] {
  return SEGMENT_DIMENSIONS.map((dimension) => segmentName(dimension, of[dimension]));
}
