/** Events after which a run is due. */
const MAX_EVENTS = 500;
/** Milliseconds after the last run, or after the last event of a quiet time, from which the next event is due. */
const MAX_AGE_MS = 300_000;
const PAUSE_MS = 10_000;

/**
 * Says at which of many events an instance runs: at the first after a pause, and then after 500 events or 5 minutes. An event
 * that arrives while a run is under way only counts. Times are server time, epoch ms.
 */
export class Debounce {
  private events = 0;
  private running = false;
  private lastRunMs = Number.NEGATIVE_INFINITY;
  private lastEventMs = Number.NEGATIVE_INFINITY;

  /** Runs `work` if it is due at this event, and tells it whether 500 have come since the last run. */
  async run(nowMs: number, work: (isFull: boolean) => Promise<void>): Promise<void> {
    this.events++;
    const isFirst = nowMs - this.lastEventMs >= PAUSE_MS;
    this.lastEventMs = nowMs;
    const isFull = this.events >= MAX_EVENTS;
    const isDue = isFirst || isFull || nowMs - this.lastRunMs >= MAX_AGE_MS;
    if (this.running || !isDue) return;
    this.running = true;
    this.events = 0;
    this.lastRunMs = nowMs;
    try {
      await work(isFull);
    } finally {
      this.running = false;
    }
  }
}
