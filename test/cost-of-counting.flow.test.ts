import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { foldDueLogs } from "../functions/src/collect/fold-due-logs.ts";
import { type IngestAnswer, ingestLogs } from "../functions/src/collect/ingest-logs.ts";
import { IngestStore } from "../functions/src/collect/ingest-store.ts";
import type { IngestWindow, LogBody } from "../functions/src/collect/schema.ts";
import { Lifecycle } from "../functions/src/config.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { CounterBuffer } from "../functions/src/shared/flush.ts";
import { SETTINGS, serveFunction } from "../scripts/bench/framework.ts";
import { withoutBackgroundTriggers } from "./background-triggers.ts";
import { type FirestoreMeter, firestoreMeter, type Operations, total } from "./firestore-meter.ts";
import { demoKeySetting, demoKeys, ownVersion, signedLog } from "./signed-log.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Logs that are folded together: so many make the fold due, and at 2000 an hour it then has rested for half an hour. */
const STEP = 1000;
let hours = 0;
let meter: FirestoreMeter;
let db: ReturnType<typeof database>;

withoutBackgroundTriggers();

beforeAll(async () => {
  process.loadEnvFile(resolve(import.meta.dirname, "../functions/.env.local"));
  // Nothing else writes: what is answered may be folded at once.
  process.env["FOLD_SETTLE_SECONDS"] = "0";
  const emulator = process.env["FIRESTORE_EMULATOR_HOST"] ?? "";
  meter = await firestoreMeter(emulator);
  // Where a client connects to is settled with its first request.
  process.env["FIRESTORE_EMULATOR_HOST"] = meter.host;
  db = database();
  const drained = await foldDueLogs(db, { holder: "drain", maxSteps: 1000, restMs: 0 });
  expect(drained.complete).toBe(true);
});
afterAll(async () => {
  await db.terminate();
  await meter.close();
});

/** Which arms visits fall into, as shares of a hundred. */
const ARMS = {
  "in a deployment": { holdback: 2, treatment: 10, control: 48, stable: 40 },
  "in quiet times": { holdback: 2, stable: 98 },
} as const;

/** Visits of an hour of their own, in order. */
function hourOfVisits(
  n: number,
  shares: Partial<Record<"holdback" | "treatment" | "control" | "stable", number>>,
): LogBody[] {
  const startMs = Date.UTC(2026, 2, 3) + ++hours * HOUR_MS;
  const version = ownVersion();
  const arms = Object.entries(shares).flatMap(([arm, share]) =>
    Array<keyof typeof shares>(share).fill(arm as keyof typeof shares),
  );
  return Array.from({ length: n }, (_, i) => {
    const event_at = new Date(startMs + Math.floor((i * HOUR_MS) / n)).toISOString();
    const unit = `${version}-${(i * 31) % Math.ceil(n / 2)}`;
    return signedLog({ assigned_version: version, arm: arms[(i * 7919) % 100] ?? "stable", event_at, unit });
  });
}

/** Ingest as an instance has it, through the meter. */
function instance() {
  const store = new IngestStore(db);
  const counters = new CounterBuffer<IngestWindow>((windows) => store.writeWindows(windows));
  const policy = Lifecycle.parse({}).collect;
  const tools = { store, counters, policy, receiptKeys: demoKeys(), pseudonymKey: "a key of no importance" };
  return async (logs: readonly LogBody[]): Promise<IngestAnswer> => {
    const { status, body } = await ingestLogs(Buffer.from(JSON.stringify(logs)), "application/json", {
      ...tools,
      nowMs: Date.now(),
    });
    await counters.flushIfDue();
    expect(status).toBe(200);
    return body as IngestAnswer;
  };
}

function sum(all: readonly Operations[]): Operations {
  const of = (what: "reads" | "writes") => {
    const counts: Record<string, number> = {};
    for (const operations of all) {
      for (const [name, n] of Object.entries(operations[what])) counts[name] = (counts[name] ?? 0) + n;
    }
    return counts;
  };
  return { reads: of("reads"), writes: of("writes"), refused: all.reduce((n, { refused }) => n + refused, 0) };
}

