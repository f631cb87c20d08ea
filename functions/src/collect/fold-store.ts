import { FieldPath, type Firestore } from "firebase-admin/firestore";
import { FOLD_SETTLE_SECONDS } from "../config.ts";
import { parseDocument, readableDocument } from "../shared/firestore.ts";
import { isFree } from "../shared/lease.ts";
import { iso } from "../shared/time.ts";
import { isResting } from "./fold.ts";
import { FoldState, InteractionLog, type Window } from "./schema.ts";
import { logShards, windowsById } from "./store.ts";

/** Logs that the fold reads at a time. */
const FOLD_LIMIT = 500;
/** Milliseconds for which a folder that went silent keeps others from trying. */
const LEASE_MS = 30_000;

/** A mature log as the fold sees it; `log` is null if it cannot be read. */
export interface DueLog {
  id: string;
  fold_after: string;
  log: InteractionLog | null;
}

/** One commit of the fold. */
export interface FoldStep {
  from: FoldState["watermark"];
  to: FoldState["watermark"];
  /** Logs in this step. */
  count: number;
  /** Latest event time among them. */
  lastEventAt: string | null;
  /** Ids of all windows that they touch, at most 60. */
  windowIds: readonly string[];
  /** The windows after the step, from those that exist. */
  fold: (windows: ReadonlyMap<string, Window>) => ReadonlyMap<string, Window>;
  /** Who keeps the lease, or null to give it back. */
  holder: string | null;
}

const FIRST_STATE: FoldState = {
  schema_version: 1,
  watermark: { fold_after: "", id: "" },
  folded: 0,
  last_event_at: null,
  folded_at: null,
  lease: null,
};

/** The fold's progress in `pipeline/fold-{shard}`, what is due, and the commit of a step: the only writer of `windows`. */
export class FoldStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  shards(): number[] {
    return logShards();
  }

  /** How far the fold of a shard has come. */
  async read(shard: number): Promise<FoldState> {
    return parseDocument(FoldState, await this.state(shard).get()) ?? FIRST_STATE;
  }

  /**
   * Takes the lease if it is free and, unless it must be `atOnce`, the shard does not rest; the state that comes back says who
   * has it.
   */
  async claim(shard: number, { holder, atOnce }: { holder: string; atOnce: boolean }): Promise<FoldState> {
    if (!atOnce) {
      const found = await this.read(shard);
      if (isResting(found, Date.now())) return found;
    }
    return this.db.runTransaction(async (tx) => {
      const found = parseDocument(FoldState, await tx.get(this.state(shard))) ?? FIRST_STATE;
      if (!isFree(found.lease, Date.now())) return found;
      const claimed = { ...found, lease: lease(holder) };
      tx.set(this.state(shard), claimed);
      return claimed;
    });
  }

  /** Gives the lease back, unless somebody else has it by now. */
  async release(shard: number, holder: string): Promise<void> {
    await this.db.runTransaction(async (tx) => {
      const found = parseDocument(FoldState, await tx.get(this.state(shard)));
      if (found?.lease?.holder === holder) tx.set(this.state(shard), { ...found, lease: null });
    });
  }

  /**
   * The next logs after the watermark that are mature and older than the settling time, by the clock of the read itself:
   * one that a slow commit brings in behind the watermark would never be seen.
   */
  async due(shard: number, watermark: FoldState["watermark"]): Promise<{ due: DueLog[]; more: boolean }> {
    const settleMs = FOLD_SETTLE_SECONDS.value() * 1000;
    const ordered = this.db
      .collection("interaction_logs")
      .where("shard", "==", shard)
      .where("fold_after", "<=", iso(Date.now() - settleMs))
      .orderBy("fold_after")
      .orderBy(FieldPath.documentId())
      .limit(FOLD_LIMIT);
    const from = watermark.id === "" ? ordered : ordered.startAfter(watermark.fold_after, watermark.id);
    const snapshot = await from.get();
    const settled = iso(snapshot.readTime.toMillis() - settleMs);
    const docs = snapshot.docs.filter((doc) => doc.get("fold_after") <= settled);
    return {
      due: docs.map((doc) => ({
        id: doc.id,
        fold_after: String(doc.get("fold_after")),
        log: readableDocument(InteractionLog, doc),
      })),
      more: docs.length === FOLD_LIMIT,
    };
  }

  /** Writes the windows and the new watermark together; null, and nothing written, if the watermark has moved. */
  async commit(shard: number, step: FoldStep): Promise<FoldState | null> {
    const ids = step.windowIds;
    const windows = this.db.collection("windows");
    return this.db.runTransaction(async (tx) => {
      const [first, ...found] = await tx.getAll(this.state(shard), ...ids.map((id) => windows.doc(id)));
      const state = (first === undefined ? undefined : parseDocument(FoldState, first)) ?? FIRST_STATE;
      if (state.watermark.fold_after !== step.from.fold_after || state.watermark.id !== step.from.id) return null;
      for (const [id, window] of step.fold(windowsById(found))) tx.set(windows.doc(id), window);
      const last = step.lastEventAt;
      const next: FoldState = {
        ...state,
        watermark: step.to,
        folded: state.folded + step.count,
        last_event_at: last !== null && last > (state.last_event_at ?? "") ? last : state.last_event_at,
        folded_at: iso(Date.now()),
        lease: step.holder === null ? null : lease(step.holder),
      };
      tx.set(this.state(shard), next);
      return next;
    });
  }

  private state(shard: number) {
    return this.db.collection("pipeline").doc(`fold-${shard}`);
  }
}

function lease(holder: string): NonNullable<FoldState["lease"]> {
  return { holder, expires_at: iso(Date.now() + LEASE_MS) };
}
