import type { Firestore } from "firebase-admin/firestore";
import { raiseAlert } from "../shared/alert.ts";
import { iso } from "../shared/time.ts";
import { foldInto, MAX_DOCUMENTS } from "./fold.ts";
import { foldDueLogs } from "./fold-due-logs.ts";
import { FoldStore } from "./fold-store.ts";
import { closedHours } from "./reconcile.ts";
import { type FoldState, GRANULARITIES, type InteractionLog } from "./schema.ts";
import { LogStore } from "./store.ts";
import { foldTraffic } from "./traffic.ts";

/** Hours that one run looks at per shard: two days, after an outage. */
const MAX_HOURS = 48;
/** Commits of the fold before it: up to 100,000 logs. */
const FOLD_STEPS = 100;
/** Logs that a page of a recount reads. */
const PAGE = 1000;
/** Times that a day is counted again because the fold went on meanwhile. */
const MAX_ATTEMPTS = 10;

/** What a run found. */
export interface Reconciled {
  hours: number;
  /** Logs that were stored and not folded, and are now counted. */
  missed: number;
}

/**
 * Holds the number of stored logs of each closed hour (of fold_after) against what was folded. Where more are stored than were
 * folded, one was committed behind the watermark, and the days of event time that the hour's logs fall into are counted anew from
 * the logs. Fewer is no fault: logs expire, and subjects are erased.
 * @param holder names this run in the lease: unique per call
 * @param restMs as the fold's: hours are closed as far as it has come
 */
export async function reconcileLogs(
  db: Firestore,
  { holder, nowMs, restMs }: { holder: string; nowMs: number; restMs: number },
): Promise<Reconciled> {
  const { complete } = await foldDueLogs(db, { holder, maxSteps: FOLD_STEPS, restMs });
  const store = new FoldStore(db);
  const found: Reconciled = { hours: 0, missed: 0 };
  for (const shard of store.shards()) {
    for (const hour of closedHours(await store.read(shard), { nowMs, complete, limit: MAX_HOURS })) {
      const missed = Math.max(0, (await store.countHour(shard, hour.startMs)) - hour.folded);
      if (missed > 0) await mend(db, store, { shard, startMs: hour.startMs, missed });
      if (!(await store.recordReconciled(shard, hour, missed))) break;
      found.hours++;
      found.missed += missed;
    }
  }
  return found;
}

async function mend(
  db: Firestore,
  store: FoldStore,
  { shard, startMs, missed }: { shard: number; startMs: number; missed: number },
): Promise<void> {
  for (const dayMs of await store.daysOfHour(shard, startMs)) await recount(db, store, { shard, dayMs });
  const hour = iso(startMs).slice(0, 16);
  await raiseAlert(db, {
    severity: "low",
    kind: "fold_missed",
    message: `the fold had missed ${missed} logs that were stored late in the hour of ${hour} UTC; the windows were counted anew`,
    details: { shard, hour, missed },
  });
}

/** Counts a day of event time anew, from the logs that the fold has passed; done twice, it writes the same. */
async function recount(
  db: Firestore,
  store: FoldStore,
  { shard, dayMs }: { shard: number; dayMs: number },
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { watermark } = await store.read(shard);
    const documents = await countDay(db, { shard, dayMs, watermark });
    let stands = true;
    for (const part of parts(documents)) {
      stands = await store.replace(shard, watermark, part);
      if (!stands) break;
    }
    if (stands) return;
  }
  throw new Error(`the fold went on ${MAX_ATTEMPTS} times while the day of ${iso(dayMs)} was counted anew`);
}

type Documents = Parameters<FoldStore["replace"]>[2];

async function countDay(
  db: Firestore,
  { shard, dayMs, watermark }: { shard: number; dayMs: number; watermark: FoldState["watermark"] },
): Promise<Documents> {
  const logs = new LogStore(db);
  const range = { shard, fromEventMs: dayMs, toEventMs: dayMs + GRANULARITIES["1d"], limit: PAGE };
  let documents: Documents = { windows: new Map(), traffic: new Map() };
  for (let after = null as Parameters<LogStore["pageLogs"]>[0]["after"]; ; ) {
    const page = await logs.pageLogs({ ...range, after });
    const passed = page.logs.filter((log) => isPassed(log, watermark));
    documents = { windows: foldInto(documents.windows, passed), traffic: foldTraffic(documents.traffic, passed) };
    if (page.next === null) return documents;
    after = page.next;
  }
}

function isPassed({ fold_after: at, prediction_id: id }: InteractionLog, watermark: FoldState["watermark"]): boolean {
  return at < watermark.fold_after || (at === watermark.fold_after && id <= watermark.id);
}

/** Documents in portions of what one commit writes at most. */
function parts({ windows, traffic }: Documents): Documents[] {
  const all = [
    ...[...windows].map(([id, window]) => ({ id, window, of: undefined })),
    ...[...traffic].map(([id, of]) => ({ id, window: undefined, of })),
  ];
  return Array.from({ length: Math.ceil(all.length / MAX_DOCUMENTS) }, (_, i) => {
    const portion = all.slice(i * MAX_DOCUMENTS, (i + 1) * MAX_DOCUMENTS);
    return {
      windows: new Map(portion.flatMap(({ id, window }) => (window === undefined ? [] : [[id, window] as const]))),
      traffic: new Map(portion.flatMap(({ id, of }) => (of === undefined ? [] : [[id, of] as const]))),
    };
  });
}
