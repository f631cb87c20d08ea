import { resolve } from "node:path";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { foldInto } from "../functions/src/collect/fold.ts";
import { foldDueLogs } from "../functions/src/collect/fold-due-logs.ts";
import { FoldStore } from "../functions/src/collect/fold-store.ts";
import { type IngestAnswer, ingestLogs } from "../functions/src/collect/ingest-logs.ts";
import { IngestStore } from "../functions/src/collect/ingest-store.ts";
import { reconcileLogs } from "../functions/src/collect/reconcile-logs.ts";
import { type IngestWindow, InteractionLog, type LogBody } from "../functions/src/collect/schema.ts";
import { foldTraffic } from "../functions/src/collect/traffic.ts";
import { Lifecycle } from "../functions/src/config.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { CounterBuffer } from "../functions/src/shared/flush.ts";
import { withoutBackgroundTriggers } from "./background-triggers.ts";
import { postLogs } from "./ingest-client.ts";
import { demoKeys, ownVersion, signedLog } from "./signed-log.ts";
import { withoutExpiry } from "./without-expiry.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LOGS = 20_000;
/** Logs of one body. */
const BODY = 1000;
/** Bodies that go the whole way over HTTP; for all of them it would take minutes. */
const OVER_HTTP = 2;
/** Around a midnight that no other test is in. With two arms, what is touched fits in one commit of the fold, so that steps are long. */
const FROM_MS = Date.UTC(2011, 4, 5, 23, 20);
const SPAN_MS = 75 * MINUTE_MS;
/** All folders go by one name, so all of them have the lease: only the watermark keeps them from counting twice. */
const HOLDER = "racing";
const db = database();
const generator = xoroshiro128plus(20_260_928);
const draw = () => (generator.next() >>> 0) / 2 ** 32;

withoutBackgroundTriggers();
beforeAll(() => process.loadEnvFile(resolve(import.meta.dirname, "../functions/.env.local")));

class Crash extends Error {}

/** Methods that write, and so the moments at which a process may end: before, and after. */
const WRITES = {
  "take the lease": [FoldStore, "claim"],
  "commit a step": [FoldStore, "commit"],
  "give the lease back": [FoldStore, "release"],
  "write a recount": [FoldStore, "replace"],
  "note that an hour is reconciled": [FoldStore, "recordReconciled"],
  "store logs": [IngestStore, "put"],
} as const;
const crashes = new Map<string, number>();

/** Ends every one the first time before and the second time after it, and then now and then. */
function crashAtWrites(): () => void {
  const undo = Object.entries(WRITES).map(([name, [store, method]]) => {
    const prototype = store.prototype as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const original = prototype[method] as (...args: unknown[]) => Promise<unknown>;
    let calls = 0;
    prototype[method] = async function (...args) {
      const call = calls++;
      const [before, after] = [call === 0 || draw() < 0.02, call === 1 || draw() < 0.02];
      const crash = (when: string) => {
        crashes.set(`${when} ${name}`, (crashes.get(`${when} ${name}`) ?? 0) + 1);
        throw new Crash(`${when} ${name}`);
      };
      if (before) crash("before");
      const result = await original.apply(this, args);
      if (after) crash("after");
      return result;
    };
    return () => {
      prototype[method] = original;
    };
  });
  return () => {
    for (const one of undo) one();
  };
}

let uncrash = () => {};
afterAll(() => uncrash());

/** Does it again until it comes to its end. */
async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      const causes = cause instanceof AggregateError ? cause.errors : [cause];
      if (!causes.every((one) => one instanceof Crash)) throw error;
    }
  }
}

/** When each visit was, by the id of its prediction. */
const eventMs = new Map<string, number>();

