import type { Firestore } from "firebase-admin/firestore";
import type { Evaluation } from "../evaluate/schema.ts";
import { EvaluationStore } from "../evaluate/store.ts";
import { RoutingStore } from "../serve/store.ts";
import { RefusedError } from "../shared/errors.ts";
import { iso } from "../shared/time.ts";
import type { RetrainingJob, RetrainRequest } from "./schema.ts";
import { JobStore, type Opening } from "./store.ts";

/**
 * Opens the job of a decision that fired, and enqueues its task. The job's id follows from the decision, so opening it again
 * after a crash is a no-op; if another job is open already, the decision is answered by that one, which keeps a note of it.
 * @throws {RangeError} nothing fired
 */
export async function openJobFor(db: Firestore, evaluation: Evaluation): Promise<Opening> {
  const { id, fired, in_service, decided_at, triggers } = evaluation;
  if (fired === null) throw new RangeError(`the decision ${id} fired nothing`);
  const jobs = new JobStore(db);
  const opening = await jobs.create({
    id: `${fired}.${in_service}.${id}`,
    kind: "full",
    requested_by: "system",
    reason: `${fired}: ${triggers[fired]?.reason ?? ""}`,
    evaluation: id,
    as_of: decided_at,
    in_service,
  });
  await new EvaluationStore(db).recordJob(id, opening.job);
  await enqueueIfDue(jobs, opening);
  return opening;
}

/**
 * Opens a job by hand, with who and why on audit, and enqueues its task; a full one waits for an incremental one that is open.
 * @param asOfMs the training's "now", event time
 * @param key makes the job's id, unique per request
 * @throws {RefusedError} another job is in its way
 */
export async function openRequestedJob(
  db: Firestore,
  { kind, reason }: Pick<RetrainRequest, "kind" | "reason">,
  { uid, asOfMs, key }: { uid: string; asOfMs: number; key: string },
): Promise<Opening> {
  const jobs = new JobStore(db);
  const id = `admin.${key}`;
  const { stable } = await new RoutingStore(db).read();
  const opening = await jobs.create(
    { id, kind, requested_by: uid, reason, evaluation: null, as_of: iso(asOfMs), in_service: stable },
    { who: uid, action: "retrain", target: `retraining_jobs/${id}`, reason, details: { kind } },
  );
  if (!opening.opened) throw new RefusedError(opening.reason);
  await enqueueIfDue(jobs, opening);
  return opening;
}

/** What became of a schedule's wish to open a job. */
export interface ScheduledOpening extends Opening {
  /** The job that the schedule wanted: `{kind}.{period}`. */
  wanted: string;
}

/**
 * Opens the job of a schedule, once per period, and enqueues its task. A schedule that comes again finds its job. While
 * another job is open, a full one waits for an incremental one; any other is put on record as skipped, with the reason.
 * @param period what the schedule names its times by, `2026-W47` or `2026-11`
 * @param asOfMs the training's "now": the schedule's own time, event time
 */
export async function openScheduledJob(
  db: Firestore,
  { kind, period, asOfMs }: { kind: RetrainingJob["kind"]; period: string; asOfMs: number },
): Promise<ScheduledOpening> {
  const jobs = new JobStore(db);
  const wanted = `${kind}.${period}`;
  const { stable } = await new RoutingStore(db).read();
  const opening = await jobs.create({
    id: wanted,
    kind,
    requested_by: "system",
    reason: `schedule: the ${kind} retraining of ${period}`,
    evaluation: null,
    as_of: iso(asOfMs),
    in_service: stable,
  });
  await enqueueIfDue(jobs, opening);
  return { ...opening, wanted };
}

/** A job that waits gets its task when what it waits for is over. */
async function enqueueIfDue(jobs: JobStore, { action, job }: Opening): Promise<void> {
  if (action === "open") await jobs.enqueue(job);
}
