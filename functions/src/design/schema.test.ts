import { describe, expect, it } from "vitest";
import { userContext } from "../../../test/user-context.ts";
import { History, Preferences, UserContext } from "./schema.ts";

/** The first field at fault of a body sent as JSON text, or undefined if it is taken. */
function fault(schema: typeof UserContext | typeof History, body: string): string | undefined {
  const parsed = schema.safeParse(JSON.parse(body));
  return parsed.success ? undefined : parsed.error.issues[0]?.path.join(".");
}

/** The context's JSON with one field written as it stands. */
function withField(name: string, json: string): string {
  return `${JSON.stringify(userContext()).slice(0, -1)},${JSON.stringify(name)}:${json}}`;
}

describe("UserContext", () => {
  it("takes the required fields alone, and nothing less", () => {
    expect(fault(UserContext, JSON.stringify(userContext()))).toBeUndefined();
    for (const name of Object.keys(userContext())) {
      const { [name]: _, ...rest } = userContext() as Record<string, unknown>;
      expect(fault(UserContext, JSON.stringify(rest))).toBe(name);
    }
  });

  it.each([
    ["hora_local", "no offset", '"2024-01-03T12:00:00"'],
    ["hora_local", "a day that does not exist", '"2024-02-30T12:00:00Z"'],
    ["hora_local", "an hour 24", '"2024-01-03T24:00:00Z"'],
    ["hora_local", "an offset of a day", '"2024-01-03T12:00:00+24:00"'],
    ["hora_local", "a line feed", '"2024-01-03T12:00:00Z\\n"'],
    ["hora_local", "a number", "1704283200000"],
    ["hora_local", "a very long fraction", `"2024-01-03T12:00:00.${"1".repeat(5000)}Z"`],
    ["viewport_width", "zero", "0"],
    ["viewport_width", "a negative", "-1"],
    ["viewport_width", "infinity", "1e999"],
    ["viewport_width", "more than any screen", "100001"],
    ["viewport_width", "a text", '"1280"'],
    ["viewport_height", "null, which is how JSON writes NaN", "null"],
    ["device_pixel_ratio", "minus zero", "-0"],
    ["touch_enabled", "a number for a boolean", "1"],
    ["prefers_color_scheme", "a name that objects have", '"__proto__"'],
    ["prefers_color_scheme", "an array", '["dark"]'],
    ["session_id", "nothing", '""'],
    ["session_id", "too long a text", `"${"x".repeat(129)}"`],
    ["user_agent", "1025 emoji", `"${"😀".repeat(1025)}"`],
    ["page_path", "too long a path", `"${"/".repeat(2049)}"`],
    ["connection_rtt", "a negative time", "-1"],
    ["connection_effective_type", "an unknown type", '"5g"'],
    ["max_touch_points", "half a finger", "1.5"],
    ["languages", "21 languages", `[${'"en",'.repeat(20)}"en"]`],
    ["zoom_level", "no zoom at all", "0"],
  ])("refuses, as %s, %s", (name, _, json) => {
    expect(fault(UserContext, withField(name, json))).toBe(name);
  });

  it.each([
    ["control characters", '"\\u0000\\u001b[2J\\r\\n"'],
    ["emoji and right-to-left marks", '"👩‍👩‍👧‍👦\\u202e"'],
    ["half a surrogate pair", '"\\ud83d"'],
    ["a name that objects have", '"__proto__"'],
  ])("takes %s where text is free", (_, json) => {
    const body = withField("session_id", json);
    expect(fault(UserContext, body)).toBeUndefined();
    expect(UserContext.parse(JSON.parse(body)).session_id).toBe(JSON.parse(json));
  });

  it("drops unknown fields, and cannot be made to change prototypes", () => {
    const body = withField("__proto__", '{"polluted":true}').slice(0, -1);
    const parsed = UserContext.parse(JSON.parse(`${body},"constructor":{"prototype":{"polluted":true}},"unknown":1}`));
    expect(Object.keys(parsed).sort()).toEqual(Object.keys(userContext()).sort());
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("History", () => {
  const good = { sessions: 1, avg_session_duration: 1, total_interactions: 1, first_visit: "2024-01-01T00:00:00Z" };
  it.each([
    ["sessions", -1],
    ["sessions", 1.5],
    ["avg_session_duration", -0.1],
    ["total_interactions", 1e9],
    ["first_visit", "yesterday"],
    ["first_visit", null],
  ])("refuses %s = %s", (name, value) => {
    expect(fault(History, JSON.stringify({ ...good, [name]: value }))).toBe(name);
  });

  it("is whole or not at all", () => {
    expect(fault(History, JSON.stringify(good))).toBeUndefined();
    expect(fault(History, "{}")).toBe("sessions");
  });
});

describe("Preferences", () => {
  it("takes only classes of the right group", () => {
    expect(Preferences.safeParse({ density: "densidad-alta", theme: "tema-auto" }).success).toBe(true);
    for (const wrong of [{ density: "fuente-sans" }, { theme: "oscuro" }, { font: 1 }, { font: null }]) {
      expect(Preferences.safeParse(wrong).success).toBe(false);
    }
  });
});
