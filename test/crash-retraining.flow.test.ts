import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import type { ServedVersion } from "../functions/src/serve/schema.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import { runJob } from "../functions/src/train/run-job.ts";
import type { RetrainingJob } from "../functions/src/train/schema.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { dyingWorker } from "./dying-worker.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { forgetTrainings, jobOf, newestTime, versionsOf } from "./trainings.ts";

const HOUR = 3_600_000;
const LEASE_MS = 3000;
/** Between two workers of the test's clock: longer than a lease, so that nobody has to wait for its end. */
const STEP_MS = 10_000;

const db = database();
const storage = bucket();
const versions = new VersionStore(db, storage);
let endMs: number;
let logs: InteractionLog[];
/** The server's clock, as workers are told it. */
let nowMs = Date.now();
restorePolicyAfterwards();

beforeAll(async () => {
  const training = { folds: 0, rounds: 3, max_depth: 2, incremental_holdout_sessions: 10 };
  const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
  await db.doc(LIFECYCLE_PATH).set({ training, triggers, jobs: { lease_seconds: LEASE_MS / 1000 } });
  await putRouting();
  await forgetTrainings();
  endMs = await newestTime();
  logs = learnableLogs("crash", { sessions: 400, endMs });
  await storeLogs(logs);
  nowMs = Date.now() + LEASE_MS;
});

afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

async function open(id: string, kind: RetrainingJob["kind"], inService: ServedVersion, asOfMs: number): Promise<void> {
  const wanted = { id, kind, requested_by: "system", reason: "a test", evaluation: null } as const;
  const opening = await new JobStore(db, () => nowMs).create({ ...wanted, as_of: iso(asOfMs), in_service: inService });
  expect(opening.action).toBe("open");
}

/** One task of a worker that dies at a write; how many writes it has begun. */
async function work(id: string, deathAt: number): Promise<{ writes: number; outcome: string }> {
  const { writes, ...hands } = dyingWorker(db, storage, deathAt);
  const worker = { ...hands, holder: `${id}.${deathAt}.${nowMs}`, clock: () => nowMs, codeVersion: "0" };
  const outcome = await runJob(id, worker).then(
    (ran) => ran.outcome,
    () => "died",
  );
  return { writes: writes(), outcome };
}

/** Every version of a job is whole: all of its artefacts are there, as its document says. */
async function wholeVersions(id: string): Promise<number> {
  const found = await versionsOf(id);
  for (const { version } of found) await versions.loadFiles(version);
  return found.length;
}

async function parent(): Promise<ServedVersion> {
  const id = "admin.parent";
  await open(id, "full", "rules", endMs - 36 * HOUR);
  expect(await work(id, Number.POSITIVE_INFINITY)).toMatchObject({ outcome: "ended" });
  return (await jobOf(id)).version as ServedVersion;
}

describe("a training whose worker dies", () => {
  it.each<[RetrainingJob["kind"], () => Promise<ServedVersion>]>([
    ["full", () => Promise.resolve("rules")],
    ["incremental", parent],
  ])("%s: at whichever write, ends with one whole version once the next worker has had it", async (kind, serving) => {
    const inService = await serving();
    let deaths = 0;
    for (let deathAt = 1; ; deathAt++) {
      nowMs += STEP_MS;
      const id = `admin.${kind}-${deathAt}`;
      await open(id, kind, inService, endMs);
      const first = await work(id, deathAt);
      const left = await jobOf(id);
      expect(await wholeVersions(id), `after write ${deathAt}`).toBeLessThanOrEqual(1);
      // Nobody holds it for longer than a lease: the next worker takes it up then, and not before.
      if (left.lease !== null) {
        expect(Date.parse(left.lease.expires_at)).toBeLessThanOrEqual(nowMs + LEASE_MS);
        expect(await work(id, Number.POSITIVE_INFINITY)).toMatchObject({ outcome: "wait" });
      }
      nowMs += STEP_MS;
      const second = await work(id, Number.POSITIVE_INFINITY);
      expect(second.outcome, `after write ${deathAt}`).toBe("ended");
      const job = await jobOf(id);
      expect(["succeeded", "skipped"], job.result ?? "").toContain(job.stage);
      expect(job).toMatchObject({ lease: null, attempts: left.lease === null ? 0 : 1 });
      expect((await versionsOf(id)).map(({ version }) => version)).toEqual([job.version]);
      expect(await wholeVersions(id)).toBe(1);
      const [files] = await storage.getFiles({ prefix: `retraining_jobs/${id}/` });
      expect(files.map((file) => file.name)).toEqual([]);
      if (first.writes < deathAt) break;
      deaths++;
    }
    // Claim, data set, its report, verdict, each model and its report, all trained, version chosen, each artefact, ...
    expect(deaths).toBeGreaterThan(20);
  });
});
