import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { userContext } from "../../../test/user-context.ts";
import { extractFeatures, featureRow, featuresHash, storedFeatures } from "./features.ts";
import { FEATURE_NAMES, type FeatureName, type History, StoredFeatures, type UserContext } from "./schema.ts";

const HISTORY: History = {
  sessions: 4,
  avg_session_duration: 90_000,
  total_interactions: 40,
  first_visit: "2024-01-01T12:00:00+01:00",
};

function feature(name: FeatureName, context: Partial<UserContext> = {}, history?: History): number | undefined {
  return extractFeatures(userContext(context), history)[FEATURE_NAMES.indexOf(name)];
}

describe("extractFeatures", () => {
  it("gives 19 numbers in the order of their names", () => {
    const context = userContext({ connection_effective_type: "4g", device_pixel_ratio: 2, touch_enabled: true });
    const row = extractFeatures(context, HISTORY);
    expect(Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, row[i]]))).toEqual({
      hour_of_day: 12,
      is_weekend: 0,
      is_business_hours: 1,
      time_intensity: 0.75,
      is_mobile: 0,
      is_tablet: 0,
      is_desktop: 1,
      touch_enabled: 1,
      device_pixel_ratio: 2,
      viewport_area: 1_024_000,
      aspect_ratio: 1.6,
      viewport_diagonal: Math.sqrt(1280 * 1280 + 800 * 800),
      pixel_density: 4,
      avg_session_duration: 90_000,
      total_interactions: 40,
      days_since_first_visit: 2,
      user_density_group: 1,
      estimated_network_speed: 2,
      accessibility_needs: 0,
    });
    expect(FEATURE_NAMES).toHaveLength(19);
  });

  it("says NaN for what a visit without optional fields and history does not tell, and nothing else", () => {
    const row = extractFeatures(userContext());
    expect(FEATURE_NAMES.filter((_, i) => Number.isNaN(row[i]))).toEqual([
      "avg_session_duration",
      "total_interactions",
      "days_since_first_visit",
      "user_density_group",
      "estimated_network_speed",
    ]);
  });

  it.each([
    ["a phone", 767, [1, 0, 0]],
    ["a fraction under a tablet", 767.99, [1, 0, 0]],
    ["the narrowest tablet", 768, [0, 1, 0]],
    ["the widest tablet", 1023, [0, 1, 0]],
    ["a fraction under a desktop", 1023.5, [0, 1, 0]],
    ["the narrowest desktop", 1024, [0, 0, 1]],
    ["less than a pixel", 0.5, [1, 0, 0]],
  ])("calls %s by its width", (_, viewport_width, expected) => {
    const kinds = (["is_mobile", "is_tablet", "is_desktop"] as const).map((name) => feature(name, { viewport_width }));
    expect(kinds).toEqual(expected);
  });

  it.each([
    ["Monday 08:59", "2024-01-01T08:59:59.999+01:00", 0],
    ["Monday 09:00", "2024-01-01T09:00:00+01:00", 1],
    ["Friday 17:59", "2024-01-05T17:59:59.999+01:00", 1],
    ["Friday 18:00", "2024-01-05T18:00:00+01:00", 0],
    ["Saturday noon", "2024-01-06T12:00:00+01:00", 0],
    ["Monday 09:00 in Auckland, Sunday in UTC", "2024-01-01T09:00:00+13:00", 1],
    ["Sunday 23:00 in New York, Monday in UTC", "2023-12-31T23:00:00-05:00", 0],
  ])("knows business hours: %s", (_, hora_local, expected) => {
    expect(feature("is_business_hours", { hora_local })).toBe(expected);
  });

  it.each([
    ["Friday's last millisecond", "2024-01-05T23:59:59.999-05:00", 0],
    ["Saturday midnight", "2024-01-06T00:00:00-05:00", 1],
    ["Sunday's last millisecond", "2024-01-07T23:59:59.999-05:00", 1],
    ["Monday midnight", "2024-01-08T00:00:00-05:00", 0],
  ])("knows the weekend: %s", (_, hora_local, expected) => {
    expect(feature("is_weekend", { hora_local })).toBe(expected);
  });

  it("gives every hour an intensity from 0 to 1, most in the evening", () => {
    const curve = Array.from({ length: 24 }, (_, hour) =>
      feature("time_intensity", { hora_local: `2024-01-01T${String(hour).padStart(2, "0")}:00:00Z` }),
    );
    for (const level of curve) expect(level).toSatisfy((value: number) => value >= 0 && value <= 1);
    expect(curve.indexOf(1)).toBe(21);
  });

  it.each([
    [0.1, 0.5, 0.25],
    [0.5, 0.5, 0.25],
    [1.5, 1.5, 2.25],
    [4, 4, 16],
    [100, 4, 16],
  ])("clamps a device pixel ratio of %f", (device_pixel_ratio, ratio, density) => {
    expect(feature("device_pixel_ratio", { device_pixel_ratio })).toBe(ratio);
    expect(feature("pixel_density", { device_pixel_ratio })).toBe(density);
  });

  it.each<[string, Partial<History>, number | undefined]>([
    ["the first visit now", { first_visit: "2024-01-03T12:00:00+01:00" }, 0],
    ["a millisecond under a day", { first_visit: "2024-01-02T12:00:00.001+01:00" }, 0],
    ["a day, told in another offset", { first_visit: "2024-01-02T11:00:00Z" }, 1],
    ["a first visit in the future", { first_visit: "2024-01-03T12:00:00.001+01:00" }, undefined],
    ["a year", { first_visit: "2023-01-03T12:00:00+01:00" }, 365],
    ["a history of no sessions", { sessions: 0 }, 2],
  ])("counts whole days since the first visit: %s", (_, change, expected) => {
    expect(feature("days_since_first_visit", {}, { ...HISTORY, ...change })).toBe(expected ?? Number.NaN);
  });

  it.each([
    [0, 1, 0],
    [20, 4, 0],
    [21, 4, 1],
    [60, 4, 1],
    [61, 4, 2],
  ])("groups %i interactions in %i sessions by activity", (total_interactions, sessions, group) => {
    expect(feature("user_density_group", {}, { ...HISTORY, total_interactions, sessions })).toBe(group);
  });

  it("says NaN for averages over no earlier session", () => {
    for (const name of ["avg_session_duration", "total_interactions", "user_density_group"] as const) {
      expect(feature(name, {}, { ...HISTORY, sessions: 0 })).toBeNaN();
    }
  });

  it.each<[string, Partial<UserContext>, number]>([
    ["slow-2g", { connection_effective_type: "slow-2g" }, 0],
    ["2g", { connection_effective_type: "2g" }, 0],
    ["3g", { connection_effective_type: "3g" }, 1],
    ["4g", { connection_effective_type: "4g" }, 2],
    ["the effective type before the downlink", { connection_effective_type: "2g", connection_downlink: 50 }, 0],
    ["a slow downlink", { connection_downlink: 0.0699 }, 0],
    ["a medium downlink", { connection_downlink: 0.07 }, 1],
    ["a fast downlink", { connection_downlink: 0.7 }, 2],
    ["the downlink before the round-trip time", { connection_downlink: 10, connection_rtt: 3000 }, 2],
    ["a slow round trip", { connection_rtt: 1400 }, 0],
    ["a medium round trip", { connection_rtt: 270 }, 1],
    ["a fast round trip", { connection_rtt: 269 }, 2],
    ["4g while saving data", { connection_effective_type: "4g", save_data_mode: true }, 1],
    ["2g while saving data", { connection_effective_type: "2g", save_data_mode: true }, 0],
    ["saving data and nothing else", { save_data_mode: true }, Number.NaN],
  ])("estimates the network's speed: %s", (_, context, expected) => {
    expect(feature("estimated_network_speed", context)).toBe(expected);
  });

  it.each<[string, Partial<UserContext>, number]>([
    ["more contrast", { prefers_contrast: "more" }, 0.25],
    ["custom contrast", { prefers_contrast: "custom" }, 0.25],
    ["less contrast", { prefers_contrast: "less" }, 0],
    ["a zoom just too small", { zoom_level: 1.24 }, 0],
    ["a zoom of 1.25", { zoom_level: 1.25 }, 0.25],
    ["reduced motion and transparency", { prefers_reduced_motion: true, prefers_reduced_transparency: true }, 0.5],
    [
      "everything",
      { prefers_contrast: "more", prefers_reduced_motion: true, prefers_reduced_transparency: true, zoom_level: 3 },
      1,
    ],
    ["explicit refusals", { prefers_reduced_motion: false, prefers_reduced_transparency: false }, 0],
  ])("adds up accessibility needs: %s", (_, context, expected) => {
    expect(feature("accessibility_needs", context)).toBe(expected);
  });

  it("depends on nothing but what is told: no text of the context changes a feature", () => {
    const hostile = "\u0000\u202E\uD83D\uDE00__proto__".repeat(100);
    const plain = featuresHash(extractFeatures(userContext(), HISTORY));
    const context = userContext({ user_agent: hostile, session_id: hostile, page_path: hostile, locale: hostile });
    expect(featuresHash(extractFeatures(context, HISTORY))).toBe(plain);
  });
});