function visits(version: string): LogBody[] {
  // Some are mature while the others still come in, and some may still be amended then.
  const matureMs = Date.now() + 40_000;
  return Array.from({ length: LOGS }, (_, i) => {
    const atMs = FROM_MS + Math.floor(draw() * SPAN_MS);
    const sworn = {
      assigned_version: version,
      arm: i % 3 === 0 ? ("treatment" as const) : ("control" as const),
      event_at: new Date(atMs).toISOString(),
      unit: `${version}-${Math.floor(draw() * LOGS * 0.4)}`,
      routing_revision: 1 + Math.floor((i * 4) / LOGS),
      issuedMs: (i % 5 === 0 ? matureMs : Date.now()) - 45 * MINUTE_MS,
    };
    const log = signedLog(sworn, {
      session_id: `${version}-${Math.floor(draw() * LOGS * 0.6)}`,
      rendering_time: Math.floor(draw() * 300),
      ...(draw() < 0.02 ? { predict_outcome: "timeout" as const } : {}),
      ...(draw() < 0.2 ? { session_duration: 200_000, interactions_count: 9, scroll_depth: 0.9 } : {}),
      ...(draw() < 0.05 ? { ui_preference_feedback: { verdict: "dislike" as const } } : {}),
    });
    eventMs.set(log.prediction_id, atMs);
    return log;
  });
}

/** The logs, a tenth of them twice, some amended, each up to an hour of event time from its place. */
function stream(logs: readonly LogBody[]): LogBody[] {
  const amended = logs.filter((_, i) => i % 25 === 0).map((log) => ({ ...log, seq: 1, session_duration: 400_000 }));
  return [...logs, ...logs.filter((_, i) => i % 10 === 3), ...amended]
    .map((log) => ({ log, at: (eventMs.get(log.prediction_id) ?? 0) + draw() * HOUR_MS }))
    .sort((a, b) => a.at - b.at)
    .map(({ log }) => log);
}

function ingest() {
  const counters = new CounterBuffer<IngestWindow>(async () => {});
  const policy = Lifecycle.parse({}).collect;
  const tools = {
    store: new IngestStore(db),
    counters,
    policy,
    receiptKeys: demoKeys(),
    pseudonymKey: "of no importance",
  };
  return async (logs: readonly LogBody[]): Promise<IngestAnswer> => {
    const body = Buffer.from(JSON.stringify(logs));
    return (await ingestLogs(body, "application/json", { ...tools, nowMs: Date.now() })).body as IngestAnswer;
  };
}

const fold = (maxSteps = 100) => untilDone(() => foldDueLogs(db, { holder: HOLDER, maxSteps, restMs: 0 }));

async function storedLogs(version: string): Promise<InteractionLog[]> {
  const { docs } = await db.collection("interaction_logs").where("assigned_version", "==", version).get();
  return docs.map((doc) => InteractionLog.parse(doc.data()));
}

/** A log like another one, committed when the fold has long been past its place; `reconcile` looks at its hour. */
async function commitLate(like: LogBody, foldAfterMs: number) {
  const id = `late${like.prediction_id.slice(4)}`;
  const stored = (await db.doc(`interaction_logs/${like.prediction_id}`).get()).data();
  const fold_after = new Date(foldAfterMs).toISOString();
  await db.doc(`interaction_logs/${id}`).set({ ...stored, prediction_id: id, unit: "late", fold_after });
  const hourMs = Math.floor(foldAfterMs / HOUR_MS) * HOUR_MS;
  const reconcile = async () => {
    await db.doc("pipeline/fold-0").update({ reconciled_until: new Date(hourMs).toISOString() });
    return reconcileLogs(db, { holder: HOLDER, nowMs: hourMs + 2 * HOUR_MS });
  };
  return { id, reconcile };
}

