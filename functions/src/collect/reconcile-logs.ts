import { setTimeout as sleep } from "node:timers/promises";
import type { Firestore } from "firebase-admin/firestore";
import { raiseAlert } from "../shared/alert.ts";
import { floorTo, iso } from "../shared/time.ts";
import { foldInto, MAX_DOCUMENTS } from "./fold.ts";
import { type Counted, FoldStore } from "./fold-store.ts";
import { portions } from "./ingest-store.ts";
import { closedHours, HOUR_MS } from "./reconcile.ts";
import { type FoldState, GRANULARITIES, type InteractionLog } from "./schema.ts";
import { LogStore } from "./store.ts";
import { dayOfTraffic, foldTraffic, trafficId } from "./traffic.ts";
import { dayOf, type WindowKey, windowId } from "./window.ts";

/** Hours that one run looks at per shard: two days, after an outage. */
const MAX_HOURS = 48;
/** Logs that a page of a recount reads. */
const PAGE = 1000;
/** Seconds to wait for a folder to give the lease back. */
const PATIENCE = 60;
/** Times that an hour is counted again because the lease was lost and the fold went on. */
const MAX_ATTEMPTS = 3;

/** What a run found. */
export interface Reconciled {
  hours: number;
  /** Logs that were stored and not folded, and are now counted. */
  missed: number;
}

/**
 * Holds the number of stored logs of each closed hour (of fold_after) against what was folded. Where more are stored than were
 * folded, one was committed behind the watermark: of the hours of event time that its logs fall into, those in which more are
 * stored than were counted are counted anew, while the fold waits. Fewer is no fault: logs expire, and subjects are erased; so an hour
 * whose logs are gone in part is never counted down. It does not fold itself: who folds decides afterwards.
 * @param holder names this run in the lease: unique per call
 * @throws {AggregateError} what kept a shard from being reconciled, once the others are; it is tried again with the next run
 */
export async function reconcileLogs(
  db: Firestore,
  { holder, nowMs }: { holder: string; nowMs: number },
): Promise<Reconciled> {
  const store = new FoldStore(db);
  const found: Reconciled = { hours: 0, missed: 0 };
  const faults: unknown[] = [];
  for (const shard of store.shards()) {
    try {
      await reconcileShard(db, store, { shard, holder, nowMs, found });
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, `not reconciled: ${faults.map(String).join("; ")}`);
  return found;
}

async function reconcileShard(
  db: Firestore,
  store: FoldStore,
  { shard, holder, nowMs, found }: { shard: number; holder: string; nowMs: number; found: Reconciled },
): Promise<void> {
  const state = await store.read(shard);
  const complete = (await store.countDue(shard, state.watermark)) === 0;
  for (const hour of closedHours(state, { nowMs, complete, limit: MAX_HOURS })) {
    const stored = await store.countHour(shard, hour.startMs, state.watermark);
    const missed = Math.max(0, stored - hour.folded);
    if (missed > 0) await mend(db, store, { shard, holder, startMs: hour.startMs, missed });
    if (!(await store.recordReconciled(shard, hour, missed))) return;
    found.hours++;
    found.missed += missed;
  }
}

async function mend(
  db: Firestore,
  store: FoldStore,
  { shard, holder, startMs, missed }: { shard: number; holder: string; startMs: number; missed: number },
): Promise<void> {
  const hour = iso(startMs).slice(0, 16);
  const alert = {
    severity: "low",
    kind: "fold_missed",
    subject: `pipeline/fold-${shard}`,
    message: `the fold had missed ${missed} logs that were stored late in the hour of ${hour} UTC; they are counted now`,
    to_do: "Nothing, if it happens once; if it comes again, raise FOLD_SETTLE_SECONDS.",
    details: { shard, hour, missed },
  } as const;
  // Before the work, which may fail: it is tried again every hour.
  await raiseAlert(db, alert, `${shard}.${hour}`);
  await awaitLease(store, shard, holder);
  try {
    const hours = await store.eventHours(shard, startMs, holder);
    for (const hourMs of hours) await recount(db, store, { shard, holder, hourMs });
  } finally {
    await store.release(shard, holder);
  }
}

async function awaitLease(store: FoldStore, shard: number, holder: string): Promise<void> {
  for (let second = 0; second < PATIENCE; second++) {
    if ((await store.claim(shard, holder)).lease?.holder === holder) return;
    await sleep(1000);
  }
  throw new Error(`shard ${shard} is being folded for more than ${PATIENCE} s; what was missed is counted in an hour`);
}

/** An hour of event time of one shard. */
interface EventHour {
  shard: number;
  hourMs: number;
}

/** Counts an hour of event time anew, from the logs that the fold has passed; done twice, it writes the same. */
async function recount(
  db: Firestore,
  store: FoldStore,
  { holder, ...hour }: EventHour & { holder: string },
): Promise<void> {
  const { shard, hourMs } = hour;
  const id = trafficId({ granularity: "1h", startMs: hourMs, shard });
  const logs = new LogStore(db);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { watermark } = await store.claim(shard, holder);
    const counted = (await store.traffic([id])).get(id)?.visits ?? 0;
    if ((await logs.countLogs({ shard, fromEventMs: hourMs, toEventMs: hourMs + HOUR_MS })) <= counted) return;
    const fresh = await countAnew(logs, { ...hour, watermark, hold: () => store.hold(shard, holder) });
    if ((fresh.traffic.get(id)?.visits ?? 0) <= counted || (await countsDown(store, fresh))) return;
    if (await replace(store, await withDay(store, hour, fresh), { shard, watermark })) return;
  }
  throw new Error(`the fold went on ${MAX_ATTEMPTS} times while the hour of ${iso(hourMs)} was counted anew`);
}

