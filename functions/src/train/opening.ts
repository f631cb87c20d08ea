import type { RetrainingJob } from "./schema.ts";

/** Who wants a training: a decision that fired, a schedule, or an admin. */
export type Origin = "trigger" | "schedule" | "admin";

/** What decides about a wish. */
export interface WantedJob {
  kind: RetrainingJob["kind"];
  origin: Origin;
}

type ReadableJob = Pick<RetrainingJob, "id" | "kind" | "stage" | "waits_for">;

/** A job that is queued or running, as far as it matters to whoever wants another; `unreadable`: its document was spoilt. */
export type OpenJob = ReadableJob | { id: string; unreadable: true };

/**
 * What becomes of a wish. `open`: it is queued. `wait`: it is queued behind `job`, and begins when that is over. `fold`: `job`
 * answers it, and keeps a note of it. `skip`: it is put on record as skipped. `refuse`: it leaves nothing behind.
 */
export interface OpeningDecision {
  action: "open" | "wait" | "fold" | "skip" | "refuse";
  /** The open job that decides it; null where none is open. */
  job: string | null;
  /** In words. */
  reason: string;
}

/** Who wants the job, by its document. */
export function originOf({ evaluation, requested_by: by }: Pick<RetrainingJob, "evaluation" | "requested_by">): Origin {
  if (evaluation !== null) return "trigger";
  return by === "system" ? "schedule" : "admin";
}

/**
 * Decides about a wish beside the jobs that are open: one runs at a time, and at most one waits, a full one behind an
 * incremental one, since a full training makes up for what an incremental one does and not the other way round.
 */
export function decideOpening(wanted: WantedJob, open: readonly OpenJob[]): OpeningDecision {
  const spoilt = open.find((job) => "unreadable" in job);
  if (spoilt !== undefined) {
    const reason = `${spoilt.id} counts as open, and its document cannot be read: mend or delete it`;
    return { action: wanted.origin === "schedule" ? "skip" : "refuse", job: spoilt.id, reason };
  }
  const jobs = open.filter((job): job is ReadableJob => !("unreadable" in job));
  const full = jobs.find(({ kind }) => kind === "full");
  const other = full ?? jobs[0];
  if (other === undefined) return { action: "open", job: null, reason: "no other job is open" };
  const state = `${other.id} ${stateOf(other)}`;
  // A review answers nobody's wish, and begins after what is open: it is not lost for a quarter.
  if (jobs.length === 1 && (other.kind === "review" || wanted.kind === "review")) {
    return { action: "wait", job: other.id, reason: `${state}: it begins when that is over` };
  }
  if (wanted.origin === "trigger") return { action: "fold", job: other.id, reason: `${state} and answers it` };
  if (wanted.kind === "full" && full === undefined) {
    return { action: "wait", job: other.id, reason: `${state}: it begins when that is over` };
  }
  if (wanted.origin === "admin") return { action: "refuse", job: other.id, reason: `${state}: wait for its end` };
  const why = full === undefined ? "takes what came before: what comes after is the next one's" : "covers it";
  return { action: "skip", job: other.id, reason: `${state} and ${why}` };
}

function stateOf({ stage, waits_for: first }: Pick<RetrainingJob, "stage" | "waits_for">): string {
  return stage === "queued" && typeof first === "string" ? `waits for ${first}` : `is ${stage}`;
}
