import {
  type DocumentSnapshot,
  FieldPath,
  type Firestore,
  type QueryDocumentSnapshot,
  Timestamp,
} from "firebase-admin/firestore";
import type { z } from "zod";
import { LOG_SHARDS } from "../config.ts";
import { parseDocument, readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { InteractionLog, Traffic, Window } from "./schema.ts";
import { startId, type WindowKey, windowPrefix } from "./window.ts";

/** Windows that one page of a range holds. */
const WINDOW_PAGE = 300;

/** Traffic documents of one page: an hour has up to 100 KiB. */
const TRAFFIC_PAGE = 100;

/** Numbers of the shards that logs are spread over. */
export function logShards(): number[] {
  // A param that nobody set reads as 0.
  return Array.from({ length: Math.max(1, LOG_SHARDS.value()) }, (_, shard) => shard);
}

/** Where a page of logs ends, and the next one begins. */
export interface LogCursor {
  event_at: string;
  id: string;
}

/** One page of logs of a shard, in the order of event time. */
export interface LogPage {
  logs: InteractionLog[];
  /** Null after the last page. A page may be empty and not the last: expired and immature logs are left out. */
  next: LogCursor | null;
}

/** Reads `interaction_logs`. */
export class LogStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** The shards to page through, one after the other, to see every log. */
  shards(): number[] {
    return logShards();
  }

  /**
   * Mature logs of a shard with `fromEventMs <= event_at < toEventMs`, a page at a time; `limit` is what one page reads at
   * most. TTL deletes late, so expired logs are left out here.
   * @param matureMs server time until which a log has become mature; now, if left out
   */
  async pageLogs(query: {
    shard: number;
    fromEventMs: number;
    toEventMs: number;
    after: LogCursor | null;
    limit: number;
    matureMs?: number;
  }): Promise<LogPage> {
    const ordered = this.db
      .collection("interaction_logs")
      .where("shard", "==", query.shard)
      .where("event_at", ">=", iso(query.fromEventMs))
      .where("event_at", "<", iso(query.toEventMs))
      .orderBy("event_at")
      .orderBy(FieldPath.documentId())
      .limit(query.limit);
    const from = query.after === null ? ordered : ordered.startAfter(query.after.event_at, query.after.id);
    const { docs } = await from.get();
    const nowMs = Date.now();
    const matureMs = query.matureMs ?? nowMs;
    const last = docs.length < query.limit ? undefined : docs.at(-1);
    return {
      logs: docs
        .filter((doc) => isKept(doc, { nowMs, matureMs }))
        .flatMap((doc) => readableDocument(InteractionLog, doc) ?? []),
      next: last === undefined ? null : { event_at: String(last.get("event_at")), id: last.id },
    };
  }

  /** Logs of a shard that are stored with such an event_at, whatever they are, by an aggregation: one read for a thousand. */
  async countLogs({ shard, fromEventMs, toEventMs }: { shard: number; fromEventMs: number; toEventMs: number }) {
    const stored = this.db
      .collection("interaction_logs")
      .where("shard", "==", shard)
      .where("event_at", ">=", iso(fromEventMs))
      .where("event_at", "<", iso(toEventMs))
      .count();
    return (await stored.get()).data().count;
  }

  /** When logs were received, by their ids; those that are not there are left out. */
  async receivedAt(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const logs = this.db.collection("interaction_logs");
    const found = await this.db.getAll(...ids.map((id) => logs.doc(id)), { fieldMask: ["received_at"] });
    return new Map(found.flatMap((doc) => (doc.exists ? [[doc.id, String(doc.get("received_at"))] as const] : [])));
  }
}

function isKept(doc: QueryDocumentSnapshot, { nowMs, matureMs }: { nowMs: number; matureMs: number }): boolean {
  const expires = doc.get("expire_at") as unknown;
  return expires instanceof Timestamp && expires.toMillis() > nowMs && doc.get("fold_after") <= iso(matureMs);
}

/** Reads `windows`. */
export class WindowStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /**
   * The windows that start in [fromMs, toMs), of one version, arm and granularity: one per start and shard. Merge them with
   * `mergeWindows`. One that somebody spoilt by hand is left out.
   */
  async range(
    query: Pick<WindowKey, "version" | "arm" | "granularity"> & { fromMs: number; toMs: number },
  ): Promise<Window[]> {
    const prefix = windowPrefix(query);
    const ordered = this.db
      .collection("windows")
      .orderBy(FieldPath.documentId())
      .endBefore(prefix + startId(wholeMinute(query.toMs)))
      .limit(WINDOW_PAGE);
    const found: Window[] = [];
    for (let page = ordered.startAt(prefix + startId(wholeMinute(query.fromMs))); ; ) {
      const { docs } = await page.get();
      found.push(...docs.flatMap((doc) => readableDocument(Window, doc) ?? []));
      const last = docs.at(-1);
      if (last === undefined || docs.length < WINDOW_PAGE) return found;
      page = ordered.startAfter(last.id);
    }
  }
}

/** Reads `traffic`. */
export class TrafficStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** The hours or days that start in [fromMs, toMs), one per start and shard. */
  async range<G extends Traffic["granularity"]>(
    granularity: G,
    { fromMs, toMs }: { fromMs: number; toMs: number },
  ): Promise<Extract<Traffic, { granularity: G }>[]> {
    const ordered = this.db
      .collection("traffic")
      .orderBy(FieldPath.documentId())
      .endBefore(`${granularity}.${startId(wholeMinute(toMs))}`)
      .limit(TRAFFIC_PAGE);
    const found: Traffic[] = [];
    for (let page = ordered.startAt(`${granularity}.${startId(wholeMinute(fromMs))}`); ; ) {
      const { docs } = await page.get();
      found.push(...docs.flatMap((doc) => readableDocument(Traffic, doc) ?? []));
      const last = docs.at(-1);
      if (last === undefined || docs.length < TRAFFIC_PAGE) {
        return found as Extract<Traffic, { granularity: G }>[];
      }
      page = ordered.startAfter(last.id);
    }
  }
}

/** The minute that begins at or after `ms`: ids tell starts to the minute, and no window begins within one. */
function wholeMinute(ms: number): number {
  return Math.ceil(ms / 60_000) * 60_000;
}

/** Documents by id; those that do not exist are left out. */
export function documentsById<T>(schema: z.ZodType<T>, docs: readonly DocumentSnapshot[]): Map<string, T> {
  const found = new Map<string, T>();
  for (const doc of docs) {
    const parsed = parseDocument(schema, doc);
    if (parsed !== undefined) found.set(doc.id, parsed);
  }
  return found;
}
