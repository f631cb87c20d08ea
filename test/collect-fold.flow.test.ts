import { resolve } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { VISITORS } from "../functions/src/collect/drawn-visit.ts";
import { decodeDraws } from "../functions/src/collect/draws.ts";
import { foldInto } from "../functions/src/collect/fold.ts";
import { type FoldOutcome, foldDueLogs } from "../functions/src/collect/fold-due-logs.ts";
import { FoldStore } from "../functions/src/collect/fold-store.ts";
import { BUCKET_SUMS } from "../functions/src/collect/outcomes.ts";
import { readArm } from "../functions/src/collect/read-arm.ts";
import { reconcileLogs } from "../functions/src/collect/reconcile-logs.ts";
import { FoldState, InteractionLog, type LogBody, type Window } from "../functions/src/collect/schema.ts";
import { estimate } from "../functions/src/collect/sketch.ts";
import { LogStore, TrafficStore, WindowStore } from "../functions/src/collect/store.ts";
import { mergeWindows, windowPrefix } from "../functions/src/collect/window.ts";
import { FOLD_SETTLE_SECONDS } from "../functions/src/config.ts";
import type { Receipt } from "../functions/src/serve/schema.ts";
import { ServingStore } from "../functions/src/serve/serving-store.ts";
import {
  countVisit,
  emptyServingWindow,
  type OpenServingWindow,
  windowKey,
} from "../functions/src/serve/serving-window.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { hash64 } from "../functions/src/shared/visitor-buckets.ts";
import { postLogs } from "./ingest-client.ts";
import { ownVersion, signedLog } from "./signed-log.ts";
import { withoutExpiry } from "./without-expiry.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A day of event time of its own, long ago. */
const DAY = Date.UTC(2026, 1, 2);
const db = database();
let folders = 0;

beforeAll(() => {
  // The fold runs in the test's own process, with the settings of the local stack's functions.
  process.loadEnvFile(resolve(import.meta.dirname, "../functions/.env.local"));
});

const fold = (holder = `test-${++folders}`) => foldDueLogs(db, { holder, maxSteps: 50, restMs: 0 });

/** Folds until all that was sent before is counted. Others (triggers, schedules) may fold at the same time. */
async function foldAll(): Promise<void> {
  const settledMs = Date.now() + 1000 * FOLD_SETTLE_SECONDS.value() + 500;
  await vi.waitFor(
    async () => {
      const { complete } = await fold();
      expect(complete && Date.now() > settledMs).toBe(true);
    },
    { timeout: 60_000, interval: 300 },
  );
}

/** The windows of a version, straight from the database. */
async function windowsOf(version: string): Promise<Map<string, Window>> {
  const { docs } = await db.collection("windows").where("version", "==", version).get();
  return new Map(docs.map((doc) => [doc.id, withoutExpiry(doc) as Window]));
}

/** What the windows of these logs must be: a plain recount of what is stored. */
async function recount(logs: readonly LogBody[]): Promise<Map<string, Window>> {
  const refs = [...new Set(logs.map((log) => log.prediction_id))].map((id) => db.doc(`interaction_logs/${id}`));
  const found = await db.getAll(...refs);
  return foldInto(
    new Map(),
    found.map((doc) => InteractionLog.parse(doc.data())),
  );
}

/** Logs of one version over five hours and three arms, with a few visitors who come back. */
function crowd(version: string, n: number): LogBody[] {
  return Array.from({ length: n }, (_, i) => {
    const sworn: Partial<Receipt> = {
      assigned_version: version,
      arm: (["stable", "control", "treatment"] as const)[i % 3] ?? "stable",
      event_at: new Date(DAY + ((i * 7919) % 300) * MINUTE_MS).toISOString(),
      unit: `unit-${version}-${i % 170}`,
      routing_revision: i % 5,
    };
    const engaged = i % 4 === 0;
    return signedLog(sworn, {
      session_id: `session-${i % 230}`,
      predict_outcome: i % 50 === 0 ? "timeout" : "ok",
      ...(engaged ? { session_duration: 200_000, interactions_count: 9, scroll_depth: 0.9 } : {}),
    });
  });
}

