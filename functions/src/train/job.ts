import type { Gate } from "../registry/schema.ts";
import type { AlertContent } from "../shared/alert.ts";
import { isFree } from "../shared/lease.ts";
import { iso } from "../shared/time.ts";
import { type Dataset, FINAL_STAGES, type JobStage, MAX_FOLDED, type RetrainingJob } from "./schema.ts";

/** Everything that can happen to a job. */
export type JobEvent =
  /** A worker begins, or takes over from one that went silent. */
  | { type: "claimed"; holder: string; leaseSeconds: number }
  /** The worker is alive. */
  | { type: "renewed"; leaseSeconds: number; message: string }
  /** The worker's time is used up: the next task goes on. */
  | { type: "handed_over" }
  /** A task for it was put into the queue again. */
  | { type: "enqueued" }
  /** Another wish for a training is answered by this one; `by` is the id of the job it would have been. */
  | { type: "folded"; by: string; reason: string }
  | { type: "collected"; dataset: Dataset }
  | { type: "validated"; validation: NonNullable<RetrainingJob["validation"]> }
  /** One unit of work is done: its result is in Storage. */
  | { type: "trained"; unit: string; sha256: string; total: number }
  | { type: "all_trained"; total: number }
  | { type: "evaluated"; version: string }
  /** A review's report can be seen: its job is done. */
  | { type: "reported"; result: string }
  /** The version can be seen. One that was judged and is not better is the end of a `skipped` job, with the comparison. */
  | { type: "registered"; verdict: Gate["verdict"]; result: string }
  /** The work failed; it is tried again unless it has failed too often. */
  | { type: "stumbled"; reason: string; maxAttempts: number }
  | { type: "ended"; stage: "skipped" | "aborted" | "failed"; reason: string };

/** Verdicts of the gate on a version that goes on to visitors, or may once there is evidence. */
const HAS_A_FUTURE: readonly Gate["verdict"][] = ["better", "awaiting_evidence"];

/** True once nothing more can happen to a job. */
export function isFinal(job: Pick<RetrainingJob, "stage">): boolean {
  return FINAL_STAGES.includes(job.stage);
}

/**
 * The job after an event. What does not belong to its stage changes nothing, so that an event which comes twice moves it
 * once, and final stages absorb everything.
 */
export function apply(job: RetrainingJob, event: JobEvent, nowMs: number): RetrainingJob {
  if (isFinal(job)) return job;
  switch (event.type) {
    case "claimed": {
      const claimed = {
        ...job,
        attempts: job.attempts + (job.lease === null ? 0 : 1),
        fence: job.fence + 1,
        lease: lease(event.holder, event.leaseSeconds, nowMs),
      };
      return job.stage === "queued" ? enter(claimed, "collecting", nowMs) : claimed;
    }
    case "renewed": {
      if (job.lease === null) return job;
      const progress = { ...job.progress, message: event.message };
      return { ...job, lease: lease(job.lease.holder, event.leaseSeconds, nowMs), progress };
    }
    case "handed_over":
      return { ...job, lease: null, enqueued_at: iso(nowMs) };
    case "enqueued":
      return { ...job, enqueued_at: iso(nowMs) };
    case "folded": {
      const folded = job.folded ?? [];
      if (folded.some(({ by }) => by === event.by)) return job;
      const wish = { by: event.by, reason: event.reason, at: iso(nowMs) };
      return { ...job, folded: [...folded, wish].slice(-MAX_FOLDED) };
    }
    case "collected": {
      if (job.stage !== "collecting") return job;
      const { rows } = event.dataset;
      return enter({ ...measured(job, rows, rows), dataset: event.dataset }, "validating", nowMs);
    }
    case "validated": {
      if (job.stage !== "validating") return job;
      const { valid, checked } = event.validation;
      const judged = { ...measured(job, valid, checked), validation: event.validation };
      return event.validation.verdict === "abort"
        ? end(judged, "aborted", event.validation.reason, nowMs)
        : enter(judged, "training", nowMs);
    }
    case "trained": {
      if (job.stage !== "training") return job;
      const units = { ...job.units, [event.unit]: event.sha256 };
      const done = Object.keys(units).length;
      const progress = { done, total: event.total, message: `${event.unit} is trained` };
      return { ...measured(job, done, event.total), units, progress };
    }
    case "all_trained":
      return job.stage === "training" && Object.keys(job.units).length === event.total
        ? enter(job, "evaluating", nowMs)
        : job;
    case "evaluated":
      if (job.stage !== "evaluating") return job;
      return enter({ ...job, version: event.version }, "registering", nowMs);
    case "reported":
      return job.stage === "evaluating" ? end(job, "succeeded", event.result, nowMs) : job;
    case "registered":
      if (job.stage !== "registering") return job;
      return end(job, HAS_A_FUTURE.includes(event.verdict) ? "succeeded" : "skipped", event.result, nowMs);
    case "stumbled": {
      const attempts = job.attempts + 1;
      const failed = { ...job, attempts, lease: null };
      if (attempts >= event.maxAttempts) {
        return end(failed, "failed", `failed ${attempts} times, last while ${job.stage}: ${event.reason}`, nowMs);
      }
      const message = `attempt ${attempts} of ${event.maxAttempts} failed: ${event.reason}`;
      return { ...failed, progress: { ...job.progress, message }, enqueued_at: iso(nowMs) };
    }
    case "ended":
      return end(job, event.stage, event.reason, nowMs);
  }
}

