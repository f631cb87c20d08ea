import { FieldPath, type Firestore, type Query, type Timestamp } from "firebase-admin/firestore";
import { FOLD_SETTLE_SECONDS } from "../config.ts";
import { expiryOf } from "../shared/expiry.ts";
import { parseDocument, readableDocument } from "../shared/firestore.ts";
import { isFree } from "../shared/lease.ts";
import { floorTo, iso } from "../shared/time.ts";
import { isResting } from "./fold.ts";
import { addHours, afterReconciling, type FoldedHour, HOUR_MS } from "./reconcile.ts";
import { FoldState, InteractionLog, Traffic, Window } from "./schema.ts";
import { documentsById, logShards } from "./store.ts";

/** Logs that the fold reads at a time, and that are worth a step whenever they are due. */
export const FOLD_LIMIT = 1000;
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
  /** Ids of all windows and traffic documents that they touch, at most 60 together. */
  windowIds: readonly string[];
  trafficIds: readonly string[];
  /** What they are after the step, from those that exist. */
  foldWindows: (windows: ReadonlyMap<string, Window>) => ReadonlyMap<string, Window>;
  foldTraffic: (traffic: ReadonlyMap<string, Traffic>) => ReadonlyMap<string, Traffic>;
  /** Logs in this step by hour of their fold_after. */
  perHour: Readonly<Record<string, number>>;
  /** Who keeps the lease, or null to give it back. */
  holder: string | null;
}

/** Documents of the fold by their ids. */
export interface Counted {
  windows: ReadonlyMap<string, Window>;
  traffic: ReadonlyMap<string, Traffic>;
}

const FIRST_STATE: FoldState = {
  schema_version: 1,
  watermark: { fold_after: "", id: "" },
  folded: 0,
  last_event_at: null,
  folded_at: null,
  lease: null,
};

/** The fold's progress in `pipeline/fold-{shard}`, what is due, and the commit of a step: the only writer of `windows` and `traffic`. */
export class FoldStore {
  private readonly db: Firestore;
  /** When a lease was last asked for. */
  private claimedMs = 0;
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

