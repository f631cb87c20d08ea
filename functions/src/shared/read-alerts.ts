import type { Firestore } from "firebase-admin/firestore";
import { readableDocument } from "./firestore.ts";
import { Alert } from "./schema.ts";
import { iso } from "./time.ts";

/** Alerts of a day that are read at most. */
const MOST = 1000;

/** Alerts that were raised in [fromMs, toMs), server time, oldest first. */
export async function alertsIn(db: Firestore, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<Alert[]> {
  const { docs } = await db
    .collection("alerts")
    .where("at", ">=", iso(fromMs))
    .where("at", "<", iso(toMs))
    .orderBy("at")
    .limit(MOST)
    .get();
  return docs.flatMap((doc) => readableDocument(Alert, doc) ?? []);
}
