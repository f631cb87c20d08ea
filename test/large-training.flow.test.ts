import { afterAll, beforeAll, expect, it } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import { runJob } from "../functions/src/train/run-job.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { withoutBackgroundTriggers } from "./background-triggers.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { forgetTrainings, jobOf, newestTime, versionsOf, whenMature } from "./trainings.ts";

const LOGS = 10_000;
/** Of a full training, by default. */
const WINDOW_MS = 30 * 24 * 3_600_000;

const db = database();
let endMs: number;
let logs: InteractionLog[];
withoutBackgroundTriggers();
restorePolicyAfterwards();

beforeAll(async () => {
  // The default policy, but for the triggers: nothing is trained but what this test opens.
  await db.doc(LIFECYCLE_PATH).set({ triggers: { data_volume: { enabled: false }, age: { enabled: false } } });
  await putRouting();
  await forgetTrainings();
  // After whatever others have left: a training learns from every log of its days.
  endMs = (await newestTime()) + WINDOW_MS;
  logs = learnableLogs("large", { sessions: Math.ceil(LOGS / 1.2), endMs, days: 14 });
  await storeLogs(logs);
  await whenMature(logs);
});
afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

it("a full retraining over 10,000 logs makes a version that is better than the rules, with every figure in its document", async () => {
  const id = "admin.large";
  const wanted = { id, kind: "full", requested_by: "system", reason: "a test", evaluation: null } as const;
  await new JobStore(db).create({ ...wanted, as_of: iso(endMs), in_service: "rules" });
  const worker = { db, bucket: bucket(), holder: "a test", clock: Date.now, codeVersion: "0" };
  const { outcome } = await runJob(id, worker);
  const job = await jobOf(id);
  expect({ outcome, stage: job.stage }, job.result ?? "").toEqual({ outcome: "ended", stage: "succeeded" });
  expect(job.dataset?.rows).toBeGreaterThanOrEqual(LOGS);
  expect(job.timeline?.map(({ stage }) => stage)).toEqual(
    expect.arrayContaining(["collecting", "validating", "training", "evaluating", "registering"]),
  );
  const [version] = await versionsOf(id);
  expect(version?.gate).toMatchObject({ verdict: "better", against: "rules" });
  expect(version?.gate.findings?.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true]);
  expect(version?.gate.segments?.length).toBeGreaterThan(10);
  expect(version?.bias?.segments.length).toBeGreaterThan(10);
  expect(version?.importance?.permutation.device_pixel_ratio?.log_loss).toBeGreaterThan(0.01);
  expect(version?.lineage.data.subjects).toBeGreaterThan(1000);
  await expect(new VersionStore(db, bucket()).load(version?.version ?? "", "every")).resolves.toBeDefined();
});