it.each([
  { perHour: 5000, when: "in a deployment" },
  { perHour: 2000, when: "in a deployment" },
  { perHour: 2000, when: "in quiet times" },
] as const)("a log costs a write, a read and little more: $perHour an hour, $when", async ({ perHour, when }) => {
  const logs = hourOfVisits(perHour, ARMS[when]);
  const ingest = instance();
  const ingests: Operations[] = [];
  const folds: Operations[] = [];
  meter.take();
  for (let from = 0; from < perHour; from += STEP) {
    const some = logs.slice(from, from + STEP);
    expect((await ingest(some)).accepted).toBe(some.length);
    ingests.push(meter.take());
    const { folded } = await foldDueLogs(db, { holder: `cost-${from}`, maxSteps: 50, restMs: 0 });
    expect(folded).toBe(some.length);
    folds.push(meter.take());
  }
  const [ingested, folded] = [sum(ingests), sum(folds)];
  expect(ingested).toEqual({
    reads: {},
    writes: { interaction_logs: perHour, ingest_windows: Math.ceil(perHour / STEP) },
    refused: 0,
  });
  expect(folded.reads["interaction_logs"]).toBe(perHour);
  expect(Object.keys(folded.writes).sort()).toEqual(["pipeline", "traffic", "windows"]);
  const furtherWrites = total(ingested.writes) + total(folded.writes) - perHour;
  expect(furtherWrites / perHour).toBeLessThanOrEqual(0.05);
  // What is to be added to must be read: about as many as are written.
  expect((total(folded.reads) - perHour) / perHour).toBeLessThanOrEqual(0.05);
});

it("reads a few where one of many is known already, and each where all are", async () => {
  const logs = hourOfVisits(250, ARMS["in quiet times"]);
  const ingest = instance();
  const [known] = logs;
  await ingest([known as LogBody]);
  meter.take();
  expect(await ingest(logs)).toMatchObject({ accepted: 249, duplicates: 1 });
  expect(meter.take()).toMatchObject({ reads: { interaction_logs: 10 }, writes: { interaction_logs: 249 } });
  expect(await ingest(logs)).toMatchObject({ accepted: 0, duplicates: 250 });
  expect(meter.take()).toMatchObject({ reads: { interaction_logs: 250 }, writes: {} });
  const amended = { ...(known as LogBody), seq: 1 };
  // Mature at once, so too late to be amended.
  expect(await ingest([amended])).toMatchObject({ accepted: 0, duplicates: 1 });
  expect(await ingest([{ ...amended, seq: 0, scroll_depth: 1 }])).toMatchObject({
    rejected: [{ index: 0, issues: [{ code: "conflict" }] }],
  });
});

it("finds what a commit without an answer has stored, and stores it once", async () => {
  const logs = hourOfVisits(100, ARMS["in quiet times"]);
  const ingest = instance();
  meter.loseAnswer();
  const { accepted, duplicates } = await ingest(logs);
  expect({ accepted, duplicates }).toEqual({ accepted: 0, duplicates: 100 });
  const { writes, refused } = meter.take();
  expect(writes["interaction_logs"]).toBe(100);
  expect(refused).toBeGreaterThan(0);
  const stored = await db.getAll(...logs.map((log) => db.doc(`interaction_logs/${log.prediction_id}`)));
  expect(stored.every((doc) => doc.exists)).toBe(true);
});

// Fifty calls are measured by the bench: they take a minute of the emulator.
it("loses none of ten calls of a thousand logs at once", async () => {
  const bodies = Array.from({ length: 10 }, () => hourOfVisits(1000, ARMS["in quiet times"]));
  const env = { ...SETTINGS, RECEIPT_KEYS: demoKeySetting() };
  const served = await serveFunction({ source: "functions/lib/index.js", target: "ingest", env });
  try {
    const answers = await Promise.all(
      bodies.map(async (logs) => {
        const headers = { "content-type": "application/json" };
        const response = await fetch(served.url, { method: "POST", headers, body: JSON.stringify(logs) });
        const { accepted, duplicates } = (await response.json()) as IngestAnswer;
        // What a commit has stored whose answer was lost is there when it is tried again.
        return [response.status, accepted + duplicates];
      }),
    );
    expect(answers).toEqual(Array(10).fill([200, 1000]));
  } finally {
    await served.stop();
  }
  for (const logs of bodies) {
    const found = await db.getAll(...logs.map((log) => db.doc(`interaction_logs/${log.prediction_id}`)), {
      fieldMask: ["seq"],
    });
    expect(found.filter((doc) => !doc.exists)).toEqual([]);
  }
});
