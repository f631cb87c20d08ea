import { describe, expect, it } from "vitest";
import { nextMonthly, nextQuarterly, nextTime, WEEKLY } from "./scheduler.ts";

describe("the local scheduler", () => {
  it.each([
    { now: "2026-11-16T02:59:59.999Z", next: "2026-11-16T03:00:00.000Z" },
    { now: "2026-11-16T03:00:00.000Z", next: "2026-11-23T03:00:00.000Z" },
    { now: "2026-11-22T23:00:00.000Z", next: "2026-11-23T03:00:00.000Z" },
    { now: "2026-12-31T12:00:00.000Z", next: "2027-01-04T03:00:00.000Z" },
  ])("runs what is weekly on Mondays at 03:00 UTC: at $now next on $next", ({ now, next }) => {
    expect(new Date(nextTime(WEEKLY, Date.parse(now))).toISOString()).toBe(next);
  });

  it.each([
    { now: 299_999, next: 300_000 },
    { now: 300_000, next: 600_000 },
  ])("runs what comes every five minutes at whole ones: after $now ms at $next ms", ({ now, next }) => {
    expect(nextTime({ everyMs: 300_000, afterMs: 0 }, now)).toBe(next);
  });
});

describe("the quarterly schedule", () => {
  it.each([
    { name: "is due later on the first", now: "2026-10-01T04:59:59.999Z", next: "2026-10-01T05:00:00.000Z" },
    { name: "is over at its own time", now: "2026-10-01T05:00:00.000Z", next: "2027-01-01T05:00:00.000Z" },
    { name: "comes with the next quarter", now: "2026-05-31T12:00:00.000Z", next: "2026-07-01T05:00:00.000Z" },
  ])("$name", ({ now, next }) => {
    expect(new Date(nextQuarterly(Date.parse(now))).toISOString()).toBe(next);
  });
});

describe("the monthly schedule", () => {
  it.each([
    { name: "is due later on the first", now: "2026-11-01T03:59:59.999Z", next: "2026-11-01T04:00:00.000Z" },
    { name: "is over at its own time", now: "2026-11-01T04:00:00.000Z", next: "2026-12-01T04:00:00.000Z" },
    { name: "comes after the end of the year", now: "2026-12-31T12:00:00.000Z", next: "2027-01-01T04:00:00.000Z" },
  ])("$name", ({ now, next }) => {
    expect(new Date(nextMonthly(Date.parse(now))).toISOString()).toBe(next);
  });
});
