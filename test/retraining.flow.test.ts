import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { Evaluation } from "../functions/src/evaluate/schema.ts";
import { Reference } from "../functions/src/registry/schema.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { hourId, iso } from "../functions/src/shared/time.ts";
import type { RetrainingJob } from "../functions/src/train/schema.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { callFunction, runSchedule, signUp } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { endOf, forgetTrainings, jobOf, newestTime, versionsOf } from "./trainings.ts";

const HOUR = 3_600_000;
const SESSIONS = 1100;
/** Longer than the pause after which a function that follows logs runs at the next one. */
const QUIET_MS = 11_000;
/** Logs that arrive after all the others. */
const LATE = 9;

const db = database();
let logs: InteractionLog[];
let admin: { uid: string; idToken: string };
restorePolicyAfterwards();

const firings = async (): Promise<Evaluation[]> => {
  const { docs } = await db.collection("evaluations").where("fired", "==", "data_volume").limit(50).get();
  return docs.map((doc) => Evaluation.parse(doc.data()));
};

beforeAll(async () => {
  admin = await signUp("admin");
  await db
    .doc(LIFECYCLE_PATH)
    .set({ collect: { fold_rest_minutes: 0 }, training: { rounds: 20 }, jobs: { queued_minutes: 0.05 } });
  await putRouting();
  await forgetTrainings();
  logs = learnableLogs("retraining", { sessions: SESSIONS, endMs: await newestTime() });
});

afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

describe("enough new visits", () => {
  let job: RetrainingJob;

  beforeAll(async () => {
    // What is left arrives one by one, each after a quiet time: the first that is enough sets the training off.
    await storeLogs(logs.slice(0, -LATE));
    let arrived = logs.length - LATE;
    const [fired] = await vi.waitFor(
      async () => {
        const found = (await firings()).filter((evaluation) => evaluation.job !== null);
        if (found.length === 0) {
          await storeLogs(logs.slice(arrived, ++arrived));
        }
        expect(found.length).toBeGreaterThan(0);
        return found;
      },
      { timeout: 100_000, interval: QUIET_MS },
    );
    job = await endOf(fired?.job ?? "");
  });

  it("fire the volume trigger once, as they arrive, with its figures", async () => {
    const fired = await firings();
    expect(fired).toHaveLength(1);
    expect(fired[0]?.triggers.data_volume).toMatchObject({ threshold: 1000, verdict: "fired" });
    // 1.6 % is the standard error of a sketch.
    expect(Math.abs((fired[0]?.triggers.data_volume?.value ?? 0) - SESSIONS)).toBeLessThan(0.1 * SESSIONS);
    expect(job).toMatchObject({ requested_by: "system", evaluation: fired[0]?.id, as_of: fired[0]?.decided_at });
    expect(job.reason).toContain("new sessions, 1000 are needed");
  });

  it("open one job, whose version is whole, and whose working files are gone", async () => {
    expect(job).toMatchObject({ stage: "succeeded", attempts: 0, lease: null });
    expect(job.validation).toMatchObject({ verdict: "proceed", valid: job.validation?.checked });
    const models = ["animation_duration", "density", "font_size_base", "theme"];
    const folds = models.flatMap((target) => [0, 1, 2, 3, 4].map((fold) => `${target}.fold${fold}`));
    expect(Object.keys(job.units).sort()).toEqual([...models, ...folds].sort());
    const versions = await versionsOf(job.id);
    expect(versions.map(({ version }) => version)).toEqual([job.version]);
    const [version] = versions;
    const sessions = version?.lineage.data.sessions ?? 0;
    expect(sessions).toBeGreaterThanOrEqual(1000);
    expect(version?.gate.verdict).toBe("better");
    expect(version?.varying_groups).toEqual(["density", "theme"]);
    expect(version?.lineage.data).toMatchObject({ holdout_sessions: Math.round(0.2 * sessions), sessions });
    expect(version?.metrics.classes.density.accuracy).toBeGreaterThan(0.7);
    expect(version?.metrics.classes.font).toMatchObject({ accuracy: 1, varies: false, cross_validation: null });
    const { estimates, cross_validation: folded, accuracy, log_loss } = version?.metrics.classes.density ?? {};
    expect(estimates?.accuracy.value).toBe(accuracy);
    expect(estimates?.accuracy.low).toBeLessThan(accuracy ?? 0);
    expect(estimates?.accuracy.high).toBeGreaterThan(accuracy ?? 1);
    expect(estimates?.accuracy_above_rules.low).toBeGreaterThan(0);
    expect(estimates?.accuracy_above_in_service).toBeNull();
    expect(folded?.folds).toBe(5);
    // On what came before, by models that had not seen it: much the same as on the hold-out.
    expect(Math.abs((folded?.log_loss.mean ?? 0) - (log_loss ?? 0))).toBeLessThan(0.15);
    expect(version?.metrics.variables["animation_duration"]?.cross_validation?.folds).toBe(5);
    const { meta, files } = await new VersionStore(db, bucket()).loadFiles(job.version ?? "", "every");
    // Bundle, reference, scaler, card, forest, the trainer's answers, and each of four boosters as binary and as JSON.
    expect(Object.keys(meta.artefacts)).toHaveLength(14);
    expect(Buffer.from(files.get("model-card.md") ?? []).toString()).toMatch(
      "**better**, against rules: accuracy over density",
    );
    const reference = Reference.parse(JSON.parse(Buffer.from(files.get("reference.json") ?? []).toString()));
    const visitorDays = reference.cells.reduce((sum, cell) => sum + cell.rows, 0);
    expect(visitorDays).toBeGreaterThan(0);
    expect(visitorDays).toBeLessThanOrEqual(version?.lineage.data.rows ?? 0);
    await vi.waitFor(async () => {
      const [left] = await bucket().getFiles({ prefix: `retraining_jobs/${job.id}/` });
      expect(left.map((file) => file.name)).toEqual([]);
    });
  });

  it("fire nothing again in the hours and days after", async () => {
    for (const hours of [3, 25, 71]) await runSchedule("monitorHealth", iso(Date.parse(job.as_of) + hours * HOUR));
    expect(await firings()).toHaveLength(1);
    const later = await db.doc(`evaluations/${hourId(Date.parse(job.as_of) + 71 * HOUR)}`).get();
    expect(Evaluation.parse(later.data()).triggers.data_volume?.verdict).toBe("ok");
  });

  it("and a task that is delivered again change nothing", async () => {
    const before = await jobOf(job.id);
    const answer = await fetch(`${process.env["PERENNIAL_FUNCTIONS_URL"]}/runRetraining`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer owner" },
      body: JSON.stringify({ data: { job: job.id } }),
    });
    expect(answer.ok).toBe(true);
    expect(await jobOf(job.id)).toEqual(before);
    expect(await versionsOf(job.id)).toHaveLength(1);
  });
});

