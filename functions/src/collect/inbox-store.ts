import type { DocumentReference, Firestore } from "firebase-admin/firestore";

/** Reads and deletes `log_inbox/{id}`, which sites create by the Firestore SDK. */
export class InboxStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** What was left there, whatever it is, or null if it is not there any more. */
  async read(id: string): Promise<{ body: unknown } | null> {
    const snapshot = await this.ref(id).get();
    return snapshot.exists ? { body: snapshot.get("body") as unknown } : null;
  }

  /** Deletes it; if it is gone already, nothing happens. */
  async remove(id: string): Promise<void> {
    await this.ref(id).delete();
  }

  private ref(id: string): DocumentReference {
    return this.db.collection("log_inbox").doc(id);
  }
}