/** Whether a window has more visits than there are logs of it now. */
async function countsDown(store: FoldStore, fresh: Counted): Promise<boolean> {
  const before = await store.windows([...fresh.windows.keys()]);
  return [...before].some(([id, { visits }]) => visits > (fresh.windows.get(id)?.visits ?? 0));
}

/** The windows of an hour and within it, and its traffic, from its logs. Every page holds the lease for longer. */
async function countAnew(
  store: LogStore,
  { shard, hourMs, watermark, hold }: EventHour & { watermark: FoldState["watermark"]; hold: () => Promise<unknown> },
): Promise<Counted> {
  const range = { shard, fromEventMs: hourMs, toEventMs: hourMs + HOUR_MS, limit: PAGE };
  let counted: Counted = { windows: new Map(), traffic: new Map() };
  for (let after = null as Parameters<LogStore["pageLogs"]>[0]["after"]; ; ) {
    const [page] = await Promise.all([store.pageLogs({ ...range, after }), hold()]);
    const passed = page.logs.filter((log) => isPassed(log, watermark));
    counted = { windows: foldInto(counted.windows, passed), traffic: foldTraffic(counted.traffic, passed) };
    if (page.next === null) break;
    after = page.next;
  }
  // Their days have other hours, too.
  return {
    windows: new Map([...counted.windows].filter(([, { granularity }]) => granularity !== "1d")),
    traffic: new Map([...counted.traffic].filter(([, { granularity }]) => granularity !== "1d")),
  };
}

function isPassed({ fold_after: at, prediction_id: id }: InteractionLog, watermark: FoldState["watermark"]): boolean {
  return at < watermark.fold_after || (at === watermark.fold_after && id <= watermark.id);
}

/** An hour that was counted anew, and the day that it makes with the other hours as they are. */
async function withDay(store: FoldStore, { shard, hourMs }: EventHour, hour: Counted): Promise<Counted> {
  const dayMs = floorTo(hourMs, GRANULARITIES["1d"]);
  const hoursMs = Array.from({ length: 24 }, (_, i) => dayMs + i * HOUR_MS);
  const days = [...hour.windows.values()]
    .filter(({ granularity }) => granularity === "1h")
    .map(({ version, arm }): { key: WindowKey; ids: string[] } => {
      const key = { version, arm, granularity: "1d", startMs: dayMs, shard } as const;
      return { key, ids: hoursMs.map((startMs) => windowId({ ...key, granularity: "1h", startMs })) };
    });
  const inHours = new Map([...(await store.windows(days.flatMap(({ ids }) => ids))), ...hour.windows]);
  const windows = new Map(hour.windows);
  for (const { key, ids } of days) {
    const hours = ids.flatMap((id) => inHours.get(id) ?? []);
    windows.set(windowId(key), dayOf(key, hours));
  }
  const day = { granularity: "1d", startMs: dayMs, shard } as const;
  const before = await store.traffic(hoursMs.map((startMs) => trafficId({ granularity: "1h", startMs, shard })));
  const hours = [...new Map([...before, ...hour.traffic]).values()];
  const traffic = new Map(hour.traffic).set(trafficId(day), dayOfTraffic(day, hours));
  return { windows, traffic };
}

/** Writes it in portions; the traffic comes last, since by its count an hour is known to be right. False if the fold went on. */
async function replace(
  store: FoldStore,
  { windows, traffic }: Counted,
  { shard, watermark }: { shard: number; watermark: FoldState["watermark"] },
): Promise<boolean> {
  for (const part of portions([...windows], MAX_DOCUMENTS)) {
    if (!(await store.replace(shard, watermark, { windows: new Map(part), traffic: new Map() }))) return false;
  }
  return store.replace(shard, watermark, { windows: new Map(), traffic });
}
