/** Epoch milliseconds as ISO 8601 UTC with milliseconds: fixed width, so that stored times sort as text. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Start (epoch ms) of the stretch of `lengthMs` that holds `ms`, counted from the epoch. */
export function floorTo(ms: number, lengthMs: number): number {
  return Math.floor(ms / lengthMs) * lengthMs;
}

/** `2026-09-28T05Z`: an hour in the name of a document. */
export function hourId(ms: number): string {
  return `${iso(ms).slice(0, 13)}Z`;
}

/** `2026-11`: the calendar month that holds an instant, UTC. */
export function monthId(ms: number): string {
  return iso(ms).slice(0, 7);
}

/** `2026-Q4`: the quarter that holds an instant, UTC. */
export function quarterId(ms: number): string {
  const at = new Date(ms);
  return `${at.getUTCFullYear()}-Q${Math.floor(at.getUTCMonth() / 3) + 1}`;
}

const DAY_MS = 86_400_000;

/**
 * `2026-W47`: the ISO 8601 week that holds an instant, UTC. Weeks begin on Monday and belong to the year of their Thursday,
 * so that 1 January may lie in the last week of the year before, and 31 December in the first of the next.
 */
export function isoWeek(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  // Day 0 of the epoch was a Thursday; 0 is Monday here.
  const weekday = (((day + 3) % 7) + 7) % 7;
  const thursday = day - weekday + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / DAY_MS) / 7) + 1;
  return `${year}-W${String(week).padStart(2, "0")}`;
}
