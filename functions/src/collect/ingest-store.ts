import { type Firestore, Timestamp } from "firebase-admin/firestore";
import { readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { type Placement, placeLogs, StoredState, shardOf } from "./amendment.ts";
import type { JudgedLog } from "./judge-log.ts";
import type { IngestWindow, QuarantinedLog } from "./schema.ts";
import { logShards } from "./store.ts";

/** Documents that one transaction or batch touches. */
export const CHUNK = 100;
const DAY_MS = 86_400_000;

/** The valid logs of one prediction in one request, in the order in which they came. */
export interface LogGroup {
  predictionId: string;
  logs: readonly JudgedLog[];
}

/** Writes `interaction_logs`, `quarantined_logs` and `ingest_windows`. */
export class IngestStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /**
   * Stores the logs of at most CHUNK predictions: all of them or, if it throws, none. One read for each prediction, and one
   * write for each that is new or amended.
   * @returns what became of each log, group by group
   */
  async put(
    groups: readonly LogGroup[],
    { maturityMinutes, retentionDays }: { maturityMinutes: number; retentionDays: number },
  ): Promise<Placement[][]> {
    const shards = logShards().length;
    const refs = groups.map(({ predictionId }) => this.db.collection("interaction_logs").doc(predictionId));
    return this.db.runTransaction(async (tx) => {
      const found = await tx.getAll(...refs, { fieldMask: Object.keys(StoredState.shape) });
      // Taken anew at every attempt: the nearer to the commit, the surer that the fold has not been past this place.
      const nowMs = Date.now();
      return groups.map(({ predictionId, logs }, i) => {
        const [ref, snapshot] = [refs[i], found[i]];
        if (ref === undefined || snapshot === undefined) throw new RangeError("fewer documents than asked for");
        const arrival = { nowMs, maturityMinutes, shard: shardOf(predictionId, shards) };
        const stored = snapshot.exists ? readableDocument(StoredState, snapshot) : undefined;
        // What somebody spoilt by hand is left to be looked at, and must not keep the others from being stored.
        if (stored === null) return logs.map(() => "conflict");
        const { placements, write } = placeLogs(stored, logs, arrival);
        if (write !== undefined) {
          tx.set(ref, { ...write, expire_at: Timestamp.fromMillis(nowMs + retentionDays * DAY_MS) });
        }
        return placements;
      });
    });
  }

  /** Keeps at most CHUNK logs that broke a rule, one for each prediction: sent again, it takes the place of the last. */
  async quarantine(logs: readonly Omit<QuarantinedLog, "received_at">[], retentionDays: number): Promise<void> {
    const nowMs = Date.now();
    const batch = this.db.batch();
    for (const log of logs) {
      const kept: QuarantinedLog = { ...log, received_at: iso(nowMs) };
      const expire_at = Timestamp.fromMillis(nowMs + retentionDays * DAY_MS);
      batch.set(this.db.collection("quarantined_logs").doc(log.prediction_id), { ...kept, expire_at });
    }
    await batch.commit();
  }

  /** Sets each window, by its name, to its total so far: done twice, it changes nothing. */
  async writeWindows(windows: ReadonlyMap<string, IngestWindow>): Promise<void> {
    const batch = this.db.batch();
    for (const [name, window] of windows) batch.set(this.db.collection("ingest_windows").doc(name), window);
    await batch.commit();
  }
}
