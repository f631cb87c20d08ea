import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import { forecastJob } from "../functions/src/train/forecast-job.ts";
import type { NewJob } from "../functions/src/train/new-job.ts";
import { runJob } from "../functions/src/train/run-job.ts";
import { RetrainingJob } from "../functions/src/train/schema.ts";
import { JobStore, type Opening } from "../functions/src/train/store.ts";
import { callFunction, runSchedule, signUp } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { endOf, forgetTrainings, jobOf } from "./trainings.ts";

const HOUR = 3_600_000;
/** A time of which no other test has visits, and one of which nobody has any. */
const END = Date.parse("2024-08-20T06:00:00.000Z");
const EMPTY = Date.parse("2025-06-01T00:00:00.000Z");

const db = database();
const store = new JobStore(db);
let logs: InteractionLog[];
let admin: { uid: string; idToken: string };
restorePolicyAfterwards();

const wish = (id: string, kind: NewJob["kind"], differences: Partial<NewJob> = {}): NewJob => ({
  id,
  kind,
  requested_by: "system",
  reason: `because of ${id}`,
  evaluation: null,
  as_of: iso(EMPTY),
  in_service: "rules",
  ...differences,
});

const worker = (holder: string) => ({ db, bucket: bucket(), holder, clock: Date.now, codeVersion: "0" });

beforeAll(async () => {
  admin = await signUp("admin");
  const training = { folds: 0, rounds: 400, max_depth: 8, min_child_weight: 0, tree_method: "exact" };
  const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
  await db.doc(LIFECYCLE_PATH).set({ training, triggers, jobs: { lease_seconds: 3 } });
  await putRouting();
  logs = learnableLogs("jobs", { sessions: 900, endMs: END });
  await storeLogs(logs);
});

beforeEach(forgetTrainings);

afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

describe("ten triggers, two schedules and an admin at once", () => {
  const wishes = [
    ...Array.from({ length: 10 }, (_, i) => wish(`age.rules.${i}`, "full", { evaluation: `hour ${i}` })),
    wish("incremental.2025-W22", "incremental"),
    wish("full.2025-06", "full"),
    wish("admin.1", "full", { requested_by: "an admin" }),
  ];

  /** What a wish has left behind, in words. */
  function trace({ action, job }: Opening, { id }: NewJob, jobs: ReadonlyMap<string, RetrainingJob>): string {
    if (action === "open") return `${jobs.get(id)?.stage}`;
    if (action === "wait") return `waits for ${jobs.get(id)?.waits_for}`;
    if (action === "skip") return `${jobs.get(id)?.stage}: ${jobs.get(id)?.result?.split(" ")[0]}`;
    if (action === "fold") return `noted in ${jobs.get(job)?.folded?.find(({ by }) => by === id) ? job : "none"}`;
    return jobs.has(id) ? "a job" : "nothing";
  }

  it("run one job, and every other wish says what became of it", async () => {
    const openings = await Promise.all(wishes.map((wanted) => store.create(wanted)));
    const { docs } = await db.collection("retraining_jobs").limit(50).get();
    const jobs = new Map(docs.map((doc) => [doc.id, RetrainingJob.parse(doc.data())]));
    const opened = openings.filter(({ action }) => action === "open").map(({ job }) => job);
    expect(opened).toHaveLength(1);
    const running = opened[0] ?? "";
    const waiting = openings.find(({ action }) => action === "wait");
    for (const [i, opening] of openings.entries()) {
      const left = {
        open: "queued",
        wait: `waits for ${running}`,
        skip: `skipped: ${opening.job}`,
        fold: `noted in ${opening.job}`,
        refuse: "nothing",
        known: "",
      }[opening.action];
      expect(trace(opening, wishes[i] as NewJob, jobs)).toBe(left);
      expect([running, waiting?.job]).toContain(opening.job === wishes[i]?.id ? running : opening.job);
      expect(opening.reason).not.toBe("");
    }

    const claims = await Promise.all(
      [...jobs.keys()].map((id) =>
        store
          .claim(id, { holder: id, leaseSeconds: 60, maxAttempts: 5, maxHours: 12 })
          .then(({ held }) => held?.job.id),
      ),
    );
    expect(claims.filter((id) => id !== undefined)).toEqual([running]);
    // Said again, nobody's wish changes anything.
    const again = await Promise.all(
      openings.filter(({ opened: is }) => is).map(({ job }) => store.create(wish(job, "full"))),
    );
    expect(again.every(({ action }) => action === "known")).toBe(true);
  });

  it("a full one waits for the incremental one, and begins when that is over", async () => {
    expect(await store.create(wish("incremental.2025-W22", "incremental"))).toMatchObject({ action: "open" });
    expect(await store.create(wish("full.2025-06", "full"))).toMatchObject({ action: "wait", opened: true });
    expect(await store.create(wish("admin.1", "full", { requested_by: "an admin" }))).toMatchObject({
      action: "refuse",
      reason: "full.2025-06 waits for incremental.2025-W22: wait for its end",
    });
    expect(await runJob("full.2025-06", worker("early"))).toMatchObject({ outcome: "wait" });
    const wanted = { job: "incremental.2025-W22", reason: "a full one is better" };
    expect(await callFunction("cancelRetraining", wanted, admin.idToken)).toMatchObject({ ok: true });
    const full = await endOf("full.2025-06");
    expect(full).toMatchObject({ stage: "skipped", result: "0 sessions teach something, 100 are needed" });
  });
});

