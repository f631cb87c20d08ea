import { GRANULARITIES, type Granularity } from "../collect/schema.ts";
import { floorTo } from "../shared/time.ts";

/** Windows of one length that start in [fromMs, toMs). */
export interface Span {
  granularity: Granularity;
  fromMs: number;
  toMs: number;
}

/**
 * The fewest windows that cover the time from `fromMs` to now without overlapping: five minutes up to the next hour, hours up
 * to the next day, whole days, and hours of today. Nothing before `fromMs` is in them, and the hour of `nowMs` is.
 */
export function spansSince(fromMs: number, nowMs: number): Span[] {
  const endHour = floorTo(nowMs, GRANULARITIES["1h"]) + GRANULARITIES["1h"];
  const start = Math.min(endHour, ceilTo(fromMs, GRANULARITIES["5m"]));
  const firstHour = Math.min(endHour, ceilTo(start, GRANULARITIES["1h"]));
  const today = Math.max(firstHour, floorTo(nowMs, GRANULARITIES["1d"]));
  const firstDay = Math.min(today, ceilTo(firstHour, GRANULARITIES["1d"]));
  const spans: Span[] = [
    { granularity: "5m", fromMs: start, toMs: firstHour },
    { granularity: "1h", fromMs: firstHour, toMs: firstDay },
    { granularity: "1d", fromMs: firstDay, toMs: today },
    { granularity: "1h", fromMs: today, toMs: endHour },
  ];
  return spans.filter((span) => span.fromMs < span.toMs);
}

function ceilTo(ms: number, lengthMs: number): number {
  return Math.ceil(ms / lengthMs) * lengthMs;
}
