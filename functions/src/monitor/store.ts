import type { Firestore } from "firebase-admin/firestore";
import { readableDocument } from "../shared/firestore.ts";
import { Health } from "./schema.ts";

/** Verdicts that are kept. */
const KEPT = 50;

/** The only writer of `health`. */
export class HealthStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** What the last look has found; null before the first, or where somebody has spoilt it. */
  async read(): Promise<Health | null> {
    const snapshot = await this.live().get();
    return snapshot.exists ? readableDocument(Health, snapshot) : null;
  }

  /** Puts a look on record, unless a later one is there already; the history gets what differs from the last. */
  async save(found: Omit<Health, "schema_version" | "history">): Promise<void> {
    await this.db.runTransaction(async (tx) => {
      const snapshot = await tx.get(this.live());
      const before = snapshot.exists ? readableDocument(Health, snapshot) : null;
      if (before !== null && before.at > found.at) return;
      const { at, version, status, action, reason } = found;
      const last = before?.history.at(-1);
      const same = last?.version === version && last.status === status && last.action === action;
      const entries = same ? [] : [{ at, version, status, action, reason }];
      const history = [...(before?.history ?? []), ...entries].slice(-KEPT);
      tx.set(this.live(), { schema_version: 1, ...found, history });
    });
  }

  private live() {
    return this.db.collection("health").doc("live");
  }
}
