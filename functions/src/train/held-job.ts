import { isFinal, type JobEvent, overdue } from "./job.ts";
import type { RetrainingJob } from "./schema.ts";

/** Where a worker's reports go; it refuses those of one that has lost its job. */
export interface Reports {
  report(id: string, worker: { fence: number; holder: string }, events: readonly JobEvent[]): Promise<RetrainingJob>;
}

/** A worker's job is no longer its own: it stops, and leaves everything to whoever has it now. */
export class LostJobError extends Error {
  constructor(id: string) {
    super(`the job ${id} is no longer this worker's`);
    this.name = "LostJobError";
  }
}

interface HeldJobOptions {
  leaseSeconds: number;
  /** Since it was opened: a report after that fails the job. */
  maxHours: number;
  /** Server time, epoch ms. */
  clock: () => number;
}

/**
 * A job in the hands of its worker. Every report renews the lease, and is refused once the job is lost. One is under way at a
 * time, so that what comes back late never takes the place of what is newer.
 */
export class HeldJob {
  private readonly store: Reports;
  private readonly leaseSeconds: number;
  private readonly fence: number;
  private readonly holder: string;
  private current: RetrainingJob;
  private readonly maxHours: number;
  private readonly clock: () => number;
  private renewedMs: number;
  private sending: Promise<void> | undefined;

  constructor(store: Reports, job: RetrainingJob, { leaseSeconds, maxHours, clock }: HeldJobOptions) {
    this.store = store;
    this.current = job;
    this.leaseSeconds = leaseSeconds;
    this.maxHours = maxHours;
    this.clock = clock;
    this.renewedMs = clock();
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
    const late = overdue(this.current, { maxHours: this.maxHours }, this.clock());
    const end: JobEvent[] = late === undefined ? [] : [{ type: "ended", stage: "failed", reason: late }];
    this.current = await this.store.report(this.current.id, { fence, holder }, [alive, event, ...end]);
    this.renewedMs = this.clock();
  }

  /**
   * Says what is being done and renews the lease, three times as often as it would end; call it as often as you like.
   * @throws {LostJobError}
   */
  async beat(message: string): Promise<void> {
    if (this.sending !== undefined || this.clock() - this.renewedMs < (this.leaseSeconds * 1000) / 3) return;
    await this.confirm(message);
  }

  /**
   * Makes sure that the job is still this worker's, and renews the lease.
   * @throws {LostJobError}
   */
  async confirm(message: string): Promise<void> {
    await this.report({ type: "renewed", leaseSeconds: this.leaseSeconds, message });
    if (isFinal(this.current)) throw new LostJobError(this.current.id);
  }
}
