import { randomUUID } from "node:crypto";
import type { Firestore, Transaction } from "firebase-admin/firestore";
import { logger } from "firebase-functions";
import { Lifecycle } from "../config.ts";
import { type AlertChange, type AlertContent, fallenQuiet, isQuiet, opened, repeated, resolved } from "./alert-life.ts";
import { readableDocument } from "./firestore.ts";
import { readLifecycle } from "./lifecycle.ts";
import { Alert } from "./schema.ts";

export type { AlertContent } from "./alert-life.ts";

/** What an alert is known by while it is open. */
export type AlertKey = Pick<Alert, "kind" | "subject">;

/**
 * Puts an alert on record and into the log, and has it sent; see `prepareAlert`.
 * @param id what raises it: raised by the same again, it changes nothing. Without one, every call counts
 */
export async function raiseAlert(db: Firestore, content: AlertContent, id?: string): Promise<void> {
  try {
    const cause = id ?? randomUUID();
    await db.runTransaction(async (tx) => (await prepareAlert(db, tx, cause, content))());
  } finally {
    logAlert(content);
  }
}

/**
 * Puts an alert on record together with what it tells of, so that neither is without the other, whatever is tried again. While
 * one of the same kind and subject is open it is counted there, and sent again as `repeated` decides. Reads, so call it before the
 * transaction's first write; it returns the writes to do. Its line in the log comes by `logAlert`, once the transaction is through.
 * @param id what raises it, such as a revision: raised by the same again, it changes nothing
 */
export async function prepareAlert(
  db: Firestore,
  tx: Transaction,
  id: string,
  content: AlertContent,
): Promise<() => void> {
  const own = alerts(db).doc(`${content.kind}.${id}`);
  const [open, { exists }] = await Promise.all([openAlert(db, tx, content), tx.get(own)]);
  if (exists) return () => undefined;
  // A policy that cannot be read must not keep a person from hearing of it.
  const { alerts: policy } = await readLifecycle(db).catch(() => Lifecycle.parse({}));
  const occasion = { cause: id, policy, nowMs: Date.now() };
  if (open === undefined) return () => writeChange(db, tx, opened(own.id, content, occasion));
  if (isQuiet(open, policy, occasion.nowMs)) {
    return () => {
      tx.set(alerts(db).doc(open.id), fallenQuiet(open, policy, occasion.nowMs));
      writeChange(db, tx, opened(own.id, content, occasion));
    };
  }
  const change = repeated(open, content, occasion);
  return () => {
    if (change !== undefined) writeChange(db, tx, change);
  };
}

/**
 * Closes the open alert of a kind and subject, if there is one, and has those told who were told of it.
 * @param says what settled it, a sentence
 * @returns whether there was one
 */
export async function resolveAlert(db: Firestore, key: AlertKey, says: string): Promise<boolean> {
  return db.runTransaction(async (tx) => {
    const resolve = await prepareResolved(db, tx, key, says);
    resolve?.();
    return resolve !== undefined;
  });
}

/**
 * As `resolveAlert`, together with what settles it. Reads, so call it before the transaction's first write.
 * @returns the writes to do; undefined when none is open
 */
export async function prepareResolved(
  db: Firestore,
  tx: Transaction,
  key: AlertKey,
  says: string,
): Promise<(() => void) | undefined> {
  const open = await openAlert(db, tx, key);
  return open && (() => writeChange(db, tx, resolved(open, says, Date.now())));
}

/** The line in the log that goes with an alert. */
export function logAlert({ severity, kind, subject, message }: AlertContent): void {
  // Not logger.error, which puts a stack into the message that people filter by.
  const line = { message: "alert", level: severity, kind, subject, says: message };
  logger.write({ severity: severity === "high" ? "ERROR" : "WARNING", ...line });
}

async function openAlert(db: Firestore, tx: Transaction, { kind, subject }: AlertKey): Promise<Alert | undefined> {
  const same = db
    .collection("alerts")
    .where("kind", "==", kind)
    .where("subject", "==", subject)
    .where("status", "==", "open")
    .limit(1);
  const { docs } = await tx.get(same);
  return docs[0] === undefined ? undefined : (readableDocument(Alert, docs[0]) ?? undefined);
}

/** Writes what has become of an alert, with the notice that tells of it. */
export function writeChange(db: Firestore, tx: Transaction, { alert, delivery }: AlertChange): void {
  tx.set(alerts(db).doc(alert.id), alert);
  // Not create: of an alert that somebody has deleted by hand the notices are still there.
  if (delivery !== null) tx.set(db.collection("alert_deliveries").doc(delivery.id), delivery);
}

function alerts(db: Firestore) {
  return db.collection("alerts");
}
