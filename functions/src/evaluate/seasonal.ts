import type { Lifecycle } from "../config.ts";
import { floorTo } from "../shared/time.ts";
import { insufficient, type Measured } from "../stats/measured.ts";
import { psi } from "../stats/psi.ts";
import type { Volume } from "./visitors.ts";

type Policy = Lifecycle["triggers"]["seasonal"];

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const WEEK_DAYS = 7;
const WEEKS = 4;
/** Days before the judged one that are no yardstick: two of three make a change, so they may be its beginning. */
const UNDER_SUSPICION = 2;
/** The hours' profile is compared over stretches of so many hours. */
const PROFILE_HOURS = 3;
const PROFILE_BINS = DAY_HOURS / PROFILE_HOURS;

/** How the volume of 24 hours compares with that of the same weekday and hours of the four weeks before. */
interface VolumeComparison {
  visits: number;
  /** Mean of the four weeks. */
  expected: number;
  /** visits / expected. */
  ratio: number;
  /** Standard deviation of the residuals of 28 days from the means of their weekdays, visits; they end two days before. */
  deviation: number;
  /** 1 far above, -1 far below, 0 neither: beyond the ratio and beyond so many deviations. */
  direction: -1 | 0 | 1;
  /** Population stability index of the profile over eight stretches of three hours (UTC). */
  profile: number;
  /** What the profiles of the same 28 days have among themselves: mean and so many deviations; null under the threshold. */
  profileNoise: number | null;
  profileIsBeyond: boolean;
}

/** Volume of the 24 hours that end then. */
export type VolumeDay = { toMs: number } & Measured<VolumeComparison>;

/** What the seasonal trigger looks at. */
export interface VolumeFindings {
  /** The 24 hours up to now, those before, and those before them. */
  days: readonly [VolumeDay, VolumeDay, VolumeDay];
  /** The 24 hours before the last training, by ratio and threshold alone; null before the first. */
  atTraining: VolumeDay | null;
}

/**
 * Judges the volume up to the end of the decision's day and up to the last training.
 * @param volume of at least the last 33 days; up to 60 tell more of what was before a training
 */
export function volumeFindings(
  volume: Volume,
  { toMs, lastTrainingMs }: { toMs: number; lastTrainingMs: number | null },
  policy: Policy,
): VolumeFindings {
  const day = (back: number): VolumeDay => volumeDay(volume, toMs - back * DAY_HOURS * HOUR_MS, policy);
  const atTraining =
    lastTrainingMs === null ? null : volumeDay(volume, lastTrainingMs, { ...policy, deviations: 0 }, 1);
  return { days: [day(0), day(1), day(2)], atTraining };
}

/**
 * Judges the 24 whole hours that end at or before a time. Residuals are the yardstick, never the error of a Poisson count: visits
 * come in crowds, with the weather and the news.
 * @param leastWeeks of the four before that must be known
 */
export function volumeDay(volume: Volume, atMs: number, policy: Policy, leastWeeks = WEEKS): VolumeDay {
  const toMs = floorTo(atMs, HOUR_MS);
  const end = Math.round((toMs - volume.fromMs) / HOUR_MS);
  // Before its first visit a site had no volume, not one of 0.
  const start = volume.visits.findIndex((visits) => visits > 0);
  const daysBefore = start === -1 ? 0 : (end - start) / DAY_HOURS - 1;
  const known = Math.min(WEEKS, Math.floor((daysBefore - UNDER_SUSPICION) / WEEK_DAYS));
  if (end > volume.visits.length || known < leastWeeks) {
    return { toMs, ...insufficient(`the visits of ${Math.max(0, known)} weeks are known, ${leastWeeks} are needed`) };
  }
  const days = Array.from({ length: known * WEEK_DAYS + UNDER_SUSPICION }, (_, i) =>
    dayEnding(volume.visits, end - (i + 1) * DAY_HOURS),
  );
  const yardstick = days.slice(UNDER_SUSPICION);
  const today = dayEnding(volume.visits, end);
  const sameWeekday = weekdayOf(days, WEEK_DAYS - 1);
  const visits = total(today);
  const expected = total(sameWeekday) / known;
  if (Math.max(visits, expected) < policy.visitors) {
    const figures = `${visits} visits where ${expected.toFixed(0)} are usual`;
    return { toMs, ...insufficient(`${figures}: ${policy.visitors} are needed in one of them`) };
  }
  const deviation = residualDeviation(yardstick.map(total), known);
  const profile = profilePsi(sameWeekday, today);
  const profileNoise = profile > policy.profile_threshold ? usualProfile(yardstick, policy.deviations) : null;
  return {
    toMs,
    status: "measured",
    visits,
    expected,
    // An hour's history of nothing is a rise beyond any ratio, which stays a number.
    ratio: expected === 0 ? visits : visits / expected,
    deviation,
    direction: direction({ visits, expected, deviation }, policy),
    profile,
    profileNoise,
    profileIsBeyond: profileNoise !== null && profile > profileNoise,
  };
}

function direction(
  { visits, expected, deviation }: Pick<VolumeComparison, "visits" | "expected" | "deviation">,
  { ratio, deviations }: Policy,
): -1 | 0 | 1 {
  if (Math.abs(visits - expected) <= deviations * deviation) return 0;
  if (visits > expected * ratio) return 1;
  return visits < expected / ratio ? -1 : 0;
}

/** Visits of the 24 hours before an hour, over the bins of the profile; which hours of the day a bin holds depends on the hour alone. */
function dayEnding(visits: readonly number[], end: number): number[] {
  return Array.from({ length: PROFILE_BINS }, (_, bin) => {
    const from = end - DAY_HOURS + bin * PROFILE_HOURS;
    return (visits[from] ?? 0) + (visits[from + 1] ?? 0) + (visits[from + 2] ?? 0);
  });
}

/** Sum over the weeks of the day that is so many days before the last. */
function weekdayOf(days: readonly number[][], back: number): number[] {
  const sums = new Array<number>(PROFILE_BINS).fill(0);
  for (let i = back; i < WEEKS * WEEK_DAYS && i < days.length; i += WEEK_DAYS) {
    days[i]?.forEach((visits, bin) => {
      sums[bin] = (sums[bin] ?? 0) + visits;
    });
  }
  return sums;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, visits) => sum + visits, 0);
}

/** Of days from the mean of their weekday; seven means are estimated, so 7 (weeks - 1) degrees of freedom. 0 with one week. */
function residualDeviation(visits: readonly number[], weeks: number): number {
  if (weeks < 2) return 0;
  let squares = 0;
  for (let weekday = 0; weekday < WEEK_DAYS; weekday++) {
    const same = visits.filter((_, i) => i % WEEK_DAYS === weekday);
    const mean = total(same) / same.length;
    for (const value of same) squares += (value - mean) ** 2;
  }
  return Math.sqrt(squares / (WEEK_DAYS * (weeks - 1)));
}

/** 0 where one of the two has no visits: then the volume tells. */
function profilePsi(reference: readonly number[], current: readonly number[]): number {
  const measured = psi({ reference, current });
  return measured.status === "measured" ? measured.psi : 0;
}

/** Mean plus so many deviations of each earlier day's profile against the other weeks' same weekday. */
function usualProfile(days: readonly number[][], deviations: number): number {
  const usual = days.map((day, i) => {
    const others = weekdayOf(days, i % WEEK_DAYS).map((visits, bin) => visits - (day[bin] ?? 0));
    return profilePsi(others, day);
  });
  const mean = total(usual) / usual.length;
  const variance = usual.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (usual.length - 1);
  return mean + deviations * Math.sqrt(variance);
}
