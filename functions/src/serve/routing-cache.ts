import { FIRST_ROUTING, type Routing } from "./schema.ts";
import { within } from "./within.ts";

/** How many times its fresh time routing may age before a request waits for newer. */
const TOO_OLD = 4;
/** Milliseconds, from its start, that requests wait for a read while older routing is at hand. */
const WAIT_MS = 300;
/** The same while an instance has none at all; the first connection to Firestore takes its time. */
const COLD_MS = 1500;
/** Milliseconds after a failed read before the next is tried. */
const RETRY_MS = 1000;
/** Milliseconds after which a read that says nothing is given up, and another may begin. */
const LOST_MS = 10_000;

/** What a look at the stored routing finds. */
export interface RoutingLook {
  routing: Routing;
  /** The stored document is somebody's edit that nobody has judged; `routing` is the last good. */
  pending: boolean;
}

interface Reading {
  startMs: number;
  done: Promise<void>;
}

/** Routing in an instance's memory, so that an answer needs no read. */
export class RoutingCache {
  private readonly look: () => Promise<RoutingLook>;
  private readonly freshMs: number;
  private readonly onFailure: (cause: unknown) => void;
  private held: (RoutingLook & { readMs: number }) | undefined;
  private reading: Reading | undefined;
  private retryMs = 0;

  /**
   * @param options.look reads what is in force
   * @param options.onFailure is told why a read failed; what was held goes on being used
   */
  constructor(options: { look: () => Promise<RoutingLook>; freshMs: number; onFailure: (cause: unknown) => void }) {
    this.look = options.look;
    this.freshMs = options.freshMs;
    this.onFailure = options.onFailure;
  }

  /** What to answer by. Before the first read has succeeded: the rules, for everyone. */
  get routing(): Routing {
    return this.held?.routing ?? FIRST_ROUTING;
  }

  /** True when what is held is older than the refresh allows, or is known not to be what is stored. */
  isStale(nowMs: number): boolean {
    return this.held === undefined || this.held.pending || this.isTooOld(nowMs);
  }

  /** Starts a read if it is time for one: once for all requests. The one that gets a promise sees to its end. */
  refresh(nowMs: number): Promise<void> | undefined {
    if (this.age(nowMs) < this.freshMs || nowMs < this.retryMs) return undefined;
    if (this.reading !== undefined && nowMs - this.reading.startMs < LOST_MS) return undefined;
    const reading: Reading = { startMs: nowMs, done: Promise.resolve() };
    reading.done = this.read(nowMs).finally(() => this.end(reading));
    this.reading = reading;
    return reading.done;
  }

  /** Waits for a read under way if what is held is too old to be used without. */
  async ready(nowMs: number): Promise<void> {
    if (this.reading === undefined || !this.isTooOld(nowMs)) return;
    const patience = this.held === undefined ? COLD_MS : WAIT_MS;
    await within(this.reading.done, this.reading.startMs + patience - nowMs);
  }

  private async read(startMs: number): Promise<void> {
    try {
      const found = await this.look();
      // A read that was given up may end after a later one.
      if (this.held !== undefined && this.held.readMs > startMs) return;
      this.held = { ...this.newer(found), readMs: startMs };
    } catch (cause) {
      this.retryMs = startMs + RETRY_MS;
      this.onFailure(cause);
    }
  }

  /** Revisions only rise: whatever says otherwise is not followed, and what is held counts as stale. */
  private newer(found: RoutingLook): RoutingLook {
    const { held } = this;
    if (held === undefined || held.routing.revision <= found.routing.revision) return found;
    return { routing: held.routing, pending: true };
  }

  private end(reading: Reading): void {
    if (this.reading === reading) this.reading = undefined;
  }

  private isTooOld(nowMs: number): boolean {
    return this.age(nowMs) >= this.freshMs * TOO_OLD;
  }

  private age(nowMs: number): number {
    return this.held === undefined ? Number.POSITIVE_INFINITY : nowMs - this.held.readMs;
  }
}
