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
 * Decides about a wish beside the jobs that are open: one runs at a time. A full one waits behind an incremental one, since it makes
 * up for what that does and not the other way round; a review waits behind anything, and anything behind a review, which trains
 * nothing that answers anybody. Each waits for the last that waits: no two begin at once.
 */
export function decideOpening(wanted: WantedJob, open: readonly OpenJob[]): OpeningDecision {
  const spoilt = open.find((job) => "unreadable" in job);
  if (spoilt !== undefined) {
    const reason = `${spoilt.id} counts as open, and its document cannot be read: mend or delete it`;
    return { action: wanted.origin === "schedule" ? "skip" : "refuse", job: spoilt.id, reason };
  }
  const jobs = open.filter((job): job is ReadableJob => !("unreadable" in job));
  const last = jobs.find(({ id }) => !jobs.some(({ waits_for: first }) => first === id));
  if (last === undefined) return { action: "open", job: null, reason: "no other job is open" };
  const full = jobs.find(({ kind }) => kind === "full");
  const training = full ?? jobs.find(({ kind }) => kind === "incremental");
  const wait = {
    action: "wait",
    job: last.id,
    reason: `${last.id} ${stateOf(last)}: it begins when that is over`,
  } as const;
  const review = jobs.find(({ kind }) => kind === "review");
  if (wanted.kind === "review") {
    if (review === undefined) return wait;
    const reason = `${review.id} ${stateOf(review)} and is a review, too`;
    return { action: wanted.origin === "schedule" ? "skip" : "refuse", job: review.id, reason };
  }
  // Nothing but a review is open.
  if (training === undefined) return wait;
  const state = `${training.id} ${stateOf(training)}`;
  if (wanted.origin === "trigger") return { action: "fold", job: training.id, reason: `${state} and answers it` };
  if (wanted.kind === "full" && full === undefined) return wait;
  if (wanted.origin === "admin") return { action: "refuse", job: training.id, reason: `${state}: wait for its end` };
  const why = full === undefined ? "takes what came before: what comes after is the next one's" : "covers it";
  return { action: "skip", job: training.id, reason: `${state} and ${why}` };
}

function stateOf({ stage, waits_for: first }: Pick<RetrainingJob, "stage" | "waits_for">): string {
  return stage === "queued" && typeof first === "string" ? `waits for ${first}` : `is ${stage}`;
}
