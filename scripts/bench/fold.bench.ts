// What taking and counting logs costs: many calls of ingest at once, the fold of what they brought, and a burst. Documents are
// counted as Firestore bills them; the emulator's pace is not Firestore's.
import { foldDueLogs } from "../../functions/src/collect/fold-due-logs.ts";
import { type IngestAnswer, ingestLogs } from "../../functions/src/collect/ingest-logs.ts";
import { IngestStore } from "../../functions/src/collect/ingest-store.ts";
import type { IngestWindow, LogBody } from "../../functions/src/collect/schema.ts";
import { Lifecycle } from "../../functions/src/config.ts";
import { bucket, database } from "../../functions/src/shared/firestore.ts";
import { CounterBuffer } from "../../functions/src/shared/flush.ts";
import { LIFECYCLE_PATH } from "../../functions/src/shared/lifecycle.ts";
import { Debounce } from "../../functions/src/train/debounce.ts";
import { followLogs } from "../../functions/src/train/follow-logs.ts";
import { firestoreMeter, type Operations, total } from "../../test/firestore-meter.ts";
import { demoKeySetting, demoKeys, ownVersion, signedLog } from "../../test/signed-log.ts";
import type { Figure } from "../bench.ts";
import { startStack } from "../stack/emulators.ts";
import { SETTINGS, type ServedFunction, serveFunction } from "./framework.ts";

const HOUR_MS = 3_600_000;
const CALLS = 50;
const PER_CALL = 1000;
const INSTANCES = 2;
/** Calls that an instance works on at a time (`concurrency` of ingest); the others wait in front of it, as in Cloud Run. */
const AT_A_TIME = 8;
/** Logs of the hours whose cost is counted, and how many come together. */
const HOURS = [5000, 2000];
const STEP = 500;
const BURST = { logs: 5000, seconds: 10 };
const SETTLE_SECONDS = 2;

const say = (line: string) => console.error(line);

/** Measures `ingest` and the fold. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const stack = await startStack({ ports: "free", say });
  const settings = { ...SETTINGS, FOLD_SETTLE_SECONDS: String(SETTLE_SECONDS) };
  Object.assign(process.env, stack.env, settings);
  const meter = await firestoreMeter(stack.env["FIRESTORE_EMULATOR_HOST"] ?? "");
  try {
    // A worker of the emulator for each event would take the machine from what is measured.
    await fetch(`http://${stack.env["FIREBASE_EMULATOR_HUB"]}/functions/disableBackgroundTriggers`, { method: "PUT" });
    // Where a client connects to is settled with its first request.
    process.env["FIRESTORE_EMULATOR_HOST"] = meter.host;
    const figure = (metric: string, value: number, unit: string, against: Figure["against"] = null) =>
      emit({ bench: "fold", metric, value, unit, against, ratio: against && value / against.value });

    for (const perHour of HOURS) await steadily(perHour, figure, () => meter.take());
    await burst(figure, () => meter.take());
    // Last: the emulator looks through the whole collection at every query, and what comes after would be slow.
    await manyCalls({ ...stack.env, ...settings, RECEIPT_KEYS: demoKeySetting() }, figure);
  } finally {
    await meter.close();
    await stack.stop();
  }
}

type Say = (metric: string, value: number, unit: string, against?: Figure["against"]) => void;

/** Logs of an hour, in order: two arms beside the stable one, as in a deployment, and a holdback. */
function hourOfVisits(n: number): LogBody[] {
  const version = ownVersion();
  const startMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 24 * HOUR_MS;
  return Array.from({ length: n }, (_, i) => {
    const at = (i * 7919) % 100;
    const arm = at < 2 ? "holdback" : at < 12 ? "treatment" : at < 60 ? "control" : "stable";
    const event_at = new Date(startMs + Math.floor((i * HOUR_MS) / n)).toISOString();
    return signedLog({ assigned_version: version, arm, event_at, unit: `${version}-${(i * 31) % Math.ceil(n / 2)}` });
  });
}

async function manyCalls(env: Record<string, string>, figure: Say): Promise<void> {
  const logs = hourOfVisits(CALLS * PER_CALL);
  const before = await countLogs();
  const bodies = Array.from({ length: CALLS }, (_, i) => JSON.stringify(logs.slice(i * PER_CALL, (i + 1) * PER_CALL)));
  const served: ServedFunction[] = [];
  try {
    for (let i = 0; i < INSTANCES; i++) {
      served.push(await serveFunction({ source: "functions/lib/index.js", target: "ingest", env }));
    }
    const startMs = performance.now();
    const answers: IngestAnswer[] = [];
    const lanes = Array.from({ length: INSTANCES * AT_A_TIME }, async (_, lane) => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        answers.push(await post(served[lane % INSTANCES]?.url ?? "", body));
      }
    });
    await Promise.all(lanes);
    const took = performance.now() - startMs;
    const sent = CALLS * PER_CALL;
    figure(
      `${CALLS} calls of ingest with ${PER_CALL} logs at once, ${INSTANCES} instances`,
      (sent * 1000) / took,
      "logs/s",
    );
    const accepted = answers.reduce((sum, answer) => sum + answer.accepted, 0);
    const known = answers.reduce((sum, answer) => sum + answer.duplicates, 0);
    const stored = (await countLogs()) - before;
    figure("logs lost of them", sent - stored, "logs");
    // A commit whose answer the emulator did not give in time is done, and found when it is tried again.
    figure("logs of them that were found stored already", known, "logs");
    if (stored !== sent || accepted + known !== sent)
      throw new Error(`${accepted} accepted, ${known} known, ${stored} stored`);
  } finally {
    await Promise.all(served.map((one) => one.stop()));
  }
}

