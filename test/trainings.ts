import { expect, vi } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { ModelVersion } from "../functions/src/registry/schema.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { FINAL_STAGES, RetrainingJob } from "../functions/src/train/schema.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
/** Event time of the first story about trainings: a Friday, so that a model is judged on no weekend that it has not seen. */
const FIRST = Date.parse("2026-10-16T10:00:00.000Z");
const MADE_BY_TRAININGS = ["model_versions", "retraining_jobs", "evaluations"];
/** What an earlier story left: its visits would count as new ones. */
const LEFT_BY_STORIES = ["windows", "traffic"];

/** A time, whole weeks after the first story's, after everything that was ever folded: a story there is the newest. */
export async function newestTime(): Promise<number> {
  const fold = await database().doc("pipeline/fold-0").get();
  const last = Date.parse(String(fold.get("last_event_at")));
  const weeks = Number.isNaN(last) ? 0 : Math.max(0, Math.ceil((last - FIRST) / WEEK_MS) + 1);
  return FIRST + weeks * WEEK_MS;
}

/** Makes the system one that has never trained, nor counted a visit. */
export async function forgetTrainings(): Promise<void> {
  for (const collection of [...MADE_BY_TRAININGS, ...LEFT_BY_STORIES])
    await database().recursiveDelete(database().collection(collection));
}

/** The job's document. */
export async function jobOf(id: string): Promise<RetrainingJob> {
  return RetrainingJob.parse((await database().doc(`retraining_jobs/${id}`).get()).data());
}

/** The versions that a job has made. */
export async function versionsOf(job: string): Promise<ModelVersion[]> {
  const versions = database().collection("model_versions");
  const { docs } = await versions.where("lineage.job", "==", job).limit(10).get();
  return docs.map((doc) => ModelVersion.parse(doc.data()));
}

/** Waits until the last of some stored logs is mature, and so all are. */
export async function whenMature(logs: readonly InteractionLog[]): Promise<void> {
  const last = await database()
    .doc(`interaction_logs/${logs.at(-1)?.prediction_id}`)
    .get();
  const mature = (): void => expect(Date.parse(String(last.get("fold_after")))).toBeLessThan(Date.now());
  await vi.waitFor(mature, { timeout: 20_000 });
}

/** Waits until a job is over. */
export async function endOf(
  id: string,
  whileWaiting: () => Promise<unknown> = async () => {},
  timeoutMs = 100_000,
): Promise<RetrainingJob> {
  return vi.waitFor(
    async () => {
      await whileWaiting();
      const job = await jobOf(id);
      expect(FINAL_STAGES, `${job.stage}: ${job.progress.message}`).toContain(job.stage);
      return job;
    },
    { timeout: timeoutMs, interval: 300 },
  );
}
