import type { Firestore, QueryDocumentSnapshot, Transaction } from "firebase-admin/firestore";
import { getFunctions } from "firebase-admin/functions";
import { REGION } from "../config.ts";
import { logAlert, prepareAlert } from "../shared/alert.ts";
import { type AuditRecord, prepareAudit } from "../shared/audit.ts";
import { RefusedError } from "../shared/errors.ts";
import { parseDocument, readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { HeldJob, LostJobError } from "./held-job.ts";
import { apply, type ClaimDecision, decideClaim, failureOf, isFinal, type JobEvent, type JobLimits } from "./job.ts";
import { type NewJob, queuedJob } from "./new-job.ts";
import { decideOpening, type OpeningDecision, type OpenJob, originOf } from "./opening.ts";
import { type CancelRequest, FINAL_STAGES, JobStage, RetrainingJob } from "./schema.ts";

export type { HeldJob } from "./held-job.ts";

/** Jobs that a look at all open ones reads at most: one runs at a time, and a spoilt document may be in its way. */
const MAX_OPEN = 50;

/** Jobs among which the last full training is looked for: a month of weekly and skipped ones is fewer. */
const MAX_ENDED = 30;

/** Jobs of one day that history tells. */
const MAX_OF_DAY = 50;

/** What became of the wish to open a job. */
export interface Opening {
  /** It is queued now, be it to begin at once or behind another. */
  opened: boolean;
  /** Its id, or that of the open one that is in its way or answers it. */
  job: string;
  /** `known`: it was opened, or put on record, before. */
  action: OpeningDecision["action"] | "known";
  /** In words. */
  reason: string;
}

/** What a task that wants to work on a job was told; `held` if it may. */
export interface Claim {
  decision: ClaimDecision;
  held: HeldJob | null;
}

/** The only writer of `retraining_jobs`: every change is one transaction that loads, decides, applies and saves. */
export class JobStore {
  private readonly db: Firestore;
  private readonly clock: () => number;
  /** @param clock server time, epoch ms */
  constructor(db: Firestore, clock: () => number = Date.now) {
    this.db = db;
    this.clock = clock;
  }

  async read(id: string): Promise<RetrainingJob | undefined> {
    return parseDocument(RetrainingJob, await this.jobs().doc(id).get());
  }

  /** Jobs that are queued or running; one whose document is spoilt is left out. */
  async listOpen(): Promise<RetrainingJob[]> {
    const { docs } = await this.open().limit(MAX_OPEN).get();
    return docs.flatMap((doc) => readableDocument(RetrainingJob, doc) ?? []);
  }

  /** Jobs as of a time in [fromMs, toMs), event time, whatever became of them. */
  async asOfIn({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<RetrainingJob[]> {
    const { docs } = await this.jobs()
      .where("as_of", ">=", iso(fromMs))
      .where("as_of", "<", iso(toMs))
      .orderBy("as_of")
      .limit(MAX_OF_DAY)
      .get();
    return docs.flatMap((doc) => readableDocument(RetrainingJob, doc) ?? []);
  }

  /** Ids of the open jobs, with what is known of each: of one whose document is spoilt, only that. */
  async outlineOpen(): Promise<OpenJob[]> {
    return outlines((await this.open().limit(MAX_OPEN).get()).docs);
  }

  /** The full job that has trained last and made a version; null if none of the latest did. */
  async lastTrained(): Promise<RetrainingJob | null> {
    const { docs } = await this.jobs().orderBy("ended_at", "desc").limit(MAX_ENDED).get();
    const ended = docs.flatMap((doc) => readableDocument(RetrainingJob, doc) ?? []);
    return ended.find(({ kind, version }) => kind === "full" && version !== null) ?? null;
  }

  /**
   * Opens a job, or does with the wish what `decideOpening` says beside the jobs that are open: all of it in one transaction.
   * Done again, with the same id, it changes nothing.
   * @param record put on audit in the same transaction if the job is opened
   */
  async create(job: NewJob, record?: AuditRecord): Promise<Opening> {
    return this.db.runTransaction(async (tx) => {
      const ref = this.jobs().doc(job.id);
      if ((await tx.get(ref)).exists) {
        return { opened: false, job: job.id, action: "known", reason: "it was opened before" };
      }
      const { docs } = await tx.get(this.open().limit(MAX_OPEN));
      const decision = decideOpening({ kind: job.kind, origin: originOf(job) }, outlines(docs));
      const nowMs = this.clock();
      if (decision.action === "open" || decision.action === "wait") {
        const audit = record === undefined ? undefined : await prepareAudit(this.db, tx, record);
        audit?.();
        tx.create(ref, queuedJob(job, decision.action === "wait" ? decision.job : null, nowMs));
        return { ...decision, opened: true, job: job.id };
      }
      if (decision.action === "skip") {
        const skip = { type: "ended", stage: "skipped", reason: decision.reason } as const;
        tx.create(ref, apply(queuedJob(job, null, nowMs), skip, nowMs));
      }
      if (decision.action === "fold") {
        const into = docs.find(({ id }) => id === decision.job);
        const open = into === undefined ? undefined : parseDocument(RetrainingJob, into);
        if (open !== undefined) {
          await this.save(tx, open, apply(open, { type: "folded", by: job.id, reason: job.reason }, nowMs));
        }
      }
      return { ...decision, opened: false, job: decision.job ?? job.id };
    });
  }

  /** Puts a task that works on the job into the queue. Done twice, the second task finds the job held or over. */
  async enqueue(id: string): Promise<void> {
    const queue = getFunctions().taskQueue<{ job: string }>(`locations/${REGION.value()}/functions/runRetraining`);
    await queue.enqueue({ job: id }, { dispatchDeadlineSeconds: 1800 });
  }

  /** Applies what `decide` says of the job as it stands; null changes nothing. */
  async transition(
    id: string,
    decide: (job: RetrainingJob, nowMs: number) => JobEvent | null,
  ): Promise<RetrainingJob | undefined> {
    let hasFailed = false;
    const after = await this.db.runTransaction(async (tx) => {
      const job = await this.load(tx, id);
      if (job === undefined) return undefined;
      const nowMs = this.clock();
      const event = decide(job, nowMs);
      const next = event === null ? job : apply(job, event, nowMs);
      hasFailed = next !== job && next.stage === "failed";
      return this.save(tx, job, next);
    });
    if (hasFailed && after !== undefined) logAlert(failureOf(after));
    return after;
  }

  /**
   * Ends an open job `aborted`, with who and why on audit in the same transaction. A worker that is at work on it is told so by
   * its next report.
   * @throws {RefusedError} there is no such job, or it is over
   */
  async cancel({ job: id, reason }: CancelRequest, uid: string): Promise<RetrainingJob> {
    return this.db.runTransaction(async (tx) => {
      const job = await this.load(tx, id);
      if (job === undefined) throw new RefusedError(`there is no job ${id}`);
      if (isFinal(job)) throw new RefusedError(`the job ${id} is over: it is ${job.stage} since ${job.ended_at}`);
      const audit = await prepareAudit(this.db, tx, {
        who: uid,
        action: "cancelRetraining",
        target: `retraining_jobs/${id}`,
        reason,
        details: { stage: job.stage },
      });
      audit();
      const cancelled = { type: "ended", stage: "aborted", reason: `cancelled by ${uid}: ${reason}` } as const;
      return this.save(tx, job, apply(job, cancelled, this.clock()));
    });
  }

  /** Takes the job for a worker, if it may have it; a job that has silenced too many workers fails here. */
  async claim(
    id: string,
    { holder, leaseSeconds, ...limits }: { holder: string; leaseSeconds: number } & JobLimits,
  ): Promise<Claim> {
    let decision: ClaimDecision = { action: "leave", reason: "there is no such job" };
    // What it waits for can only end, so that it is enough to look before.
    const isBlocked = await this.isBlocked(await this.read(id));
    const job = await this.transition(id, (found, nowMs) => {
      decision = decideClaim(found, { ...limits, isBlocked }, nowMs);
      if (decision.action === "claim") return { type: "claimed", holder, leaseSeconds };
      return decision.action === "give_up" ? { type: "ended", stage: "failed", reason: decision.reason } : null;
    });
    const held =
      decision.action === "claim" && job !== undefined
        ? new HeldJob(this, job, { leaseSeconds, maxHours: limits.maxHours, clock: this.clock })
        : null;
    return { decision, held };
  }

  /**
   * Applies an event that only the job's present worker may report.
   * @throws {LostJobError} somebody else has taken over, or the job was ended
   */
  async report(
    id: string,
    { fence, holder }: { fence: number; holder: string },
    events: readonly JobEvent[],
  ): Promise<RetrainingJob> {
    const after = await this.db.runTransaction(async (tx) => {
      const job = await this.load(tx, id);
      if (job === undefined || job.fence !== fence || job.lease?.holder !== holder || isFinal(job)) {
        throw new LostJobError(id);
      }
      const nowMs = this.clock();
      return this.save(
        tx,
        job,
        events.reduce((now, event) => apply(now, event, nowMs), job),
      );
    });
    // An open job was loaded: if it is failed now, these events did it.
    if (after.stage === "failed") logAlert(failureOf(after));
    return after;
  }

  /** True while the job that this one waits for is not over; one that was deleted is. */
  async isBlocked(job: Pick<RetrainingJob, "waits_for"> | undefined): Promise<boolean> {
    if (typeof job?.waits_for !== "string") return false;
    const first = await this.jobs().doc(job.waits_for).get();
    return first.exists && !FINAL_STAGES.some((stage) => stage === first.get("stage"));
  }

  /** Puts a task into the queue for every job that waited for this one, which is over. */
  async wakeWaiting(id: string): Promise<void> {
    for (const waiting of await this.listOpen()) {
      if (waiting.waits_for !== id || waiting.stage !== "queued") continue;
      await this.transition(waiting.id, () => ({ type: "enqueued" }));
      await this.enqueue(waiting.id);
    }
  }

  private async load(tx: Transaction, id: string): Promise<RetrainingJob | undefined> {
    return parseDocument(RetrainingJob, await tx.get(this.jobs().doc(id)));
  }

  /** Saves what has changed; a job that has failed raises its alert with it. */
  private async save(tx: Transaction, before: RetrainingJob, after: RetrainingJob): Promise<RetrainingJob> {
    if (after === before) return after;
    const hasFailed = after.stage === "failed" && before.stage !== "failed";
    const alert = hasFailed ? await prepareAlert(this.db, tx, after.id, failureOf(after)) : undefined;
    alert?.();
    tx.set(this.jobs().doc(after.id), after);
    return after;
  }

  private open() {
    return this.jobs().where(
      "stage",
      "in",
      JobStage.options.filter((stage) => !FINAL_STAGES.includes(stage)),
    );
  }

  private jobs() {
    return this.db.collection("retraining_jobs");
  }
}

function outlines(docs: readonly QueryDocumentSnapshot[]): OpenJob[] {
  return docs.map((doc) => readableDocument(RetrainingJob, doc) ?? { id: doc.id, unreadable: true });
}
