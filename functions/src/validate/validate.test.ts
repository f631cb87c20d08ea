import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { Lifecycle } from "../config.ts";
import { busyVisitors, LogValidator, type Rule } from "./validate.ts";

const AS_OF = Date.parse("2026-09-28T06:00:00.000Z");
const FROM = Date.parse("2026-08-29T06:00:00.000Z");
const RANGE = { fromMs: FROM, toMs: AS_OF, asOfMs: AS_OF };
const limits = Lifecycle.parse({}).validation;
const PEOPLE = { limits, busy: new Set<string>(["bot"]) };
const context = someLog({}).user_context;

const rows: { name: string; log: Parameters<typeof someLog>[0]; broken: Rule[] }[] = [
  { name: "a sound log", log: {}, broken: [] },
  {
    name: "a width of zero",
    log: { user_context: { ...context, viewport_width: 0 } },
    broken: ["viewport_not_positive"],
  },
  {
    name: "a height that is no number",
    log: { user_context: { ...context, viewport_height: Number.NaN } },
    broken: ["viewport_not_positive"],
  },
  { name: "a duration of zero", log: { session_duration: 0 }, broken: [] },
  { name: "a negative duration", log: { session_duration: -1 }, broken: ["duration_negative"] },
  { name: "a negative count", log: { interactions_count: -1 }, broken: ["count_negative"] },
  { name: "a negative load time", log: { page_load_time: -0.5 }, broken: ["time_negative"] },
  { name: "a negative rendering time", log: { rendering_time: -0.5 }, broken: ["time_negative"] },
  { name: "rates of exactly 0 and 1", log: { bounce_rate: 0, scroll_depth: 1 }, broken: [] },
  { name: "a bounce rate above 1", log: { bounce_rate: 1.001 }, broken: ["rate_outside_0_1"] },
  { name: "a scroll depth below 0", log: { scroll_depth: -0.001 }, broken: ["rate_outside_0_1"] },
  { name: "a click rate that is no number", log: { click_through_rate: Number.NaN }, broken: ["rate_outside_0_1"] },
  { name: "the first moment of the range", log: { event_at: new Date(FROM).toISOString() }, broken: [] },
  {
    name: "a millisecond before the range",
    log: { event_at: new Date(FROM - 1).toISOString() },
    broken: ["outside_range"],
  },
  { name: "the last moment of the range", log: { event_at: new Date(AS_OF - 1).toISOString() }, broken: [] },
  { name: "the end of the range", log: { event_at: new Date(AS_OF).toISOString() }, broken: ["outside_range"] },
  {
    name: "a millisecond in the future",
    log: { event_at: new Date(AS_OF + 1).toISOString() },
    broken: ["in_the_future", "outside_range"],
  },
  { name: "ten interactions a second", log: { session_duration: 2000, interactions_count: 20 }, broken: [] },
  {
    name: "more than ten interactions a second",
    log: { session_duration: 1999, interactions_count: 20 },
    broken: ["inhuman_rate"],
  },
  { name: "a few quick interactions", log: { session_duration: 1, interactions_count: 19 }, broken: [] },
  { name: "a visitor who cannot be a person", log: { unit: "bot" }, broken: ["inhuman_visitor"] },
  {
    name: "two faults at once",
    log: { session_duration: -1, interactions_count: -1 },
    broken: ["duration_negative", "count_negative"],
  },
];

describe("a log of a training's data", () => {
  it.each(rows)("with $name breaks $broken", ({ log, broken }) => {
    expect(new LogValidator(RANGE, PEOPLE).check(someLog(log))).toEqual(broken);
  });
});

describe("a validation", () => {
  it("counts every rule that is broken, and a log with two faults under both", () => {
    const validator = new LogValidator(RANGE, PEOPLE);
    validator.check(someLog({ prediction_id: "a" }));
    validator.check(someLog({ prediction_id: "b", session_duration: -1, interactions_count: -1 }));
    validator.check(someLog({ prediction_id: "c", session_duration: -1 }));
    expect(validator.report()).toEqual({
      verdict: "proceed",
      checked: 3,
      valid: 1,
      invalid: { duration_negative: 2, count_negative: 1 },
      reason: "1 of 3 logs are valid",
    });
  });

  it("takes the first of two logs with the same id", () => {
    const validator = new LogValidator(RANGE, PEOPLE);
    expect(validator.check(someLog({}))).toEqual([]);
    expect(validator.check(someLog({}))).toEqual(["duplicate_id"]);
    expect(validator.report()).toMatchObject({ valid: 1, invalid: { duplicate_id: 1 } });
  });
});

describe("visitors who make more visits on a day than a person", () => {
  const visits = (unit: string, count: number, day = 28) =>
    Array.from({ length: count }, () => ({ unit, event_at: `2026-09-${day}T05:00:00.000Z` }));

  it("are told by their busiest day", () => {
    const logs = [...visits("most", 500), ...visits("more", 501), ...visits("days", 300), ...visits("days", 300, 29)];
    expect([...busyVisitors(logs, limits)]).toEqual(["more"]);
  });
});
