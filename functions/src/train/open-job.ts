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
 * after a crash is a no-op; if another job is open already, the decision is taken to be answered by that one.
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
  if (opening.opened) await jobs.enqueue(opening.job);
  return opening;
}

/**
 * Opens a job by hand, with who and why on audit, and enqueues its task.
 * @param asOfMs the training's "now", event time
 * @param key makes the job's id, unique per request
 * @throws {RefusedError} another job is open
 */
export async function openRequestedJob(
  db: Firestore,
  { kind, reason }: RetrainRequest,
  { uid, asOfMs, key }: { uid: string; asOfMs: number; key: string },
): Promise<Opening> {
  const jobs = new JobStore(db);
  const id = `admin.${key}`;
  const { stable } = await new RoutingStore(db).read();
  const opening = await jobs.create(
    { id, kind, requested_by: uid, reason, evaluation: null, as_of: iso(asOfMs), in_service: stable },
    { who: uid, action: "retrain", target: `retraining_jobs/${id}`, reason, details: { kind } },
  );
  if (!opening.opened) throw new RefusedError(`the job ${opening.job} is queued or running; wait for its end`);
  await jobs.enqueue(id);
  return opening;
}

/** What became of a schedule's wish to open a job. */
export interface ScheduledOpening extends Opening {
  /** The job that the schedule wanted: `{kind}.{period}`. */
  wanted: string;
  reason: string;
}

/**
 * Opens the job of a schedule, once per period, and enqueues its task. A schedule that comes again finds its job; one that
 * finds another job open does not wait for it: the next period opens its own.
 * @param period what the schedule names its times by, `2026-W47`
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
  if (opening.opened) await jobs.enqueue(wanted);
  const seen = opening.job === wanted ? "was opened before" : `is not opened: ${opening.job} is queued or running`;
  return { ...opening, wanted, reason: `${wanted} ${opening.opened ? "is opened" : seen}` };
}