describe("a job that is cancelled", () => {
  it("while a worker trains: it stops, and its files are gone", async () => {
    await store.create(wish("full.2024-08", "full", { as_of: iso(END) }));
    const running = runJob("full.2024-08", worker("trains"));
    await vi.waitFor(async () => expect((await jobOf("full.2024-08")).progress.message).toMatch(/round \d+ of 400/), {
      timeout: 30_000,
      interval: 100,
    });
    const wanted = { job: "full.2024-08", reason: "the data is wrong" };
    const outcome = await callFunction("cancelRetraining", wanted, admin.idToken);
    expect(outcome).toMatchObject({ ok: true, result: { job: "full.2024-08" } });

    expect(await running).toMatchObject({ outcome: "lost", stage: "aborted" });
    const job = await jobOf("full.2024-08");
    expect(job).toMatchObject({ stage: "aborted", lease: null, version: null });
    expect(job.result).toBe(`cancelled by ${admin.uid}: the data is wrong`);
    expect(job.timeline?.map(({ stage }) => stage)).toEqual(["queued", "collecting", "validating", "training"]);
    const [left] = await bucket().getFiles({ prefix: "retraining_jobs/full.2024-08/" });
    expect(left.map((file) => file.name)).toEqual([]);
    const { docs } = await db.collection("audit").where("target", "==", "retraining_jobs/full.2024-08").limit(5).get();
    expect(docs.map((doc) => doc.data())).toMatchObject([
      { who: admin.uid, action: "cancelRetraining", reason: "the data is wrong", details: { stage: "training" } },
    ]);

    expect(await callFunction("cancelRetraining", wanted, admin.idToken)).toMatchObject({
      ok: false,
      status: "FAILED_PRECONDITION",
      message: `the job full.2024-08 is over: it is aborted since ${job.ended_at}`,
    });
  });

  it.each([
    ["without a reason", { job: "admin.1" }, "INVALID_ARGUMENT"],
    ["that does not exist", { job: "admin.none", reason: "a test" }, "FAILED_PRECONDITION"],
  ])("%s is not", async (_, data, status) => {
    expect(await callFunction("cancelRetraining", data, admin.idToken)).toMatchObject({ ok: false, status });
  });
});

describe("a job that has been open for too long", () => {
  it.each([
    ["a worker takes it up", "admin.late-worker", (id: string) => runJob(id, worker("late"))],
    ["nobody does", "admin.late-nobody", () => runSchedule("monitorHealth", iso(EMPTY))],
  ])("fails with the reason and an alert: %s", async (_, id, look) => {
    await store.create(wish(id, "full"));
    await db.doc(`retraining_jobs/${id}`).update({ created_at: iso(Date.now() - 13 * HOUR) });
    await look(id);
    const result = "not over 12 h after it was opened, last while queued: queued";
    expect(await jobOf(id)).toMatchObject({ stage: "failed", result });
    expect((await db.doc(`alerts/retraining_failed.${id}`).get()).data()).toMatchObject({
      severity: "high",
      kind: "retraining_failed",
      subject: `retraining_jobs/${id}`,
      message: `the full retraining ${id} failed, and the version in service stays: ${result}`,
    });
  });
});

describe("a dry run", () => {
  it("counts the logs, says what would become of the wish, and opens nothing", async () => {
    const forecast = await forecastJob(db, bucket(), { kind: "full" }, END);
    expect(forecast).toMatchObject({ dry_run: true, rows: logs.length, units: 11, would: { action: "open" } });
    expect((await db.collection("retraining_jobs").limit(1).get()).empty).toBe(true);
    const outcome = await callFunction(
      "retrain",
      { kind: "incremental", reason: "a test", dry_run: true },
      admin.idToken,
    );
    expect(outcome).toMatchObject({
      ok: true,
      result: {
        dry_run: true,
        would: { action: "skip", reason: "there is no version to go on from, rules in service" },
      },
    });
  });
});
