import type { Lifecycle } from "../config.ts";

const DAY_MS = 86_400_000;

/** A season of the calendar that is on now. */
export interface Season {
  name: string;
  /** First day, 00:00 UTC, and the end of the last, epoch ms. */
  fromMs: number;
  toMs: number;
}

/** The seasons that are on; one that wraps the year began in the last one. */
export function seasonsOn(nowMs: number, calendar: Lifecycle["triggers"]["seasonal"]["calendar"]): Season[] {
  const year = new Date(nowMs).getUTCFullYear();
  return calendar.flatMap(({ name, from, to }) => {
    for (const first of [year, year - 1]) {
      const last = from <= to ? first : first + 1;
      const season = { name, fromMs: startOf(first, from), toMs: startOf(last, to) + DAY_MS };
      if (season.fromMs <= nowMs && nowMs < season.toMs) return [season];
    }
    return [];
  });
}

/** The start of a day, UTC; 29 February is 1 March where the year has none. */
function startOf(year: number, monthDay: string): number {
  const [month = "", day = ""] = monthDay.split("-");
  return Date.UTC(year, Number(month) - 1, Number(day));
}
