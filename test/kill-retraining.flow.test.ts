import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import { RetrainingJob } from "../functions/src/train/schema.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { endOf, forgetTrainings, jobOf, newestTime, versionsOf } from "./trainings.ts";

const HOUR = 3_600_000;
/** Trees this deep learn by heart, which the gate need not like: a version it is all the same. */
const DONE = /^(succeeded|skipped)$/;
const TARGETS = ["animation_duration", "density", "font_size_base", "theme"];

const db = database();
let endMs: number;
let logs: InteractionLog[];
restorePolicyAfterwards();

/** Trains slowly, with a short lease; nothing but these tests opens jobs. */
async function setPolicy(jobs: Record<string, number> = {}, folds = 0, rounds = 400): Promise<void> {
  const training = { folds, rounds, max_depth: 8, min_child_weight: 0, tree_method: "exact" };
  const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
  await db.doc(LIFECYCLE_PATH).set({ training, triggers, jobs: { lease_seconds: 3, queued_minutes: 0.05, ...jobs } });
}

/** A job that lies in the queue without a task, as after a crash between the two; the backstop gives it one. */
async function openJob(id: string): Promise<void> {
  const wanted = { id, kind: "full", requested_by: "system", reason: "a test", evaluation: null } as const;
  const opening = await new JobStore(db).create({ ...wanted, as_of: iso(endMs), in_service: "rules" });
  expect(opening).toMatchObject({ opened: true, job: id });
}

const backstop = () => runSchedule("monitorHealth", iso(endMs));

/** The job at the very moment when some of its units are trained and others are not. */
function halfTrained(id: string): Promise<RetrainingJob> {
  return new Promise((resolve, reject) => {
    const stop = db.doc(`retraining_jobs/${id}`).onSnapshot((document) => {
      const job = RetrainingJob.parse(document.data());
      if (job.stage !== "training" || Object.keys(job.units).length === 0) return;
      stop();
      resolve(job);
    }, reject);
  });
}

/** The process that works on a job, by its lease; only ever one of the emulator's workers. */
function workerOf(job: RetrainingJob): number {
  const pid = Number(job.lease?.holder.split(".").at(-1));
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("functionsEmulatorRuntime");
  return pid;
}

beforeAll(async () => {
  await setPolicy();
  await putRouting();
  await forgetTrainings();
  endMs = await newestTime();
  logs = learnableLogs("kill", { sessions: 2000, endMs });
  await storeLogs(logs);
});

afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

describe("a retraining whose worker is killed while it trains", () => {
  it("goes on with another worker, keeps the units that were done, and makes exactly one version", async () => {
    const id = "admin.kill";
    await openJob(id);
    const seen = halfTrained(id);
    await vi.waitFor(
      async () => {
        await backstop();
        expect((await jobOf(id)).stage).not.toBe("queued");
      },
      { timeout: 60_000, interval: 500 },
    );
    const before = await seen;
    process.kill(workerOf(before), "SIGKILL");
    expect((await jobOf(id)).stage).toBe("training");

    // The emulator's queue may rest for up to a minute before it tries a killed worker's task again.
    const job = await endOf(id, backstop, 200_000);
    expect(job).toMatchObject({
      stage: expect.stringMatching(DONE),
      attempts: 1,
      dataset: before.dataset,
    });
    expect(job.fence).toBeGreaterThan(before.fence);
    expect(job.units).toMatchObject(before.units);
    expect(Object.keys(job.units).sort()).toEqual(TARGETS);
    expect((await versionsOf(id)).map(({ version }) => version)).toEqual([job.version]);
    await expect(new VersionStore(db, bucket()).load(job.version ?? "")).resolves.toBeDefined();
  }, 240_000);
});

describe("a retraining that takes longer than a task", () => {
  it("is handed from task to task, which is no failed attempt", async () => {
    await forgetTrainings();
    await setPolicy({ task_minutes: 0.01 }, 2, 150);
    const id = "admin.long";
    await openJob(id);
    const job = await endOf(id, backstop);
    expect(job).toMatchObject({ stage: expect.stringMatching(DONE), attempts: 0 });
    expect(job.fence).toBeGreaterThan(1);
    const versions = await versionsOf(id);
    expect(versions).toHaveLength(1);
    // Each fold's predictions come from whichever task made them.
    expect(versions[0]?.metrics.classes.density.cross_validation?.folds).toBe(2);
  });
});

describe("a retraining with too little to learn from", () => {
  it("is skipped, with the reason", async () => {
    const id = "admin.little";
    const wanted = { id, kind: "full", requested_by: "system", reason: "a test", evaluation: null } as const;
    const asOf = iso(endMs - 69 * HOUR);
    await new JobStore(db).create({ ...wanted, as_of: asOf, in_service: "rules" });
    const job = await endOf(id, backstop);
    expect(job.stage).toBe("skipped");
    expect(job.result).toMatch(/^\d\d sessions teach something, 100 are needed$/);
    expect(await versionsOf(id)).toEqual([]);
  });
});

describe("a retraining that fails", () => {
  it("is tried again, and in the end failed with the reason", async () => {
    await setPolicy({ max_attempts: 2 });
    const id = "admin.broken";
    await openJob(id);
    // A data set that is not in Storage.
    const missing = { path: "", sha256: "0".repeat(64), rows: 1, sessions: 1, fingerprint: "" };
    const dataset = { ...missing, from: iso(endMs - HOUR), to: iso(endMs) };
    await db.doc(`retraining_jobs/${id}`).update({ stage: "training", dataset });
    const job = await endOf(id, backstop);
    expect(job).toMatchObject({ stage: "failed", attempts: 2, lease: null });
    expect(job.result).toMatch(
      /^failed 2 times, last while training: CorruptError: .*dataset\.000000000000 is missing$/,
    );
  });
});