/** All that was counted of a version is what a recount of its logs gives. */
async function expectRecount(version: string, missed: readonly string[] = []): Promise<InteractionLog[]> {
  const logs = (await storedLogs(version)).filter(({ prediction_id: id }) => !missed.includes(id));
  const windows = await db.collection("windows").where("version", "==", version).get();
  const found = new Map(windows.docs.map((doc) => [doc.id, withoutExpiry(doc)]));
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(foldInto(new Map(), logs)));
  const expectedTraffic = foldTraffic(new Map(), logs);
  const traffic = await db.getAll(...[...expectedTraffic.keys()].map((id) => db.doc(`traffic/${id}`)));
  expect(Object.fromEntries(traffic.map((doc) => [doc.id, withoutExpiry(doc)]))).toEqual(
    Object.fromEntries(expectedTraffic),
  );

  // And without any of the fold's own code.
  const counted: Record<string, number> = {};
  for (const { arm, event_at } of logs) {
    const [date, time] = [event_at.slice(0, 10), event_at.slice(11, 16)];
    const minutes = String(Math.floor(Number(time.slice(3)) / 5) * 5).padStart(2, "0");
    for (const of of [
      `5m.${date}T${time.slice(0, 3)}${minutes}Z`,
      `1h.${date}T${time.slice(0, 2)}:00Z`,
      `1d.${date}T00:00Z`,
    ]) {
      counted[`${version}.${arm}.${of}.0`] = (counted[`${version}.${arm}.${of}.0`] ?? 0) + 1;
    }
  }
  expect(Object.fromEntries([...found].map(([id, window]) => [id, window["visits"]]))).toEqual(counted);
  return logs;
}

it("counts 20,000 logs exactly once: twice sent, amended, shuffled, folders racing and crashing, one committed late", {
  timeout: 300_000,
}, async () => {
  const version = ownVersion();
  await fold();
  const logs = visits(version);
  const sent = stream(logs);
  const bodies = Array.from({ length: Math.ceil(sent.length / BODY) }, (_, i) => sent.slice(i * BODY, (i + 1) * BODY));
  uncrash = crashAtWrites();

  let sending = true;
  const folders = [0, 1].map(async () => {
    while (sending) await fold(2);
  });
  const put = ingest();
  const answers = [];
  for (const [i, body] of bodies.entries()) {
    answers.push(i < OVER_HTTP ? await postLogs(body) : await untilDone(() => put(body)));
  }
  sending = false;
  await Promise.all(folders);
  const refused = answers.flatMap(({ rejected, quarantined }) => [...rejected, ...quarantined]);
  expect(refused).toEqual([]);
  expect(answers.reduce((sum, { accepted, duplicates }) => sum + accepted + duplicates, 0)).toBe(sent.length);

  const lastDue =
    (await storedLogs(version))
      .map((log) => log.fold_after)
      .sort()
      .at(-1) ?? "";
  await vi.waitFor(
    async () => {
      const { complete } = await fold();
      const { watermark } = await new FoldStore(db).read(0);
      expect(complete && watermark.fold_after >= lastDue).toBe(true);
    },
    { timeout: 60_000, interval: 300 },
  );
  const stored = await expectRecount(version);
  expect(stored.length).toBe(LOGS);
  expect(stored.filter(({ seq }) => seq === 1).length).toBeGreaterThan(100);

  uncrash();
  const { watermark } = await new FoldStore(db).read(0);
  const late = await commitLate(logs[0] as LogBody, Date.parse(watermark.fold_after) - MINUTE_MS);
  await fold();
  const { missed } = await late.reconcile();
  expect(missed).toBeGreaterThan(0);
  expect((await expectRecount(version)).length).toBe(LOGS + 1);
});

it("mends what was missed, though every write of it crashes", async () => {
  const version = ownVersion();
  const at = new Date(FROM_MS + 30 * 24 * HOUR_MS).toISOString();
  const log = signedLog({ assigned_version: version, event_at: at });
  await ingest()([log]);
  uncrash = crashAtWrites();
  // An hour that has no log but this one.
  const late = await commitLate(log, Date.now() - 50 * HOUR_MS);
  await vi.waitFor(
    async () => {
      expect((await fold()).complete).toBe(true);
      expect((await expectRecount(version, [late.id])).length).toBe(1);
    },
    { timeout: 60_000, interval: 500 },
  );
  await untilDone(late.reconcile);
  uncrash();
  expect((await expectRecount(version)).length).toBe(2);
  const both = Object.keys(WRITES).flatMap((name) => [`before ${name}`, `after ${name}`]);
  expect([...crashes.keys()].sort()).toEqual(both.sort());
});

afterAll(async () => {
  const { docs } = await db.collection("alerts").where("kind", "==", "fold_missed").get();
  for (const { ref } of docs) await ref.delete();
});