  /** Takes the lease if it is free, or holds it longer if it is the holder's own. The state that comes back says who has it. */
  async claim(shard: number, holder: string): Promise<FoldState> {
    this.claimedMs = Date.now();
    return this.db.runTransaction(async (tx) => {
      const found = parseDocument(FoldState, await tx.get(this.state(shard))) ?? FIRST_STATE;
      if (found.lease?.holder !== holder && !isFree(found.lease, Date.now())) return found;
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
    const snapshot = await this.dueAfter(shard, watermark).get();
    const settled = iso(snapshot.readTime.toMillis() - settleMs());
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

  /** How many logs are due, at most FOLD_LIMIT, by an aggregation, and whether the shard rests. */
  async look(shard: number, restMs: number): Promise<{ due: number; rests: boolean; lastEventAt: string | null }> {
    const state = await this.read(shard);
    const rests = isResting(state, { restMs, nowMs: Date.now() });
    return { due: await this.countDue(shard, state.watermark), rests, lastEventAt: state.last_event_at };
  }

  /** How many logs are due behind a watermark, at most FOLD_LIMIT, by an aggregation. */
  async countDue(shard: number, watermark: FoldState["watermark"]): Promise<number> {
    return (await this.dueAfter(shard, watermark).count().get()).data().count;
  }

  /** Holds the lease for longer, if a third of its time is over: to be called often while something long is done under it. */
  async hold(shard: number, holder: string): Promise<void> {
    if (Date.now() - this.claimedMs > LEASE_MS / 3) await this.claim(shard, holder);
  }

  /** Writes the windows and the new watermark together; null, and nothing written, if the watermark has moved. */
  async commit(shard: number, step: FoldStep): Promise<FoldState | null> {
    const [windows, traffic] = [this.db.collection("windows"), this.db.collection("traffic")];
    const windowRefs = step.windowIds.map((id) => windows.doc(id));
    const trafficRefs = step.trafficIds.map((id) => traffic.doc(id));
    return this.db.runTransaction(async (tx) => {
      const [first, ...found] = await tx.getAll(this.state(shard), ...windowRefs, ...trafficRefs);
      const state = (first === undefined ? undefined : parseDocument(FoldState, first)) ?? FIRST_STATE;
      if (!isAt(state, step.from)) return null;
      const foundWindows = documentsById(Window, found.slice(0, windowRefs.length));
      const foundTraffic = documentsById(Traffic, found.slice(windowRefs.length));
      for (const [id, window] of step.foldWindows(foundWindows)) tx.set(windows.doc(id), expiring(window));
      for (const [id, of] of step.foldTraffic(foundTraffic)) tx.set(traffic.doc(id), expiring(of));
      const last = step.lastEventAt;
      const next: FoldState = {
        ...state,
        watermark: step.to,
        folded: state.folded + step.count,
        unreconciled: addHours(state.unreconciled ?? {}, step.perHour),
        last_event_at: last !== null && last > (state.last_event_at ?? "") ? last : state.last_event_at,
        folded_at: iso(Date.now()),
        lease: step.holder === null ? null : lease(step.holder),
      };
      tx.set(this.state(shard), next);
      return next;
    });
  }

  /** Logs of an hour of fold_after that are stored up to the watermark, by an aggregation: one read for a thousand. */
  async countHour(shard: number, startMs: number, watermark: FoldState["watermark"]): Promise<number> {
    // What lies ahead of the watermark is still to be folded, however late it was stored.
    const passed = this.db
      .collection("interaction_logs")
      .where("shard", "==", shard)
      .where("fold_after", ">=", iso(startMs))
      .where("fold_after", "<", iso(startMs + HOUR_MS))
      .orderBy("fold_after")
      .orderBy(FieldPath.documentId())
      .endAt(watermark.fold_after, watermark.id)
      .count();
    return watermark.fold_after < iso(startMs) ? 0 : (await passed.get()).data().count;
  }

  /**
   * Hours of event time (epoch ms) of the logs of an hour of fold_after; imported ones are in no window. The lease is held
   * meanwhile.
   */
  async eventHours(shard: number, startMs: number, holder: string): Promise<Set<number>> {
    const hours = new Set<number>();
    const ordered = this.db
      .collection("interaction_logs")
      .where("shard", "==", shard)
      .where("fold_after", ">=", iso(startMs))
      .where("fold_after", "<", iso(startMs + HOUR_MS))
      .orderBy("fold_after")
      .orderBy(FieldPath.documentId())
      .select("fold_after", "event_at", "source")
      .limit(FOLD_LIMIT);
    for (let page = ordered; ; ) {
      const { docs } = await page.get();
      await this.hold(shard, holder);
      for (const doc of docs) {
        const eventMs = Date.parse(String(doc.get("event_at")));
        if (doc.get("source") !== "import" && Number.isFinite(eventMs)) hours.add(floorTo(eventMs, HOUR_MS));
      }
      const last = docs.at(-1);
      if (last === undefined || docs.length < FOLD_LIMIT) return hours;
      page = ordered.startAfter(last.get("fold_after"), last.id);
    }
  }

  /**
   * Windows by their ids, of those that exist.
   * @throws {CorruptError} one of them is not valid
   */
  async windows(ids: readonly string[]): Promise<Map<string, Window>> {
    const refs = ids.map((id) => this.db.collection("windows").doc(id));
    return documentsById(Window, refs.length === 0 ? [] : await this.db.getAll(...refs));
  }

  /** The same of the site's traffic. */
  async traffic(ids: readonly string[]): Promise<Map<string, Traffic>> {
    const refs = ids.map((id) => this.db.collection("traffic").doc(id));
    return documentsById(Traffic, refs.length === 0 ? [] : await this.db.getAll(...refs));
  }

  /**
   * Puts recounted documents in the place of what there is, at most MAX_DOCUMENTS; false, and nothing written, if the fold has
   * gone on since they were counted.
   */
  async replace(shard: number, watermark: FoldState["watermark"], documents: Counted): Promise<boolean> {
    return this.db.runTransaction(async (tx) => {
      const state = parseDocument(FoldState, await tx.get(this.state(shard))) ?? FIRST_STATE;
      if (!isAt(state, watermark)) return false;
      for (const [id, window] of documents.windows) tx.set(this.db.collection("windows").doc(id), expiring(window));
      for (const [id, traffic] of documents.traffic) tx.set(this.db.collection("traffic").doc(id), expiring(traffic));
      return true;
    });
  }

  /** Notes that an hour is reconciled; false if it was folded or reconciled by somebody else meanwhile. */
  async recordReconciled(shard: number, hour: FoldedHour, found: number): Promise<boolean> {
    return this.db.runTransaction(async (tx) => {
      const state = parseDocument(FoldState, await tx.get(this.state(shard))) ?? FIRST_STATE;
      const after = afterReconciling(state, hour, found);
      if (after !== null) tx.set(this.state(shard), after);
      return after !== null;
    });
  }

  private dueAfter(shard: number, watermark: FoldState["watermark"]): Query {
    const ordered = this.db
      .collection("interaction_logs")
      .where("shard", "==", shard)
      .where("fold_after", "<=", iso(Date.now() - settleMs()))
      .orderBy("fold_after")
      .orderBy(FieldPath.documentId())
      .limit(FOLD_LIMIT);
    return watermark.id === "" ? ordered : ordered.startAfter(watermark.fold_after, watermark.id);
  }

  private state(shard: number) {
    return this.db.collection("pipeline").doc(`fold-${shard}`);
  }
}

/** Whether the fold has not moved from there. */
function isAt({ watermark: { fold_after: at, id } }: FoldState, there: FoldState["watermark"]): boolean {
  return at === there.fold_after && id === there.id;
}

function expiring<T extends Window | Traffic>(document: T): T & { expire_at: Timestamp } {
  return { ...document, expire_at: expiryOf(document.granularity, Date.now()) };
}

function settleMs(): number {
  return FOLD_SETTLE_SECONDS.value() * 1000;
}

function lease(holder: string): NonNullable<FoldState["lease"]> {
  return { holder, expires_at: iso(Date.now() + LEASE_MS) };
}