describe("features at rest", () => {
  it("come back as they were, through JSON too", () => {
    const row = extractFeatures(userContext(), HISTORY);
    const stored = StoredFeatures.parse(JSON.parse(JSON.stringify(storedFeatures(row))));
    expect(stored[FEATURE_NAMES.indexOf("estimated_network_speed")]).toBeNull();
    expect(featuresHash(featureRow(stored))).toBe(featuresHash(row));
  });
});

describe("featuresHash", () => {
  it("is SHA-256 over the row as little-endian float64", () => {
    const row = extractFeatures(userContext(), HISTORY);
    const view = new DataView(new ArrayBuffer(19 * 8));
    for (const [i, value] of row.entries()) view.setFloat64(i * 8, value, true);
    // The bits of this row's only NaN, in case the machine has another one.
    for (const [i, value] of row.entries()) {
      if (Number.isNaN(value)) new Uint8Array(view.buffer).set([0, 0, 0, 0, 0, 0, 0xf8, 0x7f], i * 8);
    }
    expect(featuresHash(row)).toBe(createHash("sha256").update(view).digest("hex"));
  });

  it("never changes: receipts live longer than a deployment", () => {
    // python3 -c 'import hashlib,struct; print(hashlib.sha256(struct.pack("<3d", 0, 1.5, float("nan"))).hexdigest())'
    const known = "003248c27c62f2b08db03386ed71ef3c58569d2ee63958c283915d92ac108569";
    expect(featuresHash(Float64Array.of(0, 1.5, Number.NaN))).toBe(known);
  });

  it("takes every NaN for the same missing value", () => {
    const odd = new Float64Array(BigUint64Array.of(0xfff8000000000001n).buffer);
    expect(featuresHash(odd)).toBe(featuresHash(Float64Array.of(Number.NaN)));
  });

  it("tells rows apart that differ in one bit", () => {
    expect(featuresHash(Float64Array.of(1))).not.toBe(featuresHash(Float64Array.of(1 + Number.EPSILON)));
  });
});
