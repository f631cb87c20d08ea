import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { type VolumeDay, volumeDay, volumeFindings } from "./seasonal.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FROM = Date.parse("2026-01-05T00:00:00Z");
const policy = Lifecycle.parse({}).triggers.seasonal;

/** Hourly visits of so many days: 100 by day and 20 by night, half of that at weekends, a fixed noise of 4 % from day to day. */
function weeks(
  days: number,
  change: (day: number, hour: number, visits: number) => number = (_, __, visits) => visits,
) {
  const visits = Array.from({ length: days * 24 }, (_, i) => {
    const [day, hour] = [Math.floor(i / 24), i % 24];
    const usual = (hour < 6 ? 20 : 100) * (day % 7 >= 5 ? 0.5 : 1) * (1 + 0.04 * (((day * 7) % 5) - 2));
    return Math.round(change(day, hour, usual));
  });
  return { fromMs: FROM, visits };
}

function judged(days: number, ...change: Parameters<typeof weeks> extends [number, ...infer Rest] ? Rest : never) {
  return volumeDay(weeks(days, ...change), FROM + days * DAY, policy);
}

/** As a change of the last day, so much of its visits. */
const lastDay = (days: number, factor: number) => (day: number, _: number, visits: number) =>
  day === days - 1 ? visits * factor : visits;

describe("the volume of 24 hours", () => {
  it.each([
    { name: "as ever", change: lastDay(40, 1), direction: 0 },
    { name: "1.3 times", change: lastDay(40, 1.3), direction: 0 },
    { name: "1.7 times", change: lastDay(40, 1.7), direction: 1 },
    { name: "half", change: lastDay(40, 0.5), direction: -1 },
    { name: "nothing", change: lastDay(40, 0), direction: -1 },
  ])("$name has the direction $direction", ({ change, direction }) => {
    expect(judged(40, change)).toMatchObject({ status: "measured", direction, profileIsBeyond: false });
  });

  it("is compared with the same weekday: a Monday after a Sunday is nothing new", () => {
    for (const days of [36, 37, 41, 42, 43]) expect(judged(days)).toMatchObject({ direction: 0 });
  });

  it("must exceed what days differ by anyway", () => {
    const wild = (day: number, _: number, visits: number) =>
      visits * (day % 2 === 0 ? 0.6 : 1.4) * (day === 39 ? 1.3 : 1);
    expect(judged(40, wild)).toMatchObject({ direction: 0 });
  });

  it("stands beside days that are no yardstick while they are under suspicion themselves", () => {
    const twice = (day: number, _: number, visits: number) => (day >= 37 ? visits * 1.7 : visits);
    expect(judged(40, twice)).toMatchObject({ direction: 1 });
  });

  it.each([
    { name: "30 days are known", volume: weeks(30), at: 30, reason: "the visits of 3 weeks are known, 4 are needed" },
    { name: "31 days are known", volume: weeks(31), at: 31, reason: undefined },
    {
      name: "the first ones are before the site began",
      volume: weeks(40, (day, _, visits) => (day < 20 ? 0 : visits)),
      at: 40,
      reason: "the visits of 2 weeks are known, 4 are needed",
    },
    {
      name: "the hour is not there yet",
      volume: weeks(40),
      at: 41,
      reason: "the visits of 4 weeks are known, 4 are needed",
    },
    {
      name: "nobody ever came",
      volume: weeks(40, () => 0),
      at: 40,
      reason: "the visits of 0 weeks are known, 4 are needed",
    },
    {
      name: "next to nobody comes",
      volume: weeks(40, () => 10),
      at: 40,
      reason: "240 visits where 240 are usual: 400 are needed in one of them",
    },
  ])("if $name: $reason", ({ volume, at, reason }) => {
    const day = volumeDay(volume, FROM + at * DAY, policy);
    if (reason === undefined) expect(day.status).toBe("measured");
    else expect(day).toMatchObject({ status: "insufficient_data", reason });
  });

  it("knows a drop to nothing, where the usual is enough", () => {
    expect(judged(40, lastDay(40, 0))).toMatchObject({ visits: 0, ratio: 0, profile: 0 });
  });

  it("takes whole hours", () => {
    const volume = weeks(40);
    expect(volumeDay(volume, FROM + 40 * DAY - 1, policy)).toEqual(volumeDay(volume, FROM + 40 * DAY - HOUR, policy));
  });
});

describe("the profile of the hours", () => {
  const nights = (from: number) => (day: number, hour: number, visits: number) =>
    day >= from ? (hour < 6 ? visits * 8 : visits * 0.6) : visits;

  it("is beyond where the night is day", () => {
    const day = judged(40, nights(39)) as VolumeDay & { status: "measured" };
    expect(day).toMatchObject({ direction: 0, profileIsBeyond: true });
    expect(day.profile).toBeGreaterThan(0.5);
    expect(day.profileNoise).toBeLessThan(0.05);
  });

  it("is nothing new where profiles differ as much anyway", () => {
    const wild = (day: number, hour: number, visits: number) => (day % 3 === 0 ? nights(0)(day, hour, visits) : visits);
    expect(judged(40, wild)).toMatchObject({ profileIsBeyond: false });
  });
});

describe("the findings of a decision", () => {
  it("are the day, the two before, and that of the training", () => {
    const rise = (day: number, _: number, visits: number) => (day >= 37 ? visits * 1.7 : visits);
    const volume = weeks(40, rise);
    const at = (trained: number) =>
      volumeFindings(volume, { toMs: FROM + 40 * DAY, lastTrainingMs: FROM + trained * DAY }, policy);
    const directions = ({ days, atTraining }: ReturnType<typeof volumeFindings>) =>
      [...days, atTraining].map((day) => (day?.status === "measured" ? day.direction : null));
    expect(directions(at(37))).toEqual([1, 1, 1, 0]);
    expect(directions(at(38))).toEqual([1, 1, 1, 1]);
    expect(directions(at(5))).toEqual([1, 1, 1, null]);
    expect(volumeFindings(volume, { toMs: FROM + 40 * DAY, lastTrainingMs: null }, policy).atTraining).toBeNull();
  });
});
