import type { Lifecycle } from "../config.ts";
import { iso } from "../shared/time.ts";
import { type Season, seasonsOn } from "./calendar.ts";
import { eachDay, isConfirmed, type ThreeDays } from "./confirmed.ts";
import type { Finding } from "./finding.ts";
import type { VolumeDay, VolumeFindings } from "./seasonal.ts";

const DAY_MS = 86_400_000;

/** What the calendar is read by. Event times, epoch ms. */
export interface SeasonFacts {
  nowMs: number;
  lastTrainingMs: number | null;
  policy: Lifecycle["triggers"];
}

/**
 * The season of the calendar that is on and that a training has answered: what it brings is known, and no drift. A training
 * answers a season once it has been on for `settle_days`.
 */
export function answeredSeason({ nowMs, lastTrainingMs, policy }: SeasonFacts): Season | undefined {
  if (lastTrainingMs === null) return undefined;
  return seasonsOn(nowMs, policy.seasonal.calendar).find((season) => lastTrainingMs >= settledMs(season, policy));
}

/** A change of the visits in an answered season does not count again. */
export function inSeason(finding: Finding, season: Season | undefined): Finding {
  if (finding.verdict !== "met" || season === undefined) return finding;
  return { ...finding, verdict: "ok", reason: `${finding.reason}; but it is ${season.name}, answered by a training` };
}

/** A season of the calendar that no training has answered, or traffic that is far from that of four weeks. */
export function seasonalFinding(volume: VolumeFindings | null, facts: SeasonFacts): Finding {
  const { nowMs, lastTrainingMs, policy } = facts;
  const found = volume === null ? undefined : volume.days[0];
  const figures = {
    value: found?.status === "measured" ? found.ratio : null,
    threshold: policy.seasonal.ratio,
    unit: "visits / visits of the same weekday and hours",
    visitors: null,
  };
  const seasons = seasonsOn(nowMs, policy.seasonal.calendar);
  const open =
    lastTrainingMs === null ? undefined : seasons.find((season) => lastTrainingMs < settledMs(season, policy));
  const [season] = open === undefined ? seasons : [open];
  if (season !== undefined) return { ...figures, ...onCalendar(season, facts) };
  if (volume === null) return { ...figures, verdict: "insufficient_data", reason: "the volume was not collected" };
  if (volume.days[0].status !== "measured") {
    return { ...figures, verdict: "insufficient_data", reason: volume.days[0].reason };
  }
  return { ...figures, ...byVolume(volume, volume.days[0], policy.seasonal) };
}

function settledMs({ fromMs }: Season, { seasonal }: Lifecycle["triggers"]): number {
  return fromMs + seasonal.settle_days * DAY_MS;
}

function onCalendar(
  season: Season,
  { nowMs, lastTrainingMs, policy }: SeasonFacts,
): Pick<Finding, "verdict" | "reason"> {
  const on = `${season.name} is on, by the calendar`;
  if (lastTrainingMs === null) {
    const reason = `${on}; nothing has been trained yet: the first training is opened by data volume`;
    return { verdict: "insufficient_data", reason };
  }
  if (lastTrainingMs >= settledMs(season, policy)) {
    return { verdict: "ok", reason: `${on}; answered by the training of ${iso(lastTrainingMs)}` };
  }
  if (nowMs >= settledMs(season, policy)) return { verdict: "met", reason: `${on}, and no training has answered it` };
  return {
    verdict: "ok",
    reason: `${on} since ${iso(season.fromMs)}, and is trained for after ${policy.seasonal.settle_days} days`,
  };
}

/** What of a day is beyond its limits: more visits, fewer, other hours; null where there was too little to judge. */
function changes(day: VolumeDay): { direction: number; profile: boolean } | null {
  return day.status === "measured" ? { direction: day.direction, profile: day.profileIsBeyond } : null;
}

function byVolume(
  { days, atTraining }: VolumeFindings,
  now: VolumeDay & { status: "measured" },
  { ratio, deviations, profile_threshold: limit }: Lifecycle["triggers"]["seasonal"],
): Pick<Finding, "verdict" | "reason"> {
  const { visits, expected, deviation, direction, profile, profileIsBeyond } = now;
  const usual = `${visits} visits in 24 h, ${expected.toFixed(0)} are usual (a deviation is ${deviation.toFixed(0)})`;
  const hours = `their hours have PSI ${profile.toFixed(3)}`;
  const reason = `${usual}, ${hours}; ${ratio} times and ${deviations} deviations, or ${limit} beyond what is usual, are the limits`;
  const found: ThreeDays<ReturnType<typeof changes>> = eachDay(days, changes);
  const isVolume = direction !== 0 && isConfirmed(eachDay(found, (day) => day && day.direction === direction));
  const isProfile = profileIsBeyond && isConfirmed(eachDay(found, (day) => day?.profile ?? null));
  if (!isVolume && !isProfile) return { verdict: "ok", reason };
  const trained = atTraining === null ? null : changes(atTraining);
  const isNews = (isVolume && trained?.direction !== direction) || (isProfile && trained?.profile !== true);
  if (isNews) return { verdict: "met", reason: `${isVolume ? "volume" : "hours"} changed: ${reason}` };
  return { verdict: "ok", reason: `${reason}; it was so when the last version was trained` };
}
