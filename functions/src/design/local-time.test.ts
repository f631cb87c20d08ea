import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hourOfWeekCell, isDarkHour, localTime } from "./local-time.ts";

describe("localTime", () => {
  // 2024-01-01 was a Monday.
  it.each([
    ["UTC", "2024-01-01T10:00:00Z", 10, 0],
    ["a fraction of a second", "2024-01-01T10:59:59.999Z", 10, 0],
    ["an offset of zero", "2024-01-01T10:00:00+00:00", 10, 0],
    ["an offset of minus zero", "2024-01-01T10:00:00-00:00", 10, 0],
    ["east of UTC", "2024-01-01T10:00:00+02:00", 10, 0],
    ["west of UTC", "2024-01-01T10:00:00-05:00", 10, 0],
    ["India, half an hour off", "2024-01-01T00:15:00+05:30", 0, 0],
    ["Nepal, three quarters off", "2024-01-01T00:15:00+05:45", 0, 0],
    ["Newfoundland", "2024-01-01T23:45:00-03:30", 23, 0],
    ["Monday in Kiribati while UTC has Sunday", "2024-01-01T00:00:00+14:00", 0, 0],
    ["Sunday on Baker Island while UTC has Monday", "2023-12-31T23:59:59-12:00", 23, 6],
    ["the largest offset that ISO 8601 has", "2024-01-01T00:00:00+23:59", 0, 0],
    ["the last millisecond before midnight", "2024-01-06T23:59:59.999-05:00", 23, 5],
    ["midnight", "2024-01-07T00:00:00.000-05:00", 0, 6],
    ["a leap day", "2024-02-29T12:00:00+01:00", 12, 3],
    ["before the epoch", "1969-12-31T23:00:00-01:00", 23, 2],
    ["the year 9999", "9999-12-31T23:59:59-23:59", 23, 4],
  ])("reads hour and weekday in the visitor's offset: %s", (_, horaLocal, hour, weekday) => {
    expect(localTime(horaLocal)).toEqual({ instantMs: Date.parse(horaLocal), hour, weekday });
  });

  it.each([
    ["the second before clocks go forward in Madrid", "2024-03-31T01:59:59+01:00", 1],
    ["the second after it, an hour later on the clock", "2024-03-31T03:00:00+02:00", 3],
    ["half past two before clocks go back", "2024-10-27T02:30:00+02:00", 2],
    ["half past two for the second time", "2024-10-27T02:30:00+01:00", 2],
  ])("takes daylight saving from the offset: %s", (_, horaLocal, hour) => {
    expect(localTime(horaLocal)).toMatchObject({ hour, weekday: 6 });
  });

  it("keeps apart the two hours that a clock shows twice", () => {
    const first = localTime("2024-10-27T02:30:00+02:00").instantMs;
    expect(localTime("2024-10-27T02:30:00+01:00").instantMs - first).toBe(3_600_000);
  });

  it("reads back every hour, weekday and offset it is given", () => {
    const minutes = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), minutes, (wallMs, offset) => {
        const wall = new Date(wallMs);
        const size = Math.abs(offset);
        const text = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, "0")).join(":");
        const { hour, weekday, instantMs } = localTime(
          `${wall.toISOString().slice(0, -1)}${offset < 0 ? "-" : "+"}${text}`,
        );
        expect(hour).toBe(wall.getUTCHours());
        expect(weekday).toBe((wall.getUTCDay() + 6) % 7);
        expect(instantMs).toBe(wallMs - offset * 60_000);
      }),
      { seed: 1 },
    );
  });
});

describe("hourOfWeekCell", () => {
  it.each([
    ["2024-01-01T00:00:00+14:00", 0],
    ["2024-01-01T05:59:59+14:00", 0],
    ["2024-01-01T06:00:00+14:00", 1],
    ["2024-01-02T00:00:00Z", 4],
    ["2024-01-07T17:59:59-05:00", 26],
    ["2024-01-07T18:00:00-05:00", 27],
  ])("of %s is %i", (horaLocal, cell) => {
    expect(hourOfWeekCell(horaLocal)).toBe(cell);
  });
});

describe("isDarkHour", () => {
  it.each([
    [0, true],
    [6, true],
    [7, false],
    [17, false],
    [18, true],
    [23, true],
  ])("of %i is %s", (hour, dark) => {
    expect(isDarkHour(hour)).toBe(dark);
  });
});
