import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EvaluationStore } from "../functions/src/evaluate/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { hourId, iso } from "../functions/src/shared/time.ts";
import { JobFiles } from "../functions/src/train/file-store.ts";
import type { NewJob } from "../functions/src/train/new-job.ts";
import { runJob } from "../functions/src/train/run-job.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { forgetTrainings, jobOf } from "./trainings.ts";

const HOUR_MS = 3_600_000;
/** An hour of event time, long before that of other tests. */
const NOW = Date.parse("2026-02-09T06:00:00.000Z");
const db = database();

const newJob = (id: string): NewJob => ({
  id,
  kind: "full",
  requested_by: "system",
  reason: "a test",
  evaluation: null,
  as_of: iso(NOW),
  in_service: "rules",
});

beforeAll(forgetTrainings);
afterAll(forgetTrainings);

describe("a job that fails for good", () => {
  it("leaves no visits behind in Storage", async () => {
    const id = "admin.fails";
    const files = new JobFiles(bucket(), id);
    const { sha256, path } = await files.put("dataset", Buffer.from("visits, but not as they were collected"));
    const dataset = { path, sha256, rows: 1, sessions: 1, from: iso(NOW), to: iso(NOW), fingerprint: "0" };
    await new JobStore(db).create(newJob(id));
    await db.doc(`retraining_jobs/${id}`).update({ stage: "validating", attempts: 19, dataset });
    const worker = { db, bucket: bucket(), holder: "test", clock: () => Date.now(), codeVersion: "0" };
    expect(await runJob(id, worker)).toMatchObject({ outcome: "ended", stage: "failed" });
    const [left] = await bucket().getFiles({ prefix: `retraining_jobs/${id}/` });
    expect(left.map((file) => file.name)).toEqual([]);
  });
});

describe("a job's document that was spoilt by hand", () => {
  beforeAll(async () => {
    const spoilt = { stage: "queued", attempts: "many" };
    await new JobStore(db).create(newJob("admin.whole"));
    await db.doc("retraining_jobs/admin.whole").update({ enqueued_at: iso(0) });
    await db.doc("retraining_jobs/admin.spoilt").set(spoilt);
  });

  it("is left out of the open ones, so that the others are revived", async () => {
    expect((await new JobStore(db).listOpen()).map(({ id }) => id)).toEqual(["admin.whole"]);
    await runSchedule("monitorHealth", iso(NOW));
    expect(Date.parse((await jobOf("admin.whole")).enqueued_at ?? "")).toBeGreaterThan(0);
  });

  it("counts as a job that is open", async () => {
    await db.doc("retraining_jobs/admin.whole").delete();
    expect(await new EvaluationStore(db).openJob()).toBe("admin.spoilt");
  });
});

describe("the decisions that fired", () => {
  it("are found though event time went back, and though one was spoilt by hand", async () => {
    const evaluations = db.collection("evaluations");
    const decided = (id: string, fired: string | null) => ({
      schema_version: 1,
      id,
      decided_at: iso(NOW),
      created_at: iso(NOW),
      in_service: "rules",
      triggers: {
        data_volume: { value: 1, threshold: 1, unit: "sessions", sessions: 1, verdict: "ok", reason: "" },
        age: { value: 1, threshold: 1, unit: "days", sessions: 1, verdict: "ok", reason: "" },
      },
      fired,
      job: "none",
    });
    const hour = (n: number) => hourId(NOW + n * HOUR_MS);
    await evaluations.doc(hour(-25)).set(decided(hour(-25), "age"));
    await evaluations.doc(hour(-24)).set(decided(hour(-24), "age"));
    await evaluations.doc(hour(-2)).set(decided(hour(-2), null));
    await evaluations.doc(hour(-1)).set({ fired: "age" });
    await evaluations.doc(hour(30)).set(decided(hour(30), "data_volume"));
    const found = await new EvaluationStore(db).firedSince(NOW - 24 * HOUR_MS);
    expect(found.map(({ id }) => id)).toEqual([hour(-24), hour(30)]);
  });
});
