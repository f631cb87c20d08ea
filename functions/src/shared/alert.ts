import { randomUUID } from "node:crypto";
import type { Firestore } from "firebase-admin/firestore";
import { logger } from "firebase-functions";
import type { Alert } from "./schema.ts";
import { iso } from "./time.ts";

/** Puts an alert on record and into the log. `details` must hold no personal data. */
export async function raiseAlert(
  db: Firestore,
  alert: Pick<Alert, "severity" | "kind" | "message" | "details">,
): Promise<void> {
  const id = randomUUID();
  const entry: Alert = { schema_version: 1, id, at: iso(Date.now()), ...alert };
  logger.warn("alert", { severity: alert.severity, kind: alert.kind, message: alert.message });
  await db.collection("alerts").doc(id).create(entry);
}
