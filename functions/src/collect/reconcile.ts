import { floorTo, hourId, iso } from "../shared/time.ts";
import type { FoldState } from "./schema.ts";

export const HOUR_MS = 3_600_000;
/** A commit that is so late has failed; until then a log may still appear behind the watermark. */
const GRACE_MS = 600_000;

/** An hour of fold_after (server time, epoch ms) and how many of its logs were folded. */
export interface FoldedHour {
  startMs: number;
  folded: number;
}

/**
 * Hours of fold_after, oldest first, that the fold has passed for good and that nobody has reconciled: all of them since the
 * last that was, those in which nothing was folded too.
 * @param complete nothing that is due is left to fold
 * @param limit hours at most
 */
export function closedHours(
  { watermark, unreconciled = {}, reconciled_until: until }: FoldState,
  { nowMs, complete, limit }: { nowMs: number; complete: boolean; limit: number },
): FoldedHour[] {
  const first = Object.keys(unreconciled).sort()[0];
  // The first hour of all may have been folded in part before anybody counted.
  const fromMs = until === undefined ? (first === undefined ? null : hourMs(first) + HOUR_MS) : Date.parse(until);
  if (fromMs === null || watermark.fold_after === "") return [];
  const passedMs = Math.min(complete ? nowMs : Date.parse(watermark.fold_after), nowMs - GRACE_MS);
  const hours: FoldedHour[] = [];
  for (
    let startMs = fromMs;
    startMs + HOUR_MS <= floorTo(passedMs, HOUR_MS) && hours.length < limit;
    startMs += HOUR_MS
  ) {
    hours.push({ startMs, folded: unreconciled[hourId(startMs)] ?? 0 });
  }
  return hours;
}

/**
 * The state once an hour is reconciled: its count is no longer kept. Null if it was not the next one, or folded meanwhile.
 * @param found logs that the fold had missed
 */
export function afterReconciling(state: FoldState, { startMs, folded }: FoldedHour, found: number): FoldState | null {
  const counts = Object.entries(state.unreconciled ?? {});
  const counted = state.unreconciled?.[hourId(startMs)] ?? 0;
  const isNext = state.reconciled_until === undefined || Date.parse(state.reconciled_until) === startMs;
  if (!isNext || counted !== folded) return null;
  return {
    ...state,
    folded: state.folded + found,
    unreconciled: Object.fromEntries(counts.filter(([hour]) => hour > hourId(startMs))),
    reconciled_until: iso(startMs + HOUR_MS),
  };
}

function hourMs(name: string): number {
  return Date.parse(`${name.slice(0, 13)}:00:00.000Z`);
}
