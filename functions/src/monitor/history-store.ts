import { FieldPath, type Firestore } from "firebase-admin/firestore";
import type { z } from "zod";
import { canonicalJson } from "../shared/canonical.ts";
import { readableDocument } from "../shared/firestore.ts";
import { HistoryDay, HistoryMonth, HoldbackReport } from "./history-schema.ts";

/** Documents of history that one run removes; the next run goes on. */
const REMOVED_AT_ONCE = 400;

/** The only writer of `history`. */
export class HistoryStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** Those of some days (`2026-11-26`) that are there. */
  async days(days: readonly string[]): Promise<HistoryDay[]> {
    return this.read(
      HistoryDay,
      days.map((day) => `day.${day}`),
    );
  }

  /** Those of some months (`2026-11`) that are there. */
  async months(months: readonly string[]): Promise<HistoryMonth[]> {
    return this.read(
      HistoryMonth,
      months.map((month) => `month.${month}`),
    );
  }

  async reports(months: readonly string[]): Promise<HoldbackReport[]> {
    return this.read(
      HoldbackReport,
      months.map((month) => `holdback.${month}`),
    );
  }

  /** Writes a document unless it is there already, word for word; true if it was written. */
  async put(document: HistoryDay | HistoryMonth | HoldbackReport): Promise<boolean> {
    const ref = this.db.collection("history").doc(nameOf(document));
    return this.db.runTransaction(async (tx) => {
      const stored = await tx.get(ref);
      if (stored.exists && canonicalJson(stored.data()) === canonicalJson(document)) return false;
      tx.set(ref, document);
      return true;
    });
  }

  /** Removes days, or months, before one; their names. TTL is for what is written once: these are told by their own names. */
  async removeBefore(kind: "day" | "month" | "holdback", name: string): Promise<string[]> {
    const { docs } = await this.db
      .collection("history")
      .orderBy(FieldPath.documentId())
      .startAt(`${kind}.`)
      .endBefore(`${kind}.${name}`)
      .limit(REMOVED_AT_ONCE)
      .get();
    const batch = this.db.batch();
    for (const doc of docs) batch.delete(doc.ref);
    await batch.commit();
    return docs.map(({ id }) => id);
  }

  private async read<T>(schema: z.ZodType<T>, ids: readonly string[]): Promise<T[]> {
    if (ids.length === 0) return [];
    const found = await this.db.getAll(...ids.map((id) => this.db.collection("history").doc(id)));
    return found.flatMap((doc) => (doc.exists ? (readableDocument(schema, doc) ?? []) : []));
  }
}

function nameOf(document: HistoryDay | HistoryMonth | HoldbackReport): string {
  if ("day" in document) return `day.${document.day}`;
  return "says" in document ? `holdback.${document.month}` : `month.${document.month}`;
}
