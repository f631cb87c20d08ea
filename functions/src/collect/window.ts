import { isAnalysed } from "../serve/assign.ts";
import type { Arm, ServedVersion } from "../serve/schema.ts";
import { floorTo, iso } from "../shared/time.ts";
import { mergeAnalysed, noneAnalysed } from "./analysed.ts";
import { mergeOutcomes, noOutcomes } from "./outcomes.ts";
import { GRANULARITIES, type Granularity, type InteractionLog, type Window } from "./schema.ts";
import { emptySketch, mergeSketches } from "./sketch.ts";

/**
 * Routing revisions that a window tells apart, and those of them that are analysed: the newest ones; what older ones did is in
 * the totals. That bounds a commit of the fold. In KiB, a sketch has 5.3 at most and buckets have 9.1. Eight sketches and 34 of
 * other fields make a window of 77; one of an hour has 3 x (9.1 + 2 x 5.3 + 12 of the sample) = 95 more. Each of those comes with
 * one of five minutes, so that 60 documents have 60 x (77 + 172) / 2 KiB = 7.3 MiB of the 10 that Firestore takes. (An hour of
 * traffic has 106, and two such windows beside it.)
 */
export const KEPT_REVISIONS = 8;
const ANALYSED_REVISIONS = 3;

/** Which window a log falls into. */
export interface WindowKey {
  version: ServedVersion;
  arm: Arm;
  granularity: Granularity;
  /** Epoch ms, a multiple of the granularity. */
  startMs: number;
  shard: number;
}

/** `2026-09-28T05:10Z`: fixed width, so that ids of one version, arm and granularity sort by time. */
export function startId(startMs: number): string {
  return `${iso(startMs).slice(0, 16)}Z`;
}

/** What ids of windows of one version, arm and granularity begin with; `startId` follows. */
export function windowPrefix({
  version,
  arm,
  granularity,
}: Pick<WindowKey, "version" | "arm" | "granularity">): string {
  return `${version}.${arm}.${granularity}.`;
}

/** Document id of a window. */
export function windowId(key: WindowKey): string {
  return `${windowPrefix(key)}${startId(key.startMs)}.${key.shard}`;
}

/** The windows of a log: one of five minutes, one of an hour, one of a day, by its event time. */
export function windowKeys(log: Pick<InteractionLog, "assigned_version" | "arm" | "event_at" | "shard">): WindowKey[] {
  const eventMs = Date.parse(log.event_at);
  return (Object.keys(GRANULARITIES) as Granularity[]).map((granularity) => ({
    version: log.assigned_version,
    arm: log.arm,
    granularity,
    startMs: floorTo(eventMs, GRANULARITIES[granularity]),
    shard: log.shard,
  }));
}

/** A window in which nothing has happened. */
export function emptyWindow(key: WindowKey): Window {
  return {
    schema_version: 1,
    version: key.version,
    arm: key.arm,
    granularity: key.granularity,
    start: iso(key.startMs),
    shard: key.shard,
    ...emptyTotals(),
  };
}

/**
 * A day as the fold would have counted it, from its hours.
 * @param hours all windows of one hour that the day has, of its version, arm and shard
 */
export function dayOf(key: WindowKey, hours: readonly Window[]): Window {
  const { outcomes, ...totals } = mergeWindows(hours);
  const { outcomes: _none, ...empty } = emptyWindow(key);
  const revisions = Object.entries(totals.by_revision).map(([revision, { visits, units }]) => [
    revision,
    { visits, units },
  ]);
  const day = { ...empty, ...totals, by_revision: newestRevisions(Object.fromEntries(revisions)) };
  // A window that was begun by an earlier release stays without.
  const complete = hours.every((hour) => hour.outcomes !== undefined);
  return complete && outcomes !== undefined ? { ...day, outcomes } : day;
}

/**
 * The newest revisions, the newest of those analysed. One that was dropped stays below all that were kept, so late logs cannot
 * bring half of it back.
 */
export function newestRevisions(revisions: Window["by_revision"]): Window["by_revision"] {
  const entries = Object.entries(revisions);
  if (entries.length <= ANALYSED_REVISIONS) return revisions;
  const newest = entries.sort(([a], [b]) => Number(b) - Number(a)).slice(0, KEPT_REVISIONS);
  return Object.fromEntries(
    newest.map(([revision, { visits, units, analysed }], i) => [
      revision,
      { visits, units, ...(analysed === undefined || i >= ANALYSED_REVISIONS ? {} : { analysed }) },
    ]),
  );
}

/** A routing revision of a window before its first visit. */
export function emptyRevision({ granularity, arm }: Pick<Window, "granularity" | "arm">): Revision {
  const none = { visits: 0, units: emptySketch() };
  return granularity === "1h" && isAnalysed(arm) ? { ...none, analysed: noneAnalysed() } : none;
}

type Revision = Window["by_revision"][string];

/** What windows add up to. */
export type WindowTotals = Pick<
  Window,
  "visits" | "engaged" | "errors" | "sessions" | "units" | "by_revision" | "outcomes"
>;

/** The sum of no window. */
function emptyTotals(): WindowTotals {
  return {
    visits: 0,
    engaged: 0,
    errors: 0,
    sessions: emptySketch(),
    units: emptySketch(),
    by_revision: {},
    outcomes: noOutcomes(),
  };
}

/**
 * The sum of windows, across shards, stretches of time, versions or arms alike. Give it windows that do not overlap: never
 * an hour together with its five-minute windows.
 */
export function mergeWindows(windows: readonly WindowTotals[]): WindowTotals {
  return {
    visits: windows.reduce((sum, window) => sum + window.visits, 0),
    engaged: windows.reduce((sum, window) => sum + window.engaged, 0),
    errors: windows.reduce((sum, window) => sum + window.errors, 0),
    sessions: mergeSketches(...windows.map((window) => window.sessions)),
    units: mergeSketches(...windows.map((window) => window.units)),
    by_revision: mergeRevisions(windows.map((window) => window.by_revision)),
    outcomes: mergeOutcomes(windows.flatMap((window) => window.outcomes ?? [])),
  };
}

/** The same revision by revision. One is analysed where it is in every window that has it: half of it would mislead. */
export function mergeRevisions(all: readonly Window["by_revision"][]): Window["by_revision"] {
  const revisions = new Map<string, Revision[]>();
  for (const [revision, of] of all.flatMap((one) => Object.entries(one))) {
    const parts = revisions.get(revision);
    if (parts === undefined) revisions.set(revision, [of]);
    else parts.push(of);
  }
  const sums = [...revisions].map(([revision, parts]): [string, Revision] => {
    const visits = parts.reduce((sum, part) => sum + part.visits, 0);
    const units = mergeSketches(...parts.map((part) => part.units));
    const analysed = parts.flatMap((part) => part.analysed ?? []);
    const complete = analysed.length === parts.length;
    return [revision, { visits, units, ...(complete ? { analysed: mergeAnalysed(analysed) } : {}) }];
  });
  return Object.fromEntries(sums);
}

/** Visits of a routing revision or a later one: what a deployment's stage counts. */
export function sinceRevision(
  totals: Pick<WindowTotals, "by_revision">,
  revision: number,
): { visits: number; units: Window["units"] } {
  const later = Object.entries(totals.by_revision).filter(([key]) => Number(key) >= revision);
  return {
    visits: later.reduce((sum, [, { visits }]) => sum + visits, 0),
    units: mergeSketches(...later.map(([, { units }]) => units)),
  };
}
