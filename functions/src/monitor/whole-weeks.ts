import { floorTo } from "../shared/time.ts";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** Weeks that are compared at most, and those before. */
const WEEKS = 4;

/** A stretch of event time, epoch ms. */
export interface Stretch {
  fromMs: number;
  toMs: number;
}

/**
 * The last one to four whole weeks of a version in service, and the four weeks before it came in service, in days of UTC: each
 * weekday counts alike on both sides. Null in its first week, or where it is not known since when it is in service (0).
 * @param matureMs until when logs are counted, epoch ms
 */
export function wholeWeeks({
  sinceMs,
  matureMs,
}: {
  sinceMs: number;
  matureMs: number;
}): { now: Stretch; before: Stretch } | null {
  const fromMs = Math.ceil(sinceMs / DAY_MS) * DAY_MS;
  const toMs = floorTo(matureMs, DAY_MS);
  const weeks = Math.min(WEEKS, Math.floor((toMs - fromMs) / WEEK_MS));
  if (sinceMs === 0 || weeks < 1) return null;
  const endMs = floorTo(sinceMs, DAY_MS);
  return {
    now: { fromMs: toMs - weeks * WEEK_MS, toMs },
    before: { fromMs: endMs - WEEKS * WEEK_MS, toMs: endMs },
  };
}
