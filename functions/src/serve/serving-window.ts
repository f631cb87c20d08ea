import { floorTo, iso } from "../shared/time.ts";
import { BUCKETS, closeBuckets, hash64, visitorBucket } from "../shared/visitor-buckets.ts";
import { isAnalysed } from "./assign.ts";
import { LATENCY_BOUNDS_MS, type Receipt, SERVED_SUMS, type ServingWindow } from "./schema.ts";

const WINDOW_MS = 5 * 60_000;
const MICROSECONDS = 1000;

/** A window as an instance counts it: what each bucket of visitors adds up to is open. */
export type OpenServingWindow = Omit<ServingWindow, "by_revision"> & {
  /** By routing revision, BUCKETS x SERVED_SUMS. */
  by_revision: Map<number, Float64Array>;
};

/** What says in which window a visit is counted. */
type WindowOf = Pick<Receipt, "event_at" | "assigned_version" | "arm">;

/** What serving figures know of one answered visit. */
export interface ServedVisit {
  receipt: WindowOf & Pick<Receipt, "model_version" | "routing_revision" | "unit">;
  /** Answered from routing older than the refresh allows. */
  stale: boolean;
  /** Milliseconds. */
  latency: number;
}

/** Start of the name of a visit's window; what tells instances apart follows. */
export function windowKey(receipt: WindowOf): string {
  return `${windowStart(receipt).slice(0, 16)}Z.${receipt.assigned_version}.${receipt.arm}`;
}

/** The window of a visit before it is counted. */
export function emptyServingWindow(receipt: WindowOf): OpenServingWindow {
  return {
    schema_version: 1,
    start: windowStart(receipt),
    assigned_version: receipt.assigned_version,
    arm: receipt.arm,
    predictions: 0,
    fallbacks: 0,
    stale: 0,
    latency: {},
    by_revision: new Map(),
  };
}

/** The window as it is stored; arms that are not analysed are not told apart by revision. */
export function closeServingWindow({ by_revision: revisions, ...window }: OpenServingWindow): ServingWindow {
  const closed = [...revisions].map(([revision, sums]) => [String(revision), closeBuckets(sums, SERVED_SUMS.length)]);
  return isAnalysed(window.arm) ? { ...window, by_revision: Object.fromEntries(closed) } : window;
}

/** Counts a visit, in place. What was not answered by its assigned version is a fallback, on that version's account. */
export function countVisit(window: OpenServingWindow, { receipt, stale, latency }: ServedVisit): void {
  window.predictions++;
  if (receipt.model_version !== receipt.assigned_version) window.fallbacks++;
  if (stale) window.stale++;
  const bin = String(latencyBin(latency));
  window.latency[bin] = (window.latency[bin] ?? 0) + 1;
  if (isAnalysed(receipt.arm)) addToBucket(window, receipt, latency);
}

function addToBucket({ by_revision: revisions }: OpenServingWindow, receipt: ServedVisit["receipt"], ms: number): void {
  const sums = revisions.get(receipt.routing_revision) ?? new Float64Array(BUCKETS * SERVED_SUMS.length);
  const first = visitorBucket(hash64(receipt.unit)) * SERVED_SUMS.length;
  sums[first] = (sums[first] ?? 0) + 1;
  sums[first + 1] = (sums[first + 1] ?? 0) + Math.round(ms * MICROSECONDS);
  revisions.set(receipt.routing_revision, sums);
}

/** Bin of LATENCY_BOUNDS_MS: the first whose bound is not exceeded, else the open one after the last. */
export function latencyBin(ms: number): number {
  const bin = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return bin === -1 ? LATENCY_BOUNDS_MS.length : bin;
}

function windowStart(receipt: WindowOf): string {
  return iso(floorTo(Date.parse(receipt.event_at), WINDOW_MS));
}

/** A bin of the latency histogram. Times of the open one are taken for its lower bound. Milliseconds. */
export interface LatencyBin {
  middle: number;
  upper: number;
  n: number;
}

/** The latency histogram, bin by bin. @param count of a bin, by its key in a window */
export function latencyBins(count: (bin: string) => number): LatencyBin[] {
  const last = LATENCY_BOUNDS_MS.at(-1) ?? 0;
  return [...LATENCY_BOUNDS_MS, last].map((upper, i) => {
    const lower = LATENCY_BOUNDS_MS[i - 1] ?? 0;
    return { middle: (lower + upper) / 2, upper, n: count(String(i)) };
  });
}