function enter(job: RetrainingJob, stage: JobStage, nowMs: number): RetrainingJob {
  const since = iso(nowMs);
  const ended = timelineOf(job).map((entry) => (entry.ended_at === null ? { ...entry, ended_at: since } : entry));
  const begun = isFinal({ stage }) ? [] : [{ stage, since, ended_at: null, done: 0, total: 0 }];
  const progress = { ...job.progress, message: stage };
  return { ...job, stage, stage_since: since, progress, timeline: [...ended, ...begun] };
}

/** The job with what is done of its present stage. */
function measured(job: RetrainingJob, done: number, total: number): RetrainingJob {
  const timeline = timelineOf(job).map((entry) => (entry.ended_at === null ? { ...entry, done, total } : entry));
  return { ...job, timeline };
}

/** Of a job that was opened before there was one, it begins with the present stage. */
function timelineOf({ timeline, stage, stage_since: since }: RetrainingJob): NonNullable<RetrainingJob["timeline"]> {
  return timeline ?? [{ stage, since, ended_at: null, done: 0, total: 0 }];
}

function end(job: RetrainingJob, stage: JobStage, result: string, nowMs: number): RetrainingJob {
  return { ...enter(job, stage, nowMs), lease: null, result, ended_at: iso(nowMs) };
}

function lease(holder: string, seconds: number, nowMs: number): NonNullable<RetrainingJob["lease"]> {
  return { holder, expires_at: iso(nowMs + seconds * 1000) };
}

/** What a job may cost before it fails. */
export interface JobLimits {
  maxAttempts: number;
  /** Since it was opened. */
  maxHours: number;
}

/** What a worker that wants a job should do, and why. */
export interface ClaimDecision {
  action: "claim" | "wait" | "leave" | "give_up";
  reason: string;
}

/**
 * Whether a worker may have the job: not if it is over, waits for another or somebody is at work; and not if it has killed
 * too many.
 * @param isBlocked the job that it waits for is not over
 */
export function decideClaim(
  job: RetrainingJob,
  { maxAttempts, maxHours, isBlocked }: JobLimits & { isBlocked: boolean },
  nowMs: number,
): ClaimDecision {
  if (isFinal(job)) return { action: "leave", reason: `the job is ${job.stage}` };
  if (!isFree(job.lease, nowMs)) return { action: "wait", reason: `${job.lease?.holder} is at work on it` };
  const late = overdue(job, { maxHours }, nowMs);
  if (late !== undefined) return { action: "give_up", reason: late };
  if (isBlocked) return { action: "wait", reason: `it waits for the end of ${job.waits_for}` };
  if (job.lease === null) return { action: "claim", reason: "nobody is at work on it" };
  const attempts = job.attempts + 1;
  if (attempts >= maxAttempts) {
    return { action: "give_up", reason: `its workers went silent ${attempts} times, last while ${job.stage}` };
  }
  return { action: "claim", reason: `${job.lease.holder} went silent` };
}

/** Why an open job is to fail, in words: it has been open for too long; undefined while it has not. */
export function overdue(
  job: RetrainingJob,
  { maxHours }: Pick<JobLimits, "maxHours">,
  nowMs: number,
): string | undefined {
  // What waits for another has not begun; from then on its hours count.
  if (isFinal(job) || (job.stage === "queued" && typeof job.waits_for === "string")) return undefined;
  const sinceMs = typeof job.waits_for === "string" ? begunMs(job) : Date.parse(job.created_at);
  if (nowMs - sinceMs < maxHours * 3_600_000) return undefined;
  return `not over ${maxHours} h after it was opened, last while ${job.stage}: ${job.progress.message}`;
}

/** When a job left the queue. */
function begunMs({ timeline, created_at: created }: RetrainingJob): number {
  return Date.parse(timeline?.find(({ stage }) => stage !== "queued")?.since ?? created);
}

/** True when no task can be counted on to move the job: one must be put into the queue again. */
export function isStuck(job: RetrainingJob, { queuedMinutes }: { queuedMinutes: number }, nowMs: number): boolean {
  if (isFinal(job) || !isFree(job.lease, nowMs)) return false;
  const since = job.enqueued_at === null ? Number.NEGATIVE_INFINITY : Date.parse(job.enqueued_at);
  return nowMs - since >= queuedMinutes * 60_000;
}

/** What a person is told of a job that has failed. */
export function failureOf({ id, kind, requested_by, attempts, result }: RetrainingJob): AlertContent {
  const message = `the ${kind} retraining ${id} failed: ${result}`;
  const to_do = `Read retraining_jobs/${id} and the log of runRetraining; open another by retrain once the cause is gone.`;
  const details = { job: id, kind, requested_by, attempts };
  return { severity: "high", kind: "retraining_failed", subject: id, message, to_do, details };
}
