import { iso } from "../shared/time.ts";
import type { RetrainingJob } from "./schema.ts";

/** What is known of a job when it is opened. */
export type NewJob = Pick<
  RetrainingJob,
  "id" | "kind" | "requested_by" | "reason" | "evaluation" | "as_of" | "in_service"
>;

/**
 * The document of a job that is queued.
 * @param waitsFor the job that must be over before; a task is put into the queue then, and not now
 */
export function queuedJob(job: NewJob, waitsFor: string | null, nowMs: number): RetrainingJob {
  const now = iso(nowMs);
  return {
    schema_version: 1,
    ...job,
    created_at: now,
    stage: "queued",
    stage_since: now,
    attempts: 0,
    lease: null,
    fence: 0,
    enqueued_at: waitsFor === null ? now : null,
    waits_for: waitsFor,
    progress: { done: 0, total: 0, message: waitsFor === null ? "queued" : `waits for ${waitsFor}` },
    timeline: [{ stage: "queued", since: now, ended_at: null, done: 0, total: 0 }],
    dataset: null,
    validation: null,
    units: {},
    version: null,
    result: null,
    ended_at: null,
  };
}
