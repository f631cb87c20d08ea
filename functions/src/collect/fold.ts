import { isEngaged } from "../design/targets.ts";
import { hash64 } from "../shared/visitor-buckets.ts";
import { addAnalysed } from "./analysed.ts";
import { addOutcomes } from "./outcomes.ts";
import type { FoldState, InteractionLog, Window } from "./schema.ts";
import { addHashes } from "./sketch.ts";
import { trafficId, trafficKeys } from "./traffic.ts";
import { emptyRevision, emptyWindow, newestRevisions, type WindowKey, windowId, windowKeys } from "./window.ts";

/** Windows and traffic documents that one commit of the fold writes at most, each of 70 to 170 KiB at most (window.ts). */
export const MAX_DOCUMENTS = 60;

/** True while a shard rests after its last step, whoever made it, by server time. */
export function isResting(
  { folded_at: foldedAt }: Pick<FoldState, "folded_at">,
  { restMs, nowMs }: { restMs: number; nowMs: number },
): boolean {
  return foldedAt !== null && nowMs - Date.parse(foldedAt) < restMs;
}

/** Ids of the windows that a log is counted in: none for an imported one, which feeds training only. */
export function touchedWindows(log: InteractionLog): string[] {
  return log.source === "import" ? [] : windowKeys(log).map(windowId);
}

/** The same of the site's traffic. */
export function touchedTraffic(log: InteractionLog): string[] {
  return log.source === "import" ? [] : trafficKeys(log).map(trafficId);
}

/** How many of the logs, from the first on, can be folded without touching more than `maxDocuments` documents. */
export function prefixWithin(logs: readonly InteractionLog[], maxDocuments: number): number {
  const touched = new Set<string>();
  for (const [i, log] of logs.entries()) {
    for (const id of [...touchedWindows(log), ...touchedTraffic(log)]) touched.add(id);
    if (touched.size > maxDocuments) return i;
  }
  return logs.length;
}

/**
 * The windows after these logs, by document id: those given, with the logs counted in, and those that begin with them.
 * Folding logs one by one, in any order or grouping, gives the same windows.
 */
export function foldInto(windows: ReadonlyMap<string, Window>, logs: readonly InteractionLog[]): Map<string, Window> {
  const groups = new Map<string, { key: WindowKey; logs: HashedLog[] }>();
  for (const log of logs) {
    if (log.source === "import") continue;
    const hashed = { log, session: hash64(log.session_id), unit: hash64(log.unit) };
    for (const key of windowKeys(log)) {
      const id = windowId(key);
      const group = groups.get(id);
      if (group === undefined) groups.set(id, { key, logs: [hashed] });
      else group.logs.push(hashed);
    }
  }
  const folded = new Map(windows);
  for (const [id, group] of groups) folded.set(id, count(windows.get(id) ?? emptyWindow(group.key), group.logs));
  return folded;
}

interface HashedLog {
  log: InteractionLog;
  session: bigint;
  unit: bigint;
}

function count(window: Window, logs: readonly HashedLog[]): Window {
  return {
    ...window,
    visits: window.visits + logs.length,
    engaged: window.engaged + logs.filter(({ log }) => isEngaged(log)).length,
    errors: window.errors + logs.filter(({ log }) => log.predict_outcome !== "ok").length,
    sessions: addHashes(
      window.sessions,
      logs.map(({ session }) => session),
    ),
    units: addHashes(
      window.units,
      logs.map(({ unit }) => unit),
    ),
    by_revision: countRevisions(window, logs),
    ...(window.outcomes === undefined
      ? {}
      : {
          outcomes: addOutcomes(
            window.outcomes,
            logs.map(({ log }) => log),
          ),
        }),
  };
}

function countRevisions(window: Window, logs: readonly HashedLog[]): Window["by_revision"] {
  const groups = new Map<string, HashedLog[]>();
  for (const hashed of logs) {
    const revision = String(hashed.log.routing_revision);
    const group = groups.get(revision);
    if (group === undefined) groups.set(revision, [hashed]);
    else group.push(hashed);
  }
  const counted = { ...window.by_revision };
  for (const [revision, of] of groups) {
    const { visits, units, analysed } = counted[revision] ?? emptyRevision(window);
    counted[revision] = {
      visits: visits + of.length,
      units: addHashes(
        units,
        of.map(({ unit }) => unit),
      ),
      ...(analysed === undefined ? {} : { analysed: addAnalysed(analysed, of) }),
    };
  }
  return newestRevisions(counted);
}
