import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import type { ServedVersion } from "../functions/src/serve/schema.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import { queuedJob } from "../functions/src/train/new-job.ts";
import { runJob } from "../functions/src/train/run-job.ts";
import type { RetrainingJob } from "../functions/src/train/schema.ts";
import { dyingWorker } from "./dying-worker.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { forgetTrainings, jobOf, newestTime, versionsOf } from "./trainings.ts";

const HOUR = 3_600_000;
const LEASE_MS = 3000;
/** Between two workers of a job's clock: longer than a lease, so that nobody has to wait for its end. */
const STEP_MS = 10_000;
/** Jobs that are tried at once: most of a small training is waiting for the database. */
const AT_ONCE = 4;

const db = database();
const storage = bucket();
const versions = new VersionStore(db, storage);
let endMs: number;
let logs: InteractionLog[];
/** The server's clock, as workers are told it, once all logs are mature; every job has a time of its own after it. */
let startMs: number;
restorePolicyAfterwards();

beforeAll(async () => {
  const few = { folds: 0, rounds: 3, max_depth: 2, incremental_holdout_sessions: 10 };
  const training = { ...few, target_policy: "observed" };
  const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
  await db.doc(LIFECYCLE_PATH).set({ training, triggers, jobs: { lease_seconds: LEASE_MS / 1000 } });
  await putRouting();
  await forgetTrainings();
  endMs = await newestTime();
  logs = learnableLogs("crash", { sessions: 250, endMs }).map(contentWithTwoGroups);
  await storeLogs(logs);
  startMs = Date.now() + LEASE_MS;
});

afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

/** All are content with what they were served, which differs in two class groups: two models to train, and no more. */
function contentWithTwoGroups(log: InteractionLog): InteractionLog {
  const { device_pixel_ratio: ratio, prefers_color_scheme: scheme } = log.user_context;
  const density = ratio === 2 ? "densidad-alta" : "densidad-media";
  const theme = scheme === "dark" ? "tema-oscuro" : "tema-claro";
  const engaged = { session_duration: 200_000, interactions_count: 9, scroll_depth: 0.9, bounce_rate: 0 };
  return { ...log, ...engaged, predicted_css_classes: [density, "fuente-sans", theme] };
}

/** What is trained: a job's document is put there as its opening would, since only one may be open at a time otherwise. */
interface Training {
  kind: RetrainingJob["kind"];
  inService: ServedVersion;
  asOfMs: number;
}

async function open(id: string, { kind, inService, asOfMs }: Training, nowMs: number): Promise<void> {
  const wanted = { id, kind, requested_by: "system", reason: "a test", evaluation: null } as const;
  const job = queuedJob({ ...wanted, as_of: iso(asOfMs), in_service: inService }, null, nowMs);
  await db.doc(`retraining_jobs/${id}`).create(job);
}

/** One task of a worker that dies at a write; how many writes it has begun. */
async function work(id: string, deathAt: number, nowMs: number): Promise<{ writes: number; outcome: string }> {
  const { writes, ...hands } = dyingWorker(db, storage, deathAt);
  const worker = { ...hands, holder: `${id}.${deathAt}.${nowMs}`, clock: () => nowMs, codeVersion: "0" };
  const outcome = await runJob(id, worker).then(
    (ran) => ran.outcome,
    () => "died",
  );
  return { writes: writes(), outcome };
}

/** Every version of a job is whole: all of its artefacts are there, as its document says. */
async function wholeVersions(id: string): Promise<string[]> {
  const found = await versionsOf(id);
  for (const { version } of found) await versions.loadFiles(version);
  return found.map(({ version }) => version);
}

/** Writes of a worker that lives. */
async function writesOf(id: string, training: Training, nowMs: number): Promise<number> {
  await open(id, training, nowMs);
  const { writes, outcome } = await work(id, Number.POSITIVE_INFINITY, nowMs);
  expect(outcome).toBe("ended");
  return writes;
}

async function dieAndGoOn(id: string, training: Training, deathAt: number, bornMs: number): Promise<void> {
  await open(id, training, bornMs);
  expect(await work(id, deathAt, bornMs)).toMatchObject({ writes: deathAt });
  const left = await jobOf(id);
  expect((await wholeVersions(id)).length).toBeLessThanOrEqual(1);
  // Nobody holds it for longer than a lease: the next worker takes it up then, and not before.
  if (left.lease !== null) {
    expect(Date.parse(left.lease.expires_at)).toBeLessThanOrEqual(bornMs + LEASE_MS);
    expect(await work(id, Number.POSITIVE_INFINITY, bornMs)).toMatchObject({ outcome: "wait" });
  }
  expect(await work(id, Number.POSITIVE_INFINITY, bornMs + STEP_MS)).toMatchObject({ outcome: "ended" });
  const job = await jobOf(id);
  expect(["succeeded", "skipped"], job.result ?? "").toContain(job.stage);
  expect(job).toMatchObject({ lease: null, attempts: left.lease === null ? 0 : 1 });
  expect(await wholeVersions(id)).toEqual([job.version]);
  const [files] = await storage.getFiles({ prefix: `retraining_jobs/${id}/` });
  expect(files.map((file) => file.name)).toEqual([]);
}

async function parent(): Promise<ServedVersion> {
  await writesOf("admin.parent", { kind: "full", inService: "rules", asOfMs: endMs - 36 * HOUR }, startMs);
  return (await jobOf("admin.parent")).version as ServedVersion;
}

describe("a training whose worker dies", () => {
  it.each<[RetrainingJob["kind"], () => Promise<ServedVersion>]>([
    ["full", () => Promise.resolve("rules")],
    ["incremental", parent],
  ])("%s: at whichever write, ends with one whole version once the next worker has had it", async (kind, serving) => {
    const training = { kind, inService: await serving(), asOfMs: endMs };
    const timeOf = (death: number): number => startMs + (death + 1) * 10 * STEP_MS;
    const writes = await writesOf(`admin.${kind}`, training, timeOf(0));
    // Claim, data set and its report, verdict, each of two models and its report, all trained, version chosen, confirmed,
    // seven artefacts, the version's document, the end, and the working files' deletion.
    expect(writes).toBeGreaterThan(20);
    const deaths = Array.from({ length: writes }, (_, i) => i + 1);
    for (let from = 0; from < writes; from += AT_ONCE) {
      const some = deaths.slice(from, from + AT_ONCE);
      await Promise.all(some.map((death) => dieAndGoOn(`admin.${kind}-${death}`, training, death, timeOf(death))));
    }
  });
});
