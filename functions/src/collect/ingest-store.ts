import { type DocumentReference, FieldPath, type Firestore, Timestamp } from "firebase-admin/firestore";
import { expiryOf } from "../shared/expiry.ts";
import { alreadyExists, readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { type Arrival, type Placement, placeLogs, StoredState, shardOf } from "./amendment.ts";
import type { JudgedLog } from "./judge-log.ts";
import { IngestWindow, type InteractionLog, type QuarantinedLog } from "./schema.ts";
import { logShards } from "./store.ts";
import { startId } from "./window.ts";

/** Documents that one transaction or batch touches. */
export const CHUNK = 100;
/** Documents that are read together where one of them exists. */
const PART = 10;
const DAY_MS = 86_400_000;
/** Windows that are read at most: those of an hour of 40 instances. */
const READ_WINDOWS = 500;

/** The valid logs of one prediction in one request, in the order in which they came. */
export interface LogGroup {
  predictionId: string;
  logs: readonly JudgedLog[];
}

/** How the logs of a request are kept. */
export interface Keeping {
  maturityMinutes: number;
  retentionDays: number;
}

/** Writes `interaction_logs`, `quarantined_logs` and `ingest_windows`. */
export class IngestStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /**
   * Stores the logs of at most CHUNK predictions. New ones cost a write and no read: they are created unseen. Only where a log
   * of one of them is found to be stored already, it and those that were tried with it are read, and placed by what is there.
   * If it throws, a part may be stored; sent again, that part is found and changes nothing.
   * @returns what became of each log, group by group
   */
  async put(groups: readonly LogGroup[], keeping: Keeping): Promise<Placement[][]> {
    const created = await this.create(groups, keeping);
    if (created !== null) return created;
    // Small parts, so that one log that comes twice costs a few reads and not a hundred.
    const done = await Promise.allSettled(
      portions(groups, PART).map(
        async (part) => (await this.create(part, keeping)) ?? (await this.place(part, keeping)),
      ),
    );
    return done.flatMap((part) => {
      // Only now, when no part is under way any more: nothing may go on after the answer.
      if (part.status === "rejected") throw part.reason;
      return part.value;
    });
  }

  /** Creates them all without a look at what is there; null, and nothing written, if a log of one of them is. */
  private async create(groups: readonly LogGroup[], keeping: Keeping): Promise<Placement[][] | null> {
    try {
      // Without a read it is no more than one commit; but one that is tried again takes the time anew.
      return await this.db.runTransaction(async (tx) => {
        const arrival = arriving(keeping);
        return groups.map((group) => {
          const { placements, write } = placeLogs(undefined, group.logs, arrival(group));
          if (write !== undefined) tx.create(this.ref(group), { ...write, expire_at: expiry(write, keeping) });
          return placements;
        });
      });
    } catch (error) {
      // Perhaps by an attempt whose answer was lost: then they are duplicates, and what is stored is right.
      if (alreadyExists(error)) return null;
      throw error;
    }
  }

  /** Reads what is stored of them, and writes what is new or amended: all or nothing. */
  private async place(groups: readonly LogGroup[], keeping: Keeping): Promise<Placement[][]> {
    return this.db.runTransaction(async (tx) => {
      const found = await tx.getAll(...groups.map((group) => this.ref(group)), {
        fieldMask: Object.keys(StoredState.shape),
      });
      const arrival = arriving(keeping);
      return groups.map((group, i) => {
        const snapshot = found[i];
        if (snapshot === undefined) throw new RangeError("fewer documents than asked for");
        const stored = snapshot.exists ? readableDocument(StoredState, snapshot) : undefined;
        // What somebody spoilt by hand is left to be looked at, and must not keep the others from being stored.
        if (stored === null) return group.logs.map(() => "conflict");
        const { placements, write } = placeLogs(stored, group.logs, arrival(group));
        if (write !== undefined) tx.set(this.ref(group), { ...write, expire_at: expiry(write, keeping) });
        return placements;
      });
    });
  }

  private ref({ predictionId }: LogGroup): DocumentReference {
    return this.db.collection("interaction_logs").doc(predictionId);
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

  /** What all instances have received since the five minutes that begin at `fromMs`, server time. */
  async windowsSince(fromMs: number): Promise<IngestWindow[]> {
    const { docs } = await this.db
      .collection("ingest_windows")
      .orderBy(FieldPath.documentId())
      .startAt(startId(fromMs))
      .limit(READ_WINDOWS)
      .get();
    return docs.flatMap((doc) => readableDocument(IngestWindow, doc) ?? []);
  }

  /** Sets each window, by its name, to its total so far: done twice, it changes nothing. */
  async writeWindows(windows: ReadonlyMap<string, IngestWindow>): Promise<void> {
    const batch = this.db.batch();
    const expire_at = expiryOf("ingested", Date.now());
    for (const [name, window] of windows) {
      batch.set(this.db.collection("ingest_windows").doc(name), { ...window, expire_at });
    }
    await batch.commit();
  }
}

/** Logs that arrive now: asked anew at every attempt, since the nearer to the commit, the surer that the fold has not been past. */
function arriving({ maturityMinutes }: Keeping): (group: LogGroup) => Arrival {
  const [nowMs, shards] = [Date.now(), logShards().length];
  return ({ predictionId }) => ({ nowMs, maturityMinutes, shard: shardOf(predictionId, shards) });
}

function expiry({ received_at: at }: Pick<InteractionLog, "received_at">, { retentionDays }: Keeping): Timestamp {
  return Timestamp.fromMillis(Date.parse(at) + retentionDays * DAY_MS);
}

/** A list in portions of at most `size`. */
export function portions<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