async function countLogs(): Promise<number> {
  return (await database().collection("interaction_logs").count().get()).data().count;
}

async function post(url: string, body: string): Promise<IngestAnswer> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!response.ok) throw new Error(`ingest answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as IngestAnswer;
}

/** Ingest in this process, as an instance has it. */
function ingest(): (logs: readonly LogBody[]) => Promise<void> {
  const store = new IngestStore(database());
  const counters = new CounterBuffer<IngestWindow>((windows) => store.writeWindows(windows));
  const policy = Lifecycle.parse({}).collect;
  const tools = { store, counters, policy, receiptKeys: demoKeys(), pseudonymKey: "of no importance" };
  return async (logs) => {
    const { status } = await ingestLogs(Buffer.from(JSON.stringify(logs)), "application/json", {
      ...tools,
      nowMs: Date.now(),
    });
    await counters.flushIfDue();
    if (status !== 200) throw new Error(`ingest answered ${status}`);
  };
}

/** Logs of one hour, taken and then folded as fast as it goes. */
async function steadily(perHour: number, figure: Say, taken: () => Operations): Promise<void> {
  const logs = hourOfVisits(perHour);
  const take = ingest();
  taken();
  for (let from = 0; from < perHour; from += STEP) await take(logs.slice(from, from + STEP));
  const ingested = taken();
  await settled();
  taken();
  const startMs = performance.now();
  const { folded } = await foldDueLogs(database(), { holder: "bench", maxSteps: 1000, restMs: 0 });
  const took = performance.now() - startMs;
  if (folded !== perHour) throw new Error(`${folded} logs were folded`);
  const of = `of ${perHour} logs of an hour, four arms: `;
  figure(`${of}folded`, (folded * 1000) / took, "logs/s");
  const { reads, writes } = taken();
  const ofLogs = reads["interaction_logs"] ?? 0;
  figure(`${of}reads at ingest`, total(ingested.reads) / folded, "a log");
  figure(`${of}reads of logs by the fold`, ofLogs / folded, "a log", { name: "the limit", value: 1 });
  figure(`${of}reads of what they are added to`, (total(reads) - ofLogs) / folded, "a log");
  figure(`${of}writes of logs`, (ingested.writes["interaction_logs"] ?? 0) / folded, "a log", {
    name: "the limit",
    value: 1,
  });
  const further = total(ingested.writes) + total(writes) - (ingested.writes["interaction_logs"] ?? 0);
  figure(`${of}further writes`, further / folded, "a log", { name: "the limit", value: 0.05 });
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1000 * SETTLE_SECONDS + 500));
}

/** Logs that come within seconds, and what one instance of onInteractionLog does at them. */
async function burst(figure: Say, taken: () => Operations): Promise<void> {
  const logs = hourOfVisits(BURST.logs);
  const db = database();
  const take = ingest();
  const debounce = new Debounce();
  let looks = 0;
  taken();
  const pending: Promise<void>[] = [];
  for (let second = 0; second < BURST.seconds; second++) {
    const startMs = Date.now();
    const some = logs.slice((second * BURST.logs) / BURST.seconds, ((second + 1) * BURST.logs) / BURST.seconds);
    await take(some);
    for (const _ of some) {
      const serverMs = Date.now();
      const run = debounce.run(serverMs, async () => {
        looks++;
        const holder = `burst-${looks}`;
        await followLogs(db, bucket(), { holder, maxSteps: 50, eventMs: null, serverMs });
      });
      pending.push(run);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs + 1000 - Date.now())));
  }
  await Promise.all(pending);
  await settled();
  await db.doc(LIFECYCLE_PATH).set({ collect: { fold_rest_minutes: 0 } });
  const last = { holder: "burst-last", maxSteps: 50, eventMs: null, serverMs: Date.now() };
  await followLogs(db, bucket(), last);
  const evaluations = (await db.collection("evaluations").count().get()).data().count;
  const jobs = (await db.collection("retraining_jobs").count().get()).data().count;
  figure(`looks at a burst of ${BURST.logs} logs in ${BURST.seconds} s, one instance`, looks, "looks");
  figure("evaluations of the burst", evaluations, "evaluations");
  figure("jobs of the burst", jobs, "jobs");
}