describe("many openings at once", () => {
  it("open one job, and the others are told which", async () => {
    // What still comes of the story before must not open a job of its own, once its decisions are forgotten.
    const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
    await db.doc(LIFECYCLE_PATH).set({ triggers }, { merge: true });
    await forgetTrainings();
    const job = { kind: "full", requested_by: "system", reason: "a test", evaluation: null } as const;
    const opened = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        new JobStore(db).create({ ...job, id: `admin.${i}`, as_of: iso(0), in_service: "rules" }),
      ),
    );
    expect(opened.filter((opening) => opening.opened)).toHaveLength(1);
    expect(new Set(opened.map((opening) => opening.job)).size).toBe(1);
    await forgetTrainings();
  });
});

describe("a retraining by hand", () => {
  it.each([
    { name: "without a reason", data: { kind: "full" }, field: "reason" },
    { name: "of a kind that there is not", data: { kind: "half", reason: "a test" }, field: "kind" },
  ])("$name is refused", async ({ data, field }) => {
    const outcome = await callFunction("retrain", data, admin.idToken);
    expect(outcome).toMatchObject({ ok: false, status: "INVALID_ARGUMENT", details: { issues: [{ path: field }] } });
  });

  it("is for admins", async () => {
    const viewer = await signUp("viewer");
    const outcome = await callFunction("retrain", { kind: "full", reason: "a test" }, viewer.idToken);
    expect(outcome).toMatchObject({ ok: false, status: "PERMISSION_DENIED" });
  });

  it("is one job for many wishes, on audit, and ends with a reason", async () => {
    const ask = () => callFunction("retrain", { kind: "full", reason: "curiosity" }, admin.idToken);
    const outcomes = await Promise.all([ask(), ask(), ask()]);
    const opened = outcomes.flatMap((outcome) => (outcome.ok ? [(outcome.result as { job: string }).job] : []));
    expect(opened).not.toEqual([]);
    for (const refused of outcomes.filter((outcome) => !outcome.ok)) {
      expect(refused).toMatchObject({ status: "FAILED_PRECONDITION" });
    }
    const id = opened[0] ?? "";
    const { docs } = await db.collection("audit").where("target", "==", `retraining_jobs/${id}`).limit(5).get();
    expect(docs.map((doc) => doc.data())).toMatchObject([{ who: admin.uid, action: "retrain", reason: "curiosity" }]);
    const job = await endOf(id);
    // Another wish may have been answered with a job of its own, but only after this one was over.
    const jobs = await Promise.all(opened.map((other) => endOf(other)));
    const inTurn = jobs.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    for (const [i, next] of inTurn.slice(1).entries()) {
      expect(next.created_at >= (inTurn[i]?.ended_at ?? "never")).toBe(true);
    }
    expect(["succeeded", "skipped"]).toContain(job.stage);
    expect(job.result).toMatch(/accuracy over|are needed/);
  });
});
