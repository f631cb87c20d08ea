/** Events after which a run is due. */
const MAX_EVENTS = 500;
/** Milliseconds after the last run from which the next event is due. */
const MAX_AGE_MS = 300_000;
/** Milliseconds without an event that make a pause; so long there is between two runs, too, however many events come. */
const PAUSE_MS = 10_000;

/**
 * Says at which of many events an instance runs: at the first after a pause of 10 seconds, and then after 500 events or 5
 * minutes, but never within 10 seconds of the last run. An event that arrives while a run is under way only counts. Times are
 * server time, epoch ms.
 */
export class Debounce {
  private events = 0;
  private running = false;
  private lastRunMs = Number.NEGATIVE_INFINITY;
  private lastEventMs = Number.NEGATIVE_INFINITY;

  /** Runs `work` if it is due at this event. */
  async run(nowMs: number, work: () => Promise<void>): Promise<void> {
    this.events++;
    const isFirst = nowMs - this.lastEventMs >= PAUSE_MS;
    this.lastEventMs = nowMs;
    const sinceMs = nowMs - this.lastRunMs;
    const isDue = isFirst || (this.events >= MAX_EVENTS && sinceMs >= PAUSE_MS) || sinceMs >= MAX_AGE_MS;
    if (this.running || !isDue) return;
    this.running = true;
    this.events = 0;
    this.lastRunMs = nowMs;
    try {
      await work();
    } finally {
      this.running = false;
    }
  }
}
