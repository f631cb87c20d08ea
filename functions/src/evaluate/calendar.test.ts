import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { seasonsOn } from "./calendar.ts";

const CALENDAR = [
  { name: "summer", from: "07-01", to: "08-31" },
  { name: "new year", from: "12-20", to: "01-06" },
];

describe("seasons of the calendar", () => {
  it.each([
    ["2026-06-30T23:59:59.999Z", []],
    ["2026-07-01T00:00:00.000Z", ["summer from 2026-07-01 to 2026-09-01"]],
    ["2026-08-31T23:59:59.999Z", ["summer from 2026-07-01 to 2026-09-01"]],
    ["2026-09-01T00:00:00.000Z", []],
    ["2026-12-20T00:00:00.000Z", ["new year from 2026-12-20 to 2027-01-07"]],
    ["2027-01-06T12:00:00.000Z", ["new year from 2026-12-20 to 2027-01-07"]],
    ["2027-01-07T00:00:00.000Z", []],
  ])("on %s are %s", (at, seasons) => {
    const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
    const words = seasonsOn(Date.parse(at), CALENDAR).map(
      (of) => `${of.name} from ${day(of.fromMs)} to ${day(of.toMs)}`,
    );
    expect(words).toEqual(seasons);
  });

  it.each([
    ["12-24", true],
    ["02-29", true],
    ["02-30", false],
    ["13-01", false],
    ["1-1", false],
    ["12-24T", false],
  ])("take the day %s: %s", (day, isFine) => {
    const calendar = [{ name: "a", from: day, to: "12-31" }];
    expect(Lifecycle.safeParse({ triggers: { seasonal: { calendar } } }).success).toBe(isFine);
  });
});
