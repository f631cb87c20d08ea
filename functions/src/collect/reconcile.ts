import { floorTo, hourId, iso } from "../shared/time.ts";
import type { FoldState } from "./schema.ts";

export const HOUR_MS = 3_600_000;
/** A commit that is so late has failed; until then a log may still appear behind the watermark. */
const GRACE_MS = 600_000;

/** Hours of which it is remembered how many logs were folded, until they are reconciled. */
export const KEPT_HOURS = 200;

/** An hour of fold_after (server time, epoch ms) and how many of its logs were folded. */
export interface FoldedHour {
  startMs: number;
  folded: number;
}

/**
 * Hours of fold_after, oldest first, that the fold has passed for good and that nobody has reconciled: all of them since the
 * last that was, those in which nothing was folded too. What was folded in an hour older than the 200 that are kept is not
 * known, so it is not among them.
 * @param complete nothing that is due is left to fold
 * @param limit hours at most
 */
export function closedHours(
  { watermark, unreconciled = {}, reconciled_until: until }: FoldState,
  { nowMs, complete, limit }: { nowMs: number; complete: boolean; limit: number },
): FoldedHour[] {
  const kept = Object.keys(unreconciled).sort();
  // The first hour of all may have been folded in part before anybody counted.
  const sinceMs = until === undefined ? hourMs(kept[0] ?? "") + HOUR_MS : Date.parse(until);
  const fromMs = kept.length < KEPT_HOURS ? sinceMs : Math.max(sinceMs, hourMs(kept[0] ?? ""));
  if (Number.isNaN(fromMs) || watermark.fold_after === "") return [];
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
 * The state once an hour is reconciled: its count is no longer kept. Null if it was reconciled before, or folded meanwhile.
 * @param found logs that the fold had missed
 */
export function afterReconciling(state: FoldState, { startMs, folded }: FoldedHour, found: number): FoldState | null {
  const counts = Object.entries(state.unreconciled ?? {});
  const counted = state.unreconciled?.[hourId(startMs)] ?? 0;
  const isOpen = state.reconciled_until === undefined || Date.parse(state.reconciled_until) <= startMs;
  if (!isOpen || counted !== folded) return null;
  return {
    ...state,
    folded: state.folded + found,
    unreconciled: Object.fromEntries(counts.filter(([hour]) => hour > hourId(startMs))),
    reconciled_until: iso(startMs + HOUR_MS),
  };
}

/** The hour of a time that is stored as text, as `hourId` names it; null if somebody spoilt it by hand. */
export function hourOf(time: string): string | null {
  const name = `${time.slice(0, 13)}Z`;
  return Number.isNaN(hourMs(name)) ? null : name;
}

/** The counts with more of them; the newest hours, since nobody may ever reconcile. */
export function addHours(
  before: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const counts = { ...before };
  for (const [hour, count] of Object.entries(more)) counts[hour] = (counts[hour] ?? 0) + count;
  return Object.fromEntries(Object.entries(counts).sort().slice(-KEPT_HOURS));
}

/** Epoch ms of an hour by its name; NaN if it is none. */
function hourMs(name: string): number {
  return Date.parse(`${name.slice(0, 13)}:00:00.000Z`);
}
