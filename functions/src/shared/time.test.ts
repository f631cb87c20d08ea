import { describe, expect, it } from "vitest";
import { isoWeek, monthId, quarterId } from "./time.ts";

describe("the month", () => {
  it.each([
    { name: "begins on the first at 00:00", at: "2026-11-01T00:00:00.000Z", month: "2026-11" },
    { name: "ends a millisecond before the next first", at: "2026-10-31T23:59:59.999Z", month: "2026-10" },
    { name: "has two digits", at: "2027-01-01T04:00:00.000Z", month: "2027-01" },
  ])("$name", ({ at, month }) => {
    expect(monthId(Date.parse(at))).toBe(month);
  });
});

describe("the quarter", () => {
  it.each([
    { at: "2026-09-30T23:59:59.999Z", quarter: "2026-Q3" },
    { at: "2026-10-01T00:00:00.000Z", quarter: "2026-Q4" },
    { at: "2027-01-01T05:00:00.000Z", quarter: "2027-Q1" },
  ])("of $at is $quarter", ({ at, quarter }) => {
    expect(quarterId(Date.parse(at))).toBe(quarter);
  });
});

describe("the ISO 8601 week", () => {
  // date -u -d DATE +%G-W%V
  it.each([
    { name: "begins on Monday at 00:00", at: "2026-11-16T00:00:00.000Z", week: "2026-W47" },
    { name: "ends a millisecond before the next Monday", at: "2026-11-22T23:59:59.999Z", week: "2026-W47" },
    { name: "is another from then on", at: "2026-11-23T00:00:00.000Z", week: "2026-W48" },
    { name: "is the 53rd of a year that begins on a Thursday", at: "2026-12-31T12:00:00.000Z", week: "2026-W53" },
    { name: "on 1 January may be that of the year before", at: "2027-01-03T23:59:59.999Z", week: "2026-W53" },
    { name: "is the first with the first Monday after it", at: "2027-01-04T00:00:00.000Z", week: "2027-W01" },
    { name: "on 31 December may be the first of the next year", at: "2024-12-31T03:00:00.000Z", week: "2025-W01" },
    { name: "of the Monday before is that one too", at: "2024-12-30T00:00:00.000Z", week: "2025-W01" },
    { name: "of the Sunday before is the 52nd", at: "2024-12-29T23:59:59.999Z", week: "2024-W52" },
    { name: "is the 53rd of a leap year that begins on a Wednesday", at: "2020-12-31T00:00:00.000Z", week: "2020-W53" },
    { name: "on 1 January is the first if that is a Monday", at: "2029-01-01T00:00:00.000Z", week: "2029-W01" },
    { name: "has two digits", at: "2028-03-01T00:00:00.000Z", week: "2028-W09" },
    { name: "is right before the epoch, too", at: "1969-12-28T23:59:59.999Z", week: "1969-W52" },
  ])("$name", ({ at, week }) => {
    expect(isoWeek(Date.parse(at))).toBe(week);
  });

  it("never goes back, and every name stands for seven days", () => {
    const days = new Map<string, number>();
    let last = "";
    for (let ms = Date.UTC(2000, 0, 3); ms < Date.UTC(2040, 0, 2); ms += 86_400_000) {
      const week = isoWeek(ms);
      expect(week >= last).toBe(true);
      days.set(week, (days.get(week) ?? 0) + 1);
      last = week;
    }
    expect(new Set(days.values())).toEqual(new Set([7]));
  });
});
