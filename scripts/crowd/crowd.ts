import type { History, UserContext } from "../../functions/src/design/schema.ts";
import { type Behaviour, behave } from "./behaviour.ts";
import { Draws } from "./draws.ts";
import { engagementProbability, type Taster, type Tastes } from "./tastes.ts";
import { activity, crowdActivity, drawVisitor, type Visitor } from "./visitor.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Share of the sessions that are those of somebody who was here before. */
const RETURNING_SHARE = 0.2;
/** Only the latest visitors come back. */
const REMEMBERED = 2_000;
/** Pages that a session has, and how often. */
const PAGES_PER_SESSION = [
  [1, 0.75],
  [2, 0.18],
  [3, 0.07],
] as const;
const MEAN_PAGES = PAGES_PER_SESSION.reduce((sum, [pages, share]) => sum + pages * share, 0);
const PATHS = ["/", "/articulos", "/articulos/leer", "/tienda", "/tienda/cesta", "/ayuda"] as const;

/** One page view that asks for a design. */
export interface Visit extends Taster {
  /** 0, 1, 2 ... in the order in which visits are planned: what its random numbers depend on. */
  number: number;
  visitor: Visitor;
  /** 0, 1, 2 ... in the order in which visitors first come. */
  visitorNumber: number;
  /** Epoch milliseconds, virtual. */
  atMs: number;
  history?: History;
}

/** How the crowd is set up. */
export interface CrowdOptions {
  seed: number;
  /** Start of the first hour, epoch milliseconds. */
  startMs: number;
  visitsPerDay: number;
}

/** Somebody who has been here, and what their own device keeps of it. */
interface Regular {
  visitor: Visitor;
  number: number;
  firstVisit: string;
  sessions: Map<string, { duration: number; interactions: number }>;
}

/**
 * The visitors of a site, hour by hour of virtual time. Who comes, when, and with what is fixed by the seed; what a device
 * remembers of earlier sessions also depends on how they went.
 */
export class Crowd {
  private readonly options: CrowdOptions;
  private readonly regulars: Regular[] = [];
  private readonly awake: readonly number[];
  private hours = 0;
  private sessions = 0;
  private visits = 0;
  private tastes: Tastes = "first";

  constructor(options: CrowdOptions) {
    this.options = options;
    const shape = Array.from({ length: 24 }, (_, hour) => crowdActivity(hour));
    const total = shape.reduce((sum, value) => sum + value, 0);
    this.awake = shape.map((value) => value / total);
  }

  /** Start of the next hour, epoch milliseconds. */
  get nowMs(): number {
    return this.options.startMs + this.hours * HOUR_MS;
  }

  /** Visitors so far: the next new one gets this number. */
  get visitorCount(): number {
    return this.regulars.length;
  }

  /** From the next hour on everybody's tastes are turned around. Who comes, and when, stays the same. */
  turnTastes(): void {
    this.tastes = "turned";
  }

  /** The visits of the next hour, by time. */
  nextHour(): Visit[] {
    const { seed, visitsPerDay } = this.options;
    const draws = new Draws(seed, "hour", this.hours);
    const share = this.awake[new Date(this.nowMs).getUTCHours()] ?? 0;
    const expected = ((visitsPerDay * share) / MEAN_PAGES) * draws.between(0.85, 1.15);
    const sessions = Math.floor(expected) + Number(draws.chance(expected % 1));
    const here = new Set<number>();
    const planned = Array.from({ length: sessions }, () => this.session(here)).flat();
    this.hours++;
    return planned.sort((a, b) => a.atMs - b.atMs);
  }

  /** How a visit goes that was shown these classes. The visitor's device remembers it. */
  behave(visit: Visit, classes: Parameters<typeof engagementProbability>[1]): Behaviour {
    const { context, number } = visit;
    const behaviour = behave(new Draws(this.options.seed, "visit", number), {
      probability: engagementProbability(visit, classes),
      slow: context.connection_effective_type === "2g" || context.cpu_cores === 2,
    });
    const kept = this.regulars[visit.visitorNumber]?.sessions;
    const before = kept?.get(context.session_id) ?? { duration: 0, interactions: 0 };
    kept?.set(context.session_id, {
      duration: before.duration + behaviour.session_duration,
      interactions: before.interactions + behaviour.interactions_count,
    });
    return behaviour;
  }

  private session(here: Set<number>): Visit[] {
    const draws = new Draws(this.options.seed, "session", this.sessions);
    const regular = this.whoComes(draws, here);
    here.add(regular.number);
    const { visitor, number: visitorNumber } = regular;
    const sessionId = `session-${this.sessions++}-${draws.integer(0, 2 ** 40).toString(36)}`;
    const history = historyOf(regular);
    let atMs = this.nowMs + draws.integer(0, HOUR_MS - 1);
    return Array.from({ length: draws.weighted(PAGES_PER_SESSION) }, (): Visit => {
      const context: UserContext = {
        hora_local: localIso(atMs, visitor.offsetMinutes),
        ...visitor.device,
        session_id: sessionId,
        page_path: draws.pick(PATHS),
      };
      const visit: Visit = {
        number: this.visits++,
        visitor,
        visitorNumber,
        atMs,
        context,
        tastes: this.tastes,
        ...(history === undefined ? {} : { history }),
        ...(visitor.preferences === undefined ? {} : { preferences: visitor.preferences }),
      };
      atMs = Math.min(this.nowMs + HOUR_MS - 1, atMs + draws.integer(20_000, 240_000));
      return visit;
    });
  }

  /** A regular who is awake and not here already, or somebody new. */
  private whoComes(draws: Draws, here: ReadonlySet<number>): Regular {
    const utcHour = new Date(this.nowMs).getUTCHours();
    if (this.regulars.length > 0 && draws.chance(RETURNING_SHARE)) {
      const oldest = Math.max(0, this.regulars.length - REMEMBERED);
      const found = this.regulars[draws.integer(oldest, this.regulars.length - 1)];
      const awake = found !== undefined && draws.chance(activity(utcHour, found.visitor.offsetMinutes));
      if (awake && !here.has(found.number)) return found;
    }
    const number = this.regulars.length;
    const visitor = drawVisitor(new Draws(this.options.seed, "visitor", number), utcHour);
    const firstVisit = new Date(this.nowMs).toISOString();
    const newcomer: Regular = { visitor, number, firstVisit, sessions: new Map() };
    this.regulars.push(newcomer);
    return newcomer;
  }
}

function historyOf({ sessions, firstVisit }: Regular): History | undefined {
  if (sessions.size === 0) return undefined;
  const all = [...sessions.values()];
  return {
    sessions: all.length,
    avg_session_duration: Math.round(all.reduce((sum, { duration }) => sum + duration, 0) / all.length),
    total_interactions: all.reduce((sum, { interactions }) => sum + interactions, 0),
    first_visit: firstVisit,
  };
}

/** An instant as ISO 8601 in a visitor's own offset. */
export function localIso(ms: number, offsetMinutes: number): string {
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const size = Math.abs(offsetMinutes);
  return `${local}${offsetMinutes < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

/** The Monday 00:00 UTC at or before `days` ago: where virtual time starts. */
export function mondayBefore(nowMs: number, days: number): number {
  const day = Math.floor((nowMs - days * DAY_MS) / DAY_MS);
  // Day 0 of the epoch was a Thursday.
  return (day - ((day + 3) % 7)) * DAY_MS;
}
