import { floorTo, iso } from "../shared/time.ts";
import { LATENCY_BOUNDS_MS, type Receipt, type ServingWindow } from "./schema.ts";

const WINDOW_MS = 5 * 60_000;

/** What serving figures know of one answered visit. */
export interface ServedVisit {
  receipt: Pick<Receipt, "event_at" | "assigned_version" | "model_version" | "arm">;
  /** Answered from routing older than the refresh allows. */
  stale: boolean;
  /** Milliseconds. */
  latency: number;
}

/** Start of the name of a visit's window; what tells instances apart follows. */
export function windowKey(receipt: ServedVisit["receipt"]): string {
  return `${windowStart(receipt).slice(0, 16)}Z.${receipt.assigned_version}.${receipt.arm}`;
}

/** The window of a visit before it is counted. */
export function emptyServingWindow(receipt: ServedVisit["receipt"]): ServingWindow {
  return {
    schema_version: 1,
    start: windowStart(receipt),
    assigned_version: receipt.assigned_version,
    arm: receipt.arm,
    predictions: 0,
    fallbacks: 0,
    stale: 0,
    latency: {},
  };
}

/** Counts a visit, in place. What was not answered by its assigned version is a fallback, on that version's account. */
export function countVisit(window: ServingWindow, { receipt, stale, latency }: ServedVisit): void {
  window.predictions++;
  if (receipt.model_version !== receipt.assigned_version) window.fallbacks++;
  if (stale) window.stale++;
  const bin = String(latencyBin(latency));
  window.latency[bin] = (window.latency[bin] ?? 0) + 1;
}

/** Bin of LATENCY_BOUNDS_MS: the first whose bound is not exceeded, else the open one after the last. */
export function latencyBin(ms: number): number {
  const bin = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return bin === -1 ? LATENCY_BOUNDS_MS.length : bin;
}

function windowStart(receipt: ServedVisit["receipt"]): string {
  return iso(floorTo(Date.parse(receipt.event_at), WINDOW_MS));
}
