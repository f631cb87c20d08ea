import type { Firestore, Transaction } from "firebase-admin/firestore";
import { type AlertContent, logAlert, prepareAlert, prepareResolved } from "./alert.ts";
import { parseDocument } from "./firestore.ts";
import { Heartbeat } from "./schema.ts";
import { iso } from "./time.ts";

const MINUTE_MS = 60_000;
/** The alert of a silence. */
const SILENCE = { kind: "monitor_silent", subject: "monitorHealth" };

/** How a run of a schedule ended. */
export interface Run {
  /** The schedule's own time: event time, epoch ms. */
  nowMs: number;
  /** Parts that failed, by name; none if all went well. */
  failed: readonly string[];
}

/**
 * Leaves a sign of life of `monitorHealth` in `heartbeats/monitor`, however its parts went; after a silence the alert of it is
 * resolved. A part that fails twice in a row raises one of its own. A run that is delivered late takes nothing back.
 */
export async function signOfLife(db: Firestore, { nowMs, failed }: Run): Promise<void> {
  await db.runTransaction(async (tx) => {
    const before = parseDocument(Heartbeat, await tx.get(heartbeat(db)));
    if (before !== undefined && before.by === "monitor" && before.at >= iso(nowMs)) return;
    const silence = before?.silent_since ?? null;
    const says = `monitorHealth runs again at ${iso(nowMs)}; it had been silent since ${silence}`;
    const resolve = silence === null ? undefined : await prepareResolved(db, tx, SILENCE, says);
    const tellOfParts = await prepareParts(db, tx, { before: before?.failed ?? [], failed, at: iso(nowMs) });
    tx.set(heartbeat(db), beat({ at: iso(nowMs), by: "monitor", failed: [...failed] }));
    resolve?.();
    for (const write of tellOfParts) write?.();
  });
}

/** A part that fails twice in a row is told of; and that it works again. Reads; gives the writes to do. */
async function prepareParts(
  db: Firestore,
  tx: Transaction,
  { before, failed, at }: { before: readonly string[]; failed: readonly string[]; at: string },
): Promise<((() => void) | undefined)[]> {
  const again = failed.filter((part) => before.includes(part));
  const works = before.filter((part) => !failed.includes(part));
  return Promise.all([
    ...again.map((part) => prepareAlert(db, tx, `${part}.${at}`, failureOf(part, at))),
    ...works.map((part) => prepareResolved(db, tx, failureKey(part), `it worked again at ${at}`)),
  ]);
}

function failureKey(part: string) {
  return { kind: "monitor_failed", subject: `monitorHealth: ${part}` };
}

function failureOf(part: string, at: string): AlertContent {
  return {
    severity: "high",
    ...failureKey(part),
    message: `the part "${part}" of monitorHealth has failed twice in a row, the last time at ${at}; its other parts go on`,
    to_do: "Look for errors of monitorHealth in the log, and mend what they name.",
    details: { part },
  };
}

/**
 * Raises the alarm when monitorHealth was silent for too long, once for each silence. To be called by another schedule: whoever
 * is silent cannot tell. Before the first run the time counts from the first call.
 * @returns since when it is silent, if this call has found out
 */
export async function missSignOfLife(
  db: Firestore,
  { nowMs, minutes }: { nowMs: number; minutes: number },
): Promise<string | undefined> {
  const seen = parseDocument(Heartbeat, await heartbeat(db).get());
  if (seen !== undefined && !isSilent(seen, { nowMs, minutes })) return undefined;
  const alert = await db.runTransaction(async (tx) => {
    const found = parseDocument(Heartbeat, await tx.get(heartbeat(db)));
    if (found === undefined) {
      tx.set(heartbeat(db), beat({ at: iso(nowMs), by: "watcher", failed: [] }));
      return undefined;
    }
    if (!isSilent(found, { nowMs, minutes })) return undefined;
    const content = silenceOf(found.at, minutes);
    const write = await prepareAlert(db, tx, found.at, content);
    tx.set(heartbeat(db), { ...found, silent_since: found.at });
    write();
    return { content, since: found.at };
  });
  if (alert !== undefined) logAlert(alert.content);
  return alert?.since;
}

/** True when the last sign of life is older than it may be, and nobody has said so. */
export function isSilent(
  { at, silent_since: told }: Pick<Heartbeat, "at" | "silent_since">,
  { nowMs, minutes }: { nowMs: number; minutes: number },
): boolean {
  return told === null && nowMs - Date.parse(at) > minutes * MINUTE_MS;
}

function silenceOf(since: string, minutes: number): AlertContent {
  return {
    severity: "high",
    ...SILENCE,
    message:
      `monitorHealth has not run since ${since}, more than ${minutes} minutes ago: nobody watches the version in service, ` +
      "and logs are counted only when new ones arrive. Deployments go on under their own guardrails",
    to_do: "Look for errors of monitorHealth in the log, and in Cloud Scheduler whether its job is paused.",
    details: { since, minutes },
  };
}

function beat(of: Pick<Heartbeat, "at" | "by" | "failed">): Heartbeat {
  return { schema_version: 1, ...of, silent_since: null };
}

function heartbeat(db: Firestore) {
  return db.collection("heartbeats").doc("monitor");
}
