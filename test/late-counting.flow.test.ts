import { resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { foldInto } from "../functions/src/collect/fold.ts";
import { foldDueLogs } from "../functions/src/collect/fold-due-logs.ts";
import { FoldStore } from "../functions/src/collect/fold-store.ts";
import { reconcileLogs } from "../functions/src/collect/reconcile-logs.ts";
import { InteractionLog } from "../functions/src/collect/schema.ts";
import { TrafficStore } from "../functions/src/collect/store.ts";
import { foldTraffic } from "../functions/src/collect/traffic.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { withoutBackgroundTriggers } from "./background-triggers.ts";
import { ownVersion } from "./signed-log.ts";
import { someLog } from "./some-log.ts";
import { withoutExpiry } from "./without-expiry.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A week that no other test is in. */
const DAY = Date.UTC(2013, 2, 4);
const db = database();
let ids = 0;

withoutBackgroundTriggers();
beforeAll(() => {
  process.loadEnvFile(resolve(import.meta.dirname, "../functions/.env.local"));
  // What is stored here is committed before anybody folds it, if it is not meant to be late.
  process.env["FOLD_SETTLE_SECONDS"] = "0";
});
beforeEach(() => foldDueLogs(db, { holder: "before", maxSteps: 1000, restMs: 0 }));
afterAll(async () => {
  process.env["LOG_SHARDS"] = "1";
  const { docs } = await db.collection("alerts").where("kind", "==", "fold_missed").get();
  for (const { ref } of docs) await ref.delete();
  // The logs that were deleted here would hide those that others commit late.
  const folds = new FoldStore(db);
  const { watermark, unreconciled = {} } = await folds.read(0);
  const counts = Object.keys(unreconciled).map(async (hour) => {
    const startMs = Date.parse(`${hour.slice(0, 13)}:00:00.000Z`);
    return [hour, await folds.countHour(0, startMs, watermark)] as const;
  });
  await db.doc("pipeline/fold-0").update({ unreconciled: Object.fromEntries(await Promise.all(counts)) });
});

const fold = (restMs = 0) => foldDueLogs(db, { holder: `late-${++ids}`, maxSteps: 50, restMs });

/** Stores a log of a version as ingest would have. */
async function store(
  version: string,
  { eventMs, foldAfterMs = Date.now(), ...told }: { eventMs: number; foldAfterMs?: number } & Partial<InteractionLog>,
): Promise<InteractionLog> {
  const log = someLog({
    prediction_id: `${version}-${String(++ids).padStart(6, "0")}`,
    assigned_version: version,
    unit: `u${ids % 700}`,
    session_id: `s${ids}`,
    event_at: new Date(eventMs).toISOString(),
    fold_after: new Date(foldAfterMs).toISOString(),
    ...told,
  });
  await put(log);
  return log;
}

async function put(...logs: InteractionLog[]): Promise<void> {
  const batch = db.batch();
  const expire_at = new Date(Date.now() + DAY_MS);
  for (const log of logs) batch.set(db.doc(`interaction_logs/${log.prediction_id}`), { ...log, expire_at });
  await batch.commit();
}

/** Looks at one hour of fold_after as if it were the only one that nobody has. */
async function reconcileHour(hourMs: number, shard = 0) {
  await db.doc(`pipeline/fold-${shard}`).update({ reconciled_until: new Date(hourMs).toISOString() });
  return reconcileLogs(db, { holder: `late-${++ids}`, nowMs: hourMs + 2 * HOUR_MS });
}

const visitsOf = async (version: string) => {
  const { docs } = await db.collection("windows").where("version", "==", version).get();
  return Object.fromEntries(docs.map((doc) => [doc.id, doc.get("visits") as number]));
};

/** All windows of a version, and the traffic of its days, are what its stored logs give. */
async function expectRecount(version: string): Promise<number> {
  const stored = await db.collection("interaction_logs").where("assigned_version", "==", version).get();
  const logs = stored.docs.map((doc) => InteractionLog.parse(doc.data()));
  const windows = await db.collection("windows").where("version", "==", version).get();
  expect(Object.fromEntries(windows.docs.map((doc) => [doc.id, withoutExpiry(doc)]))).toEqual(
    Object.fromEntries(foldInto(new Map(), logs)),
  );
  const traffic = foldTraffic(new Map(), logs);
  const found = await db.getAll(...[...traffic.keys()].map((id) => db.doc(`traffic/${id}`)));
  expect(Object.fromEntries(found.map((doc) => [doc.id, withoutExpiry(doc)]))).toEqual(Object.fromEntries(traffic));
  return logs.length;
}

describe("shards", () => {
  it("rest together, so that all of them can be through", async () => {
    process.env["LOG_SHARDS"] = "2";
    const version = ownVersion();
    const restMs = 30 * MINUTE_MS;
    for (const shard of [0, 1]) await store(version, { eventMs: DAY, shard });
    await fold();
    // Both rest now, and nothing is due.
    expect(await fold(restMs)).toMatchObject({ folded: 0, complete: true });

    for (const shard of [0, 1]) await store(version, { eventMs: DAY, shard });
    expect(await fold(restMs)).toMatchObject({ folded: 0, complete: false });
    await db.doc("pipeline/fold-1").update({ folded_at: new Date(Date.now() - restMs).toISOString() });
    expect(await fold(restMs)).toMatchObject({ folded: 2, complete: true });
    process.env["LOG_SHARDS"] = "1";
    expect(Object.values(await visitsOf(version))).toEqual(Array(6).fill(2));
  });
});

describe("folders that meet", () => {
  it("do not divide the shards among them: whoever has the first goes through to the last", async () => {
    process.env["LOG_SHARDS"] = "2";
    await fold();
    const version = ownVersion();
    for (const shard of [0, 1]) await store(version, { eventMs: DAY + 7 * HOUR_MS, shard });
    await new FoldStore(db).claim(0, "the other");
    // It could have the second shard, and would leave the other one without an end.
    expect(await fold()).toMatchObject({ folded: 0, complete: false });
    const other = await foldDueLogs(db, { holder: "the other", maxSteps: 50, restMs: 0 });
    expect(other).toMatchObject({ folded: 2, complete: true });
    process.env["LOG_SHARDS"] = "1";
  });

  it("leave alone a shard that has nothing due", async () => {
    process.env["LOG_SHARDS"] = "3";
    const version = ownVersion();
    await fold();
    for (const shard of [0, 1]) await store(version, { eventMs: DAY + 9 * HOUR_MS, shard });
    await fold();
    // The third has never had a log, and so does not rest; it wakes nobody.
    await store(version, { eventMs: DAY + 9 * HOUR_MS, shard: 0 });
    expect(await fold(30 * MINUTE_MS)).toMatchObject({ folded: 0, complete: false });
    process.env["LOG_SHARDS"] = "1";
  });
});

describe("reconcile", () => {
  it("counts an hour anew while logs of it keep coming and others want to fold", { timeout: 120_000 }, async () => {
    const version = ownVersion();
    const eventMs = DAY + DAY_MS + 10 * HOUR_MS;
    const foldAfterMs = Date.now();
    const template = await store(version, { eventMs, foldAfterMs });
    for (let i = 0; i < 6; i++) {
      await put(
        ...Array.from({ length: 400 }, (_, j) => ({
          ...template,
          prediction_id: `${version}-${i}-${j}`,
          unit: `u${(i * 400 + j) % 900}`,
          event_at: new Date(eventMs - HOUR_MS + ((i * 400 + j) % 180) * MINUTE_MS).toISOString(),
          arm: j % 2 === 0 ? ("control" as const) : ("treatment" as const),
        })),
      );
    }
    await fold();
    expect(await expectRecount(version)).toBe(2401);
    const lateMs = Date.now() - 30 * HOUR_MS;
    const missed = await store(version, { eventMs, foldAfterMs: lateMs, unit: "late" });

    let working = true;
    let folds = 0;
    const folders = [0, 1].map(async () => {
      while (working) {
        folds += (await fold()).folded;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    const comers = (async () => {
      while (working)
        await store(version, { eventMs: eventMs + (ids % 50) * MINUTE_MS, foldAfterMs: Date.now() + 1000 });
    })();
    const found = await reconcileHour(Math.floor(lateMs / HOUR_MS) * HOUR_MS);
    // They have waited, and go on once the lease is given back.
    await vi.waitFor(() => expect(folds).toBeGreaterThan(0), { timeout: 30_000, interval: 100 });
    working = false;
    await Promise.all([...folders, comers]);
    expect(found.missed).toBe(1);
    const alert = await db.collection("alerts").where("kind", "==", "fold_missed").get();
    expect(alert.docs.map((doc) => doc.get("details.missed"))).toContain(1);
    for (const doc of alert.docs) await doc.ref.delete();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await fold();
    expect(await expectRecount(version)).toBeGreaterThan(2402);
    expect((await db.doc(`interaction_logs/${missed.prediction_id}`).get()).exists).toBe(true);
  });

  it("leaves alone what imports were of, and hours whose logs are gone in part", async () => {
    const version = ownVersion();
    const old = DAY + 2 * DAY_MS;
    const [first, ...gone] = await Promise.all(Array.from({ length: 5 }, () => store(version, { eventMs: old })));
    await fold();
    const counted = await visitsOf(version);
    for (const { prediction_id: id } of gone) await db.doc(`interaction_logs/${id}`).delete();
    // Behind the watermark: a live log of that hour, and an import of another day that has a window of its own.
    const lateMs = Date.now() - 60 * HOUR_MS;
    const imported = { eventMs: old + DAY_MS, foldAfterMs: lateMs };
    await store(version, { eventMs: old, foldAfterMs: lateMs });
    await store(version, { ...imported, source: "import" });
    expect((await reconcileHour(Math.floor(lateMs / HOUR_MS) * HOUR_MS)).missed).toBe(2);
    expect(await visitsOf(version)).toEqual(counted);
    const [traffic] = await new TrafficStore(db).range("1h", { fromMs: old, toMs: old + HOUR_MS });
    expect(traffic?.visits).toBe(5);
    expect(first?.assigned_version).toBe(version);
  });

  it("counts no window down where logs of one version are gone and others of another came late", async () => {
    const [one, other] = [ownVersion(), ownVersion()];
    const eventMs = DAY + 5 * DAY_MS;
    const gone = await Promise.all(Array.from({ length: 3 }, () => store(one, { eventMs })));
    await store(one, { eventMs });
    await store(other, { eventMs });
    await fold();
    for (const { prediction_id: id } of gone) await db.doc(`interaction_logs/${id}`).delete();
    const lateMs = Date.now() - 120 * HOUR_MS;
    for (let i = 0; i < 5; i++) await store(other, { eventMs, foldAfterMs: lateMs });
    expect((await reconcileHour(Math.floor(lateMs / HOUR_MS) * HOUR_MS)).missed).toBe(5);
    expect(Object.values(await visitsOf(one))).toEqual([4, 4, 4]);
    expect(Object.values(await visitsOf(other))).toEqual([1, 1, 1]);
  });

  it("and the fold go on behind logs that somebody spoilt by hand", async () => {
    const version = ownVersion();
    const eventMs = DAY + 4 * DAY_MS;
    const spoilt = await store(version, { eventMs });
    await db
      .doc(`interaction_logs/${spoilt.prediction_id}`)
      .update({ fold_after: spoilt.fold_after.replace("Z", "?") });
    await store(version, { eventMs });
    const { folded } = await new FoldStore(db).read(0);
    expect((await fold()).complete).toBe(true);
    expect(Object.values(await visitsOf(version))).toEqual([1, 1, 1]);
    expect((await new FoldStore(db).read(0)).folded).toBe(folded + 2);

    const lateMs = Date.now() - 90 * HOUR_MS;
    const spoiltEvent = await store(version, { eventMs, foldAfterMs: lateMs });
    await db.doc(`interaction_logs/${spoiltEvent.prediction_id}`).update({ event_at: "last week" });
    await store(version, { eventMs: eventMs + MINUTE_MS, foldAfterMs: lateMs });
    expect((await reconcileHour(Math.floor(lateMs / HOUR_MS) * HOUR_MS)).hours).toBe(1);
    expect(Object.values(await visitsOf(version))).toEqual([2, 2, 2]);
    const { docs } = await db.collection("interaction_logs").where("assigned_version", "==", version).get();
    for (const { ref } of docs) await ref.delete();
  });

  it("does not count what the fold has still before it", async () => {
    const version = ownVersion();
    await store(version, { eventMs: DAY + 6 * DAY_MS });
    await fold();
    const { watermark } = await new FoldStore(db).read(0);
    const hourMs = Math.floor(Date.parse(watermark.fold_after) / HOUR_MS) * HOUR_MS;
    const count = () => new FoldStore(db).countHour(0, hourMs, watermark);
    const before = await count();
    await store(version, { eventMs: DAY + 6 * DAY_MS, foldAfterMs: Date.parse(watermark.fold_after) });
    await store(version, { eventMs: DAY + 6 * DAY_MS, foldAfterMs: Date.parse(watermark.fold_after) + 1 });
    expect(await count()).toBe(before);
    expect(await new FoldStore(db).countHour(0, hourMs + HOUR_MS, watermark)).toBe(0);
    expect(await new FoldStore(db).countHour(0, hourMs, { ...watermark, id: "~" })).toBe(before + 1);
    await fold();
    expect(await expectRecount(version)).toBe(3);
  });
});
