import { randomUUID } from "node:crypto";
import type { Firestore, Transaction } from "firebase-admin/firestore";
import { logger } from "firebase-functions";
import { alreadyExists } from "./firestore.ts";
import type { Alert } from "./schema.ts";
import { iso } from "./time.ts";

/** What an alert says; `details` must hold no personal data. */
export type AlertContent = Pick<Alert, "severity" | "kind" | "subject" | "message" | "to_do" | "details">;

/**
 * Puts an alert on record and into the log.
 * @param id what makes it the only one of its kind: raised again, it changes nothing. Without one, every call is another alert
 */
export async function raiseAlert(db: Firestore, content: AlertContent, id?: string): Promise<void> {
  const entry = entryOf(id === undefined ? randomUUID() : `${content.kind}.${id}`, content);
  try {
    await db.collection("alerts").doc(entry.id).create(entry);
  } catch (error) {
    if (id !== undefined && alreadyExists(error)) return;
    throw error;
  } finally {
    logAlert(content);
  }
}

/**
 * Puts an alert on record together with what it tells of, so that neither is without the other, whatever is tried again.
 * Its line in the log comes by `logAlert`, once the transaction is through.
 * @param id what makes it the only one of its kind, such as a revision
 */
export function writeAlert(db: Firestore, tx: Transaction, id: string, content: AlertContent): void {
  const entry = entryOf(`${content.kind}.${id}`, content);
  tx.create(db.collection("alerts").doc(entry.id), entry);
}

/**
 * As `writeAlert`, but raised again it changes nothing. Reads, so call it before the transaction's first write; it returns
 * the write to do.
 */
export async function prepareAlert(
  db: Firestore,
  tx: Transaction,
  id: string,
  content: AlertContent,
): Promise<() => void> {
  const entry = entryOf(`${content.kind}.${id}`, content);
  const ref = db.collection("alerts").doc(entry.id);
  const { exists } = await tx.get(ref);
  return () => {
    if (!exists) tx.create(ref, entry);
  };
}

/** The line in the log that goes with an alert. */
export function logAlert({ severity, kind, message }: AlertContent): void {
  // `severity` and `message` are the log's own fields.
  logger.warn("alert", { level: severity, kind, says: message });
}

function entryOf(id: string, content: AlertContent): Alert {
  return { schema_version: 1, id, at: iso(Date.now()), ...content };
}
