import { randomUUID } from "node:crypto";
import { logger } from "firebase-functions";
import { reasonOf } from "./errors.ts";

/** Milliseconds after which counters are written, within a request; for windows that are written whole, once one is over. */
const MAX_AGE_MS = 30_000;
/** Changes after which they are written earlier. */
const MAX_CHANGES = 500;
/** Milliseconds that a dying instance may take; Cloud Run allows 10 s. */
const TERMINATION_MS = 8_000;

/**
 * Counters that an instance keeps in memory and writes now and then: there is no CPU after a response, so they are written
 * within a request when 30 s or 500 changes old, and when the instance is told to end. Windows that nobody needs earlier are
 * written whole: once, when the next one has begun.
 *
 * Every window has a document of its own per instance, and what is written is its total so far, not what was added: a
 * write whose answer was lost is simply done again, and nothing is lost or counted twice.
 */
export class CounterBuffer<W> {
  private readonly write: (windows: ReadonlyMap<string, W>) => Promise<void>;
  private readonly whole: boolean;
  private readonly entries = new Map<string, Entry<W>>();
  private changes = 0;
  private since = Date.now();
  private flushing: Promise<void> = Promise.resolve();

  /**
   * @param write sets documents (name -> content) to the given totals; if it throws, they are written again later
   * @param options.whole whether a window's age does not matter until another one has begun
   */
  constructor(write: (windows: ReadonlyMap<string, W>) => Promise<void>, { whole = false } = {}) {
    this.write = write;
    this.whole = whole;
  }

  /**
   * Changes one window in memory.
   * @param key name of the window; its document gets an own suffix on top
   * @param first what the window begins with
   */
  count(key: string, first: () => W, change: (window: W) => void): void {
    flushOnTermination(this);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { name: `${key}.${randomUUID().slice(0, 13)}`, window: first(), changes: 0, written: 0 };
      this.entries.set(key, entry);
    }
    change(entry.window);
    entry.changes++;
    this.changes++;
  }

  /** Writes if it is time to. Await it within the request. */
  async flushIfDue(): Promise<void> {
    if (this.changes >= MAX_CHANGES) await this.flush();
    else if (this.changes === 0) this.since = Date.now();
    else if (Date.now() - this.since >= MAX_AGE_MS && (!this.whole || this.entries.size > 1)) {
      await this.flush({ ofLast: !this.whole });
    }
  }

  /**
   * Writes what has changed, of the last window too unless told otherwise. Never throws: what could not be written stays, and is
   * written with the next.
   */
  async flush({ ofLast } = { ofLast: true }): Promise<void> {
    this.flushing = this.flushing.then(() => this.writeChanged(ofLast));
    await this.flushing;
  }

  private async writeChanged(ofLast: boolean): Promise<void> {
    this.changes = 0;
    this.since = Date.now();
    const changed = [...this.entries.values()]
      .slice(0, ofLast ? undefined : -1)
      .filter((entry) => entry.changes > entry.written);
    const upTo = changed.map((entry) => entry.changes);
    try {
      if (changed.length > 0) await this.write(new Map(changed.map(({ name, window }) => [name, window])));
    } catch (error) {
      // Due again after another MAX_AGE_MS, and not with every request while the database is down.
      this.changes += changed.length;
      const reason = reasonOf(error);
      logger.warn("counters not written", { windows: changed.length, reason });
      return;
    }
    changed.forEach((entry, i) => {
      entry.written = upTo[i] ?? 0;
    });
    // A window that did not change since its last write is over; if it comes back, it gets a new document.
    for (const [key, entry] of this.entries) {
      if (entry.changes === entry.written && !changed.includes(entry)) this.entries.delete(key);
    }
  }
}

interface Entry<W> {
  name: string;
  window: W;
  changes: number;
  written: number;
}

const buffers = new Set<{ flush(): Promise<void> }>();

/**
 * On SIGTERM, buffers are written before anybody else's listener runs: the functions framework has one that exits at
 * once, so listeners are held back rather than joined.
 */
function flushOnTermination(buffer: { flush(): Promise<void> }): void {
  if (buffers.has(buffer)) return;
  buffers.add(buffer);
  if (buffers.size > 1) return;
  const others = process.listeners("SIGTERM");
  process.removeAllListeners("SIGTERM");
  process.once("SIGTERM", () => void flushAndLeave(others));
}

async function flushAndLeave(others: readonly NodeJS.SignalsListener[]): Promise<void> {
  const patience = new Promise((resolve) => setTimeout(resolve, TERMINATION_MS));
  await Promise.race([patience, Promise.all([...buffers].map((buffer) => buffer.flush()))]);
  for (const listener of others) listener("SIGTERM");
  process.exit(0);
}
