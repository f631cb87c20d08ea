import type { Firestore, Transaction } from "firebase-admin/firestore";
import { getFunctions } from "firebase-admin/functions";
import { REGION } from "../config.ts";
import { type AuditRecord, prepareAudit } from "../shared/audit.ts";
import { parseDocument, readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { apply, type ClaimDecision, decideClaim, isFinal, type JobEvent } from "./job.ts";
import { FINAL_STAGES, JobStage, RetrainingJob } from "./schema.ts";

/** Jobs that a look at all open ones reads at most: one runs at a time, and a spoilt document may be in its way. */
const MAX_OPEN = 50;

/** What is known of a job when it is opened. */
export type NewJob = Pick<
  RetrainingJob,
  "id" | "kind" | "requested_by" | "reason" | "evaluation" | "as_of" | "in_service"
>;

/** What became of the wish to open a job: `job` is its id, or that of the open one that is in its way. */
export interface Opening {
  opened: boolean;
  job: string;
}

/** What a task that wants to work on a job was told; `held` if it may. */
export interface Claim {
  decision: ClaimDecision;
  held: HeldJob | null;
}

/** The only writer of `retraining_jobs`: every change is one transaction that loads, decides, applies and saves. */
export class JobStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  async read(id: string): Promise<RetrainingJob | undefined> {
    return parseDocument(RetrainingJob, await this.jobs().doc(id).get());
  }

  /** Jobs that are queued or running; one whose document is spoilt is left out. */
  async listOpen(): Promise<RetrainingJob[]> {
    const { docs } = await this.open().limit(MAX_OPEN).get();
    return docs.flatMap((doc) => readableDocument(RetrainingJob, doc) ?? []);
  }

  /**
   * Creates a job `queued`, unless one with its id exists or another is open: one runs at a time.
   * @param record put on audit in the same transaction if the job is opened
   */
  async create(job: NewJob, record?: AuditRecord): Promise<Opening> {
    return this.db.runTransaction(async (tx) => {
      const ref = this.jobs().doc(job.id);
      if ((await tx.get(ref)).exists) return { opened: false, job: job.id };
      const other = (await tx.get(this.open().limit(1))).docs[0];
      if (other !== undefined) return { opened: false, job: other.id };
      const audit = record === undefined ? undefined : await prepareAudit(this.db, tx, record);
      audit?.();
      tx.create(ref, queued(job, Date.now()));
      return { opened: true, job: job.id };
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
    return this.db.runTransaction(async (tx) => {
      const job = await this.load(tx, id);
      if (job === undefined) return undefined;
      const nowMs = Date.now();
      const event = decide(job, nowMs);
      return event === null ? job : this.save(tx, job, apply(job, event, nowMs));
    });
  }

  /** Takes the job for a worker, if it may have it; a job that has silenced too many workers fails here. */
  async claim(
    id: string,
    { holder, leaseSeconds, maxAttempts }: { holder: string; leaseSeconds: number; maxAttempts: number },
  ): Promise<Claim> {
    let decision: ClaimDecision = { action: "leave", reason: "there is no such job" };
    const job = await this.transition(id, (found, nowMs) => {
      decision = decideClaim(found, { maxAttempts }, nowMs);
      if (decision.action === "claim") return { type: "claimed", holder, leaseSeconds };
      return decision.action === "give_up" ? { type: "ended", stage: "failed", reason: decision.reason } : null;
    });
    const held = decision.action === "claim" && job !== undefined ? new HeldJob(this, job, { leaseSeconds }) : null;
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
    return this.db.runTransaction(async (tx) => {
      const job = await this.load(tx, id);
      if (job === undefined || job.fence !== fence || job.lease?.holder !== holder || isFinal(job)) {
        throw new LostJobError(id);
      }
      const nowMs = Date.now();
      return this.save(
        tx,
        job,
        events.reduce((now, event) => apply(now, event, nowMs), job),
      );
    });
  }

  private async load(tx: Transaction, id: string): Promise<RetrainingJob | undefined> {
    return parseDocument(RetrainingJob, await tx.get(this.jobs().doc(id)));
  }

  private save(tx: Transaction, before: RetrainingJob, after: RetrainingJob): RetrainingJob {
    if (after !== before) tx.set(this.jobs().doc(after.id), after);
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

/** A worker's job is no longer its own: it stops, and leaves everything to whoever has it now. */
export class LostJobError extends Error {
  constructor(id: string) {
    super(`the job ${id} is no longer this worker's`);
    this.name = "LostJobError";
  }
}

/**
 * A job in the hands of its worker. Every report renews the lease, and is refused once the job is lost. One is under way at a
 * time, so that what comes back late never takes the place of what is newer.
 */
export class HeldJob {
  private readonly store: Pick<JobStore, "report">;
  private readonly leaseSeconds: number;
  private readonly fence: number;
  private readonly holder: string;
  private current: RetrainingJob;
  private renewedMs = Date.now();
  private sending: Promise<void> | undefined;

  constructor(store: Pick<JobStore, "report">, job: RetrainingJob, { leaseSeconds }: { leaseSeconds: number }) {
    this.store = store;
    this.current = job;
    this.leaseSeconds = leaseSeconds;
    this.fence = job.fence;
    this.holder = job.lease?.holder ?? "";
  }

  /** The job as this worker saw it last. */
  get job(): RetrainingJob {
    return this.current;
  }

  /** @throws {LostJobError} */
  async report(event: JobEvent): Promise<void> {
    // What the one before says of its failure is for its own caller; if the job is lost, this one finds out as well.
    while (this.sending !== undefined) await this.sending.catch(() => {});
    this.sending = this.send(event);
    try {
      await this.sending;
    } finally {
      this.sending = undefined;
    }
  }

  private async send(event: JobEvent): Promise<void> {
    const { fence, holder } = this;
    const { message } = this.current.progress;
    const alive: JobEvent = { type: "renewed", leaseSeconds: this.leaseSeconds, message };
    this.current = await this.store.report(this.current.id, { fence, holder }, [alive, event]);
    this.renewedMs = Date.now();
  }

  /**
   * Says what is being done and renews the lease, three times as often as it would end; call it as often as you like.
   * @throws {LostJobError}
   */
  async beat(message: string): Promise<void> {
    if (this.sending !== undefined || Date.now() - this.renewedMs < (this.leaseSeconds * 1000) / 3) return;
    await this.confirm(message);
  }

  /**
   * Makes sure that the job is still this worker's, and renews the lease.
   * @throws {LostJobError}
   */
  async confirm(message: string): Promise<void> {
    await this.report({ type: "renewed", leaseSeconds: this.leaseSeconds, message });
  }
}

function queued(job: NewJob, nowMs: number): RetrainingJob {
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
    enqueued_at: now,
    progress: { done: 0, total: 0, message: "queued" },
    dataset: null,
    validation: null,
    units: {},
    version: null,
    result: null,
    ended_at: null,
  };
}
