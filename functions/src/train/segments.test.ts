import { describe, expect, it } from "vitest";
import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { COLUMNS } from "./examples.ts";
import { SEGMENT_DIMENSIONS, type SegmentDimension, segmenter, segmentName, segmentNames } from "./segments.ts";

type Visitor = Partial<Record<FeatureName, number>>;

/** Rows of visitors of whom nothing else is known. */
function rowsOf(visitors: readonly Visitor[], language: string[] = visitors.map(() => "")) {
  const features = new Float64Array(visitors.length * COLUMNS).fill(Number.NaN);
  visitors.forEach((visitor, row) => {
    for (const [name, value] of Object.entries(visitor)) {
      features[row * COLUMNS + FEATURE_NAMES.indexOf(name as FeatureName)] = value;
    }
  });
  return { features, language };
}

const only = (visitor: Visitor) => segmenter(rowsOf([visitor]))(0);

describe("the segments of a row", () => {
  it.each<{ name: string; visitor: Visitor; dimension: SegmentDimension; value: string }>([
    { name: "a phone", visitor: { is_mobile: 1, is_tablet: 0 }, dimension: "device", value: "mobile" },
    { name: "a tablet", visitor: { is_mobile: 0, is_tablet: 1 }, dimension: "device", value: "tablet" },
    { name: "a desktop", visitor: { is_mobile: 0, is_desktop: 1 }, dimension: "device", value: "desktop" },
    { name: "a device that did not tell", visitor: {}, dimension: "device", value: "not told" },
    { name: "midnight", visitor: { hour_of_day: 0 }, dimension: "hours", value: "night" },
    { name: "the end of the night", visitor: { hour_of_day: 5 }, dimension: "hours", value: "night" },
    { name: "six in the morning", visitor: { hour_of_day: 6 }, dimension: "hours", value: "morning" },
    { name: "the end of the morning", visitor: { hour_of_day: 11 }, dimension: "hours", value: "morning" },
    { name: "noon", visitor: { hour_of_day: 12 }, dimension: "hours", value: "afternoon" },
    { name: "the end of the afternoon", visitor: { hour_of_day: 17 }, dimension: "hours", value: "afternoon" },
    { name: "six in the evening", visitor: { hour_of_day: 18 }, dimension: "hours", value: "evening" },
    { name: "the last hour", visitor: { hour_of_day: 23 }, dimension: "hours", value: "evening" },
    { name: "an hour that was not told", visitor: {}, dimension: "hours", value: "not told" },
    { name: "a Sunday", visitor: { is_weekend: 1 }, dimension: "day", value: "weekend" },
    { name: "a Monday", visitor: { is_weekend: 0 }, dimension: "day", value: "weekday" },
    { name: "a touch screen", visitor: { touch_enabled: 1 }, dimension: "pointer", value: "touch" },
    { name: "a mouse", visitor: { touch_enabled: 0 }, dimension: "pointer", value: "no touch" },
    { name: "one need", visitor: { accessibility_needs: 1 }, dimension: "accessibility", value: "needs" },
    { name: "no need", visitor: { accessibility_needs: 0 }, dimension: "accessibility", value: "no needs" },
    { name: "a slow network", visitor: { estimated_network_speed: 0 }, dimension: "network", value: "slow" },
    { name: "a medium network", visitor: { estimated_network_speed: 1 }, dimension: "network", value: "medium" },
    { name: "a fast network", visitor: { estimated_network_speed: 2 }, dimension: "network", value: "fast" },
    { name: "a network that was not told", visitor: {}, dimension: "network", value: "not told" },
    { name: "a language that was not told", visitor: {}, dimension: "language", value: "not told" },
  ])("by $dimension: $name is $value", ({ visitor, dimension, value }) => {
    expect(only(visitor)[dimension]).toBe(value);
  });

  it.each([
    { name: "1 of 100 rows is kept", rows: 100, value: "qu" },
    { name: "1 of 101 rows is one of the others", rows: 101, value: "other" },
  ])("by language: $name", ({ rows, value }) => {
    const language = ["qu", ...Array.from({ length: rows - 1 }, () => "es")];
    const of = segmenter(
      rowsOf(
        Array.from({ length: rows }, () => ({})),
        language,
      ),
    );
    expect(of(0).language).toBe(value);
    expect(of(rows - 1).language).toBe("es");
  });

  it("are each row's own", () => {
    const of = segmenter(rowsOf([{ is_mobile: 1 }, { is_desktop: 1 }]));
    expect([of(0).device, of(1).device]).toEqual(["mobile", "desktop"]);
  });

  it("have one name for each dimension", () => {
    const names = segmentNames(only({ is_mobile: 1, hour_of_day: 9, touch_enabled: 1 }));
    expect(names).toHaveLength(SEGMENT_DIMENSIONS.length);
    expect(names.slice(0, 2)).toEqual(["device mobile", "hours morning"]);
    expect(segmentName("pointer", "no touch")).toBe("pointer no touch");
  });
});