const shuffled = <T>(all: readonly T[]) =>
  all
    .map((item, i) => ({ item, at: (i * 7_368_787) % 1_000_003 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

async function post(logs: readonly LogBody[]): Promise<void> {
  for (let from = 0; from < logs.length; from += 500) await postLogs(logs.slice(from, from + 500));
}

describe("fold", () => {
  it("counts every log once: shuffled, sent twice, with folders racing and folds repeated", async () => {
    const version = ownVersion();
    const logs = crowd(version, 1200);
    await foldAll();
    await post(shuffled(logs));
    await post(logs.filter((_, i) => i % 10 === 0));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // Folders that share a name all hold the lease: only the watermark keeps them from counting twice.
    await Promise.all([fold(version), fold(version), fold(version), fold()]);
    await foldAll();
    const expected = await recount(logs);
    expect(Object.fromEntries(await windowsOf(version))).toEqual(Object.fromEntries(expected));
    expect(expected.size).toBeGreaterThan(60);
    await fold();
    await postLogs(logs.slice(0, 100));
    await foldAll();
    expect(Object.fromEntries(await windowsOf(version))).toEqual(Object.fromEntries(expected));
  });

  it("adds up an experiment's arm by routing revision, beside what was answered", async () => {
    const version = ownVersion();
    const receipt = { assigned_version: version, model_version: version, arm: "exp.e1.blue" as const };
    const visits = Array.from({ length: 30 }, (_, i) => ({
      ...receipt,
      model_version: i === 0 ? ("rules" as const) : version,
      unit: `${version}-${i % 20}`,
      routing_revision: i < 10 ? 3 : 4,
      event_at: new Date(DAY + i * 10 * MINUTE_MS).toISOString(),
    }));
    const serving = new Map<string, OpenServingWindow>();
    for (const visit of visits) {
      const key = windowKey(visit);
      const window = serving.get(key) ?? emptyServingWindow(visit);
      countVisit(window, { receipt: visit, stale: false, latency: 2 });
      serving.set(key, window);
    }
    const stores = { windows: new WindowStore(db), serving: new ServingStore(db) };
    await stores.serving.write(serving);
    // Of every visitor's first visit under the later revision there is no log.
    await postLogs(visits.filter((_, i) => i < 10 || i >= 20).map((sworn) => signedLog(sworn)));
    await foldAll();
    const range = { fromMs: DAY, toMs: DAY + DAY_MS, matchedUntilMs: DAY + 4 * HOUR_MS };
    const arm = await readArm(stores, { version, arm: receipt.arm, ...range });
    expect([...arm.keys()].sort()).toEqual([3, 4]);
    const sum = (sums: Float64Array | undefined, width: number, at: number) =>
      (sums ?? new Float64Array()).filter((_, i) => i % width === at).reduce((a, b) => a + b, 0);
    expect(arm.get(3)).toMatchObject({ visitors: 10, visits: 10, erred: 1, negative: 0 });
    expect(arm.get(4)).toMatchObject({ visitors: 10, visits: 10, erred: 0, negative: 0 });
    expect(arm.get(4)?.sample).toHaveLength(10);
    expect([sum(arm.get(4)?.served, 2, 0), sum(arm.get(4)?.served, 2, 1)]).toEqual([20, 40_000]);
    // Of the first four hours: 24 visits, 14 of them under the later revision, the first ten of these without a log.
    expect([sum(arm.get(4)?.matched, 2, 0), sum(arm.get(4)?.matched, 2, 1)]).toEqual([14, 4]);
    expect(sum(arm.get(4)?.outcomes, BUCKET_SUMS.length, 0)).toBe(10);
    const others = await readArm(stores, { version, arm: "exp.e1.red", ...range });
    expect(others.size).toBe(0);
  });

  it("counts an amended log once, as it was last", async () => {
    const version = ownVersion();
    const sworn = { assigned_version: version, event_at: new Date(DAY).toISOString() };
    const log = signedLog({ ...sworn, issuedMs: Date.now() - 45 * MINUTE_MS + 3000 });
    await postLogs([log]);
    await postLogs([
      { ...log, seq: 1, session_duration: 200_000, interactions_count: 9, scroll_depth: 0.9, bounce_rate: 0 },
    ]);
    await vi.waitFor(
      async () => {
        await foldAll();
        expect((await windowsOf(version)).size).toBe(3);
      },
      { timeout: 30_000, interval: 500 },
    );
    await postLogs([{ ...log, seq: 2 }]);
    await foldAll();
    const windows = [...(await windowsOf(version)).values()];
    expect(windows.map(({ visits, engaged }) => ({ visits, engaged }))).toEqual(
      Array(3).fill({ visits: 1, engaged: 1 }),
    );
  });

  it("puts a late log into the window of its own time", async () => {
    const version = ownVersion();
    const at = (ms: number) => signedLog({ assigned_version: version, event_at: new Date(ms).toISOString() });
    await postLogs([at(DAY + 9 * HOUR_MS)]);
    await foldAll();
    await postLogs([at(DAY - 3 * DAY_MS + 11 * MINUTE_MS)]);
    await foldAll();
    const starts = [...(await windowsOf(version)).values()].map(({ granularity, start }) => `${granularity} ${start}`);
    expect(starts.sort()).toEqual([
      "1d 2026-01-30T00:00:00.000Z",
      "1d 2026-02-02T00:00:00.000Z",
      "1h 2026-01-30T00:00:00.000Z",
      "1h 2026-02-02T09:00:00.000Z",
      "5m 2026-01-30T00:10:00.000Z",
      "5m 2026-02-02T09:00:00.000Z",
    ]);
  });

  it("goes on behind a log that somebody spoilt by hand", async () => {
    const version = ownVersion();
    const [spoilt, good] = [signedLog({ assigned_version: version }), signedLog({ assigned_version: version })];
    // Mature in the same instant, so that the fold meets both.
    await postLogs([spoilt, good]);
    await db.doc(`interaction_logs/${spoilt.prediction_id}`).update({ scroll_depth: "deep" });
    await foldAll();
    const visits = [...(await windowsOf(version)).values()].map((window) => window.visits);
    expect(visits.every((n) => n === 1 || n === 2)).toBe(true);
    expect(visits.length).toBeGreaterThan(0);
  });

  it("keeps a second folder out while the lease holds, and lets it in afterwards", async () => {
    const store = new FoldStore(db);
    await foldAll();
    const held = await vi.waitFor(
      async () => {
        const state = await store.claim(0, "holder");
        expect(state.lease?.holder).toBe("holder");
        return state;
      },
      { timeout: 40_000, interval: 200 },
    );
    const outcome: FoldOutcome = await fold();
    expect(outcome).toEqual({ folded: 0, lastEventAt: held.last_event_at, complete: false });
    await store.release(0, "somebody else");
    expect((await store.read(0)).lease?.holder).toBe("holder");
    await store.release(0, "holder");
    await vi.waitFor(async () => expect((await fold()).complete).toBe(true), { timeout: 40_000, interval: 200 });
    const pipeline = (await db.doc("pipeline/fold-0").get()).data();
    expect(FoldState.parse(pipeline).folded).toBeGreaterThan(0);
  });

  it("rests after a step while little is due, and is through while nothing is", async () => {
    const version = ownVersion();
    const rest = (holder: string) => foldDueLogs(db, { holder, maxSteps: 50, restMs: 5 * MINUTE_MS });
    await postLogs([signedLog({ assigned_version: version })]);
    await foldAll();
    const { last_event_at: lastEventAt } = await new FoldStore(db).read(0);
    expect(await rest("nothing is due")).toEqual({ folded: 0, lastEventAt, complete: true });
    await postLogs([signedLog({ assigned_version: version })]);
    await vi.waitFor(async () => expect(await rest("too early")).toEqual({ folded: 0, lastEventAt, complete: false }), {
      timeout: 10_000,
      interval: 200,
    });
    await vi.waitFor(
      async () => {
        await db.doc("pipeline/fold-0").update({ folded_at: new Date(Date.now() - 5 * MINUTE_MS).toISOString() });
        expect((await rest("rested")).complete).toBe(true);
      },
      { timeout: 40_000, interval: 200 },
    );
    const visits = [...(await windowsOf(version)).values()].map((window) => window.visits);
    expect(visits.reduce((sum, n) => sum + n, 0)).toBe(6);
  });

  it("writes nothing from a watermark that has moved", async () => {
    const version = ownVersion();
    const log = signedLog({ assigned_version: version });
    await postLogs([log]);
    const store = new FoldStore(db);
    const committed = await store.commit(0, {
      from: { fold_after: "1970-01-01T00:00:00.000Z", id: "x" },
      to: { fold_after: new Date().toISOString(), id: log.prediction_id },
      count: 1,
      lastEventAt: null,
      windowIds: [],
      trafficIds: [],
      foldWindows: () => {
        throw new Error("nothing is to be folded");
      },
      foldTraffic: () => {
        throw new Error("nothing is to be folded");
      },
      perHour: {},
      holder: null,
    });
    expect(committed).toBeNull();
    await foldAll();
    expect((await windowsOf(version)).size).toBe(3);
  });
});

describe("reconciling", () => {
  it("counts a log anew that was committed behind the watermark", async () => {
    const version = ownVersion();
    const logs = [0, 1, 2].map((hour) =>
      signedLog({ assigned_version: version, event_at: new Date(DAY + hour * HOUR_MS).toISOString() }),
    );
    await postLogs(logs);
    await foldAll();
    const state = await new FoldStore(db).read(0);
    const hourMs = Math.floor(Date.parse(state.watermark.fold_after) / HOUR_MS) * HOUR_MS;
    const [first] = logs;
    const stored = (await db.doc(`interaction_logs/${first?.prediction_id}`).get()).data() ?? {};
    const late = { ...stored, prediction_id: "late".padEnd(22, "A"), unit: "late", session_id: "late" };
    const foldAfter = new Date(Math.max(hourMs, Date.parse(state.watermark.fold_after) - MINUTE_MS)).toISOString();
    await db.doc(`interaction_logs/${late.prediction_id}`).set({ ...late, fold_after: foldAfter });
    await foldAll();
    const visits = async () => [...(await windowsOf(version)).values()].reduce((sum, window) => sum + window.visits, 0);
    expect(await visits()).toBe(9);

    // Other tests' logs may be folded meanwhile: then the hour is left for the next run.
    let missed = 0;
    await vi.waitFor(
      async () => {
        await db.doc("pipeline/fold-0").update({ reconciled_until: new Date(hourMs).toISOString() });
        const found = await reconcileLogs(db, { holder: "reconcile", nowMs: hourMs + 2 * HOUR_MS });
        missed += found.missed;
        expect(missed).toBeGreaterThan(0);
      },
      { timeout: 40_000, interval: 500 },
    );
    expect(await windowsOf(version)).toEqual(await recount([...logs, late as unknown as LogBody]));
    const traffic = await new TrafficStore(db).range("1h", { fromMs: DAY, toMs: DAY + HOUR_MS });
    const units = traffic.flatMap(({ visitors }) => decodeDraws(visitors, VISITORS).map(({ unit }) => unit));
    expect(units).toContain(hash64("late"));
    const { docs } = await db.collection("alerts").where("kind", "==", "fold_missed").get();
    expect(docs.length).toBeGreaterThan(0);
    for (const doc of docs) await doc.ref.delete();
    await db.doc(`interaction_logs/${late.prediction_id}`).delete();
  });
});

describe("reading back", () => {
  it("gives the windows of a range, by their start, and their sum over shards", async () => {
    const version = ownVersion();
    const logs = [0, 4, 5, 9, 10].map((minute) =>
      signedLog({ assigned_version: version, event_at: new Date(DAY + minute * MINUTE_MS).toISOString() }),
    );
    await postLogs(logs);
    await foldAll();
    const [example] = (await windowsOf(version)).values();
    if (example === undefined) throw new Error("no windows");
    const id = `${windowPrefix({ ...example, granularity: "5m" })}2026-02-02T00:05Z.1`;
    const other: Window = {
      ...example,
      granularity: "5m",
      start: new Date(DAY + 5 * MINUTE_MS).toISOString(),
      shard: 1,
    };
    await db.doc(`windows/${id}`).set({ ...other, visits: 7 });
    await db.doc(`windows/${id.replace(".1", ".2")}`).set({ ...other, visits: "somebody's" });

    const store = new WindowStore(db);
    const range = (fromMinute: number, toMinute: number) =>
      store.range({
        version,
        arm: "stable",
        granularity: "5m",
        fromMs: DAY + fromMinute * MINUTE_MS,
        toMs: DAY + toMinute * MINUTE_MS,
      });
    expect((await range(0, 15)).map(({ visits }) => visits)).toEqual([2, 2, 7, 1]);
    expect((await range(5, 10)).map(({ visits }) => visits)).toEqual([2, 7]);
    expect(await range(15, 60)).toEqual([]);
    expect(mergeWindows(await range(0, 5)).visits).toBe(2);
    expect(mergeWindows(await range(0, 15)).visits).toBe(12);
    expect(estimate(mergeWindows(await range(0, 5)).units)).toBe(2);
    expect(await store.range({ version, arm: "control", granularity: "5m", fromMs: DAY, toMs: DAY + DAY_MS })).toEqual(
      [],
    );
    expect((await store.range({ version, arm: "stable", granularity: "1d", fromMs: DAY, toMs: DAY + 1 })).length).toBe(
      1,
    );
  });

  it("gives more windows than one page holds", async () => {
    const version = ownVersion();
    const template = foldInto(new Map(), [
      InteractionLog.parse({ ...(await stored(version)), assigned_version: version }),
    ]);
    const [window] = template.values();
    if (window === undefined) throw new Error("no window");
    const prefix = windowPrefix({ ...window, granularity: "5m" });
    const batch = db.batch();
    for (let i = 0; i < 450; i++) {
      const start = new Date(DAY + i * 5 * MINUTE_MS).toISOString();
      batch.set(db.doc(`windows/${prefix}${start.slice(0, 16)}Z.0`), { ...window, start });
    }
    await batch.commit();
    const found = await new WindowStore(db).range({
      version,
      arm: "stable",
      granularity: "5m",
      fromMs: DAY,
      toMs: DAY + 2 * DAY_MS,
    });
    expect(found.length).toBe(450);
    expect(new Set(found.map(({ start }) => start)).size).toBe(450);
  });

  it("pages through mature logs of a range, and leaves out what has expired", async () => {
    const version = ownVersion();
    // A year of event time that no other test is in.
    const from = Date.UTC(2001, 0, 1) + Math.floor(Math.random() * 300) * DAY_MS;
    const at = (minute: number) => ({
      assigned_version: version,
      event_at: new Date(from + minute * MINUTE_MS).toISOString(),
    });
    const logs = Array.from({ length: 10 }, (_, i) => signedLog(at(i)));
    const immature = signedLog({ ...at(3), issuedMs: Date.now() });
    await postLogs([...logs, immature]);
    const [expired] = logs;
    await db.doc(`interaction_logs/${expired?.prediction_id}`).update({ expire_at: new Date() });

    const store = new LogStore(db);
    const ids: string[] = [];
    for (const shard of store.shards()) {
      let after: Awaited<ReturnType<LogStore["pageLogs"]>>["next"] = null;
      do {
        const page = await store.pageLogs({
          shard,
          fromEventMs: from,
          toEventMs: from + 9 * MINUTE_MS,
          after,
          limit: 3,
        });
        ids.push(...page.logs.map((log) => log.prediction_id));
        after = page.next;
      } while (after !== null);
    }
    // The default maturity may have been set to 0 by other tests; then the young log is mature, too.
    const expected = logs.slice(1, 9).map((log) => log.prediction_id);
    expect(ids.filter((id) => id !== immature.prediction_id)).toEqual(expected);
  });

  async function stored(version: string): Promise<Record<string, unknown> | undefined> {
    const log = signedLog({ assigned_version: version, event_at: new Date(DAY - DAY_MS).toISOString() });
    await postLogs([log]);
    return (await db.doc(`interaction_logs/${log.prediction_id}`).get()).data();
  }
});
