import { hourOfWeekCell, localTime } from "../../functions/src/design/local-time.ts";
import type { Draws } from "../crowd/draws.ts";
import { newPerson, type Person, type Rates } from "./person.ts";

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** A Monday. */
const START_MS = Date.parse("2026-01-05T00:00:00Z");

/** Activity of each hour of the day, mean 1. */
export const DAILY = [
  0.35, 0.2, 0.15, 0.12, 0.12, 0.2, 0.45, 0.8, 1.1, 1.3, 1.4, 1.45, 1.3, 1.2, 1.2, 1.25, 1.3, 1.35, 1.45, 1.6, 1.7,
  1.65, 1.25, 0.71,
];
/** Activity of each weekday from Monday, mean 1. */
const WEEKLY = [1.08, 1.08, 1.06, 1.04, 0.98, 0.84, 0.92];
/** Relative standard deviation of days, which remember the day before, and of hours. */
const DAY_NOISE = 0.08;
const DAY_MEMORY = 0.6;
const HOUR_NOISE = 0.1;
/** Visits of a visitor on a day, 1 to 6: probability of each number. */
const VISITS_A_DAY = [0.58, 0.21, 0.1, 0.06, 0.03, 0.02];
/** Hours over which the visits of a day are spread. */
const VISIT_HOURS = 4;
/** Mean of the days until somebody is back. */
const RETURN_DAYS = 4;

/** An hour of traffic: who comes, in no order, some of them more than once. */
export interface Hour {
  fromMs: number;
  /** ISO 8601, UTC: everybody lives there. */
  horaLocal: string;
  cell: number;
  people: Person[];
  /** Visitors for whom this is the first visit of a day. */
  arrivals: number;
}

/** Visits hour by hour, with daily and weekly cycles: new people, and those who come back. */
export class Traffic {
  private readonly draws: Draws;
  private readonly perHour: number;
  private readonly rates: Rates;
  private readonly expected = new Map<number, { person: Person; isFirst: boolean }[]>();
  private hour = 0;
  private units = 0;
  private dayFactor = 0;

  /** @param perHour mean visits */
  constructor(draws: Draws, perHour: number, rates: Rates) {
    this.draws = draws;
    this.perHour = perHour;
    this.rates = rates;
  }

  /** People so far. */
  get people(): number {
    return this.units;
  }

  next(): Hour {
    const fromMs = START_MS + this.hour * HOUR_MS;
    const horaLocal = new Date(fromMs).toISOString();
    const { hour, weekday } = localTime(horaLocal);
    if (hour === 0) this.nextDay();
    const cell = hourOfWeekCell(horaLocal);
    const mean = this.perHour * (DAILY[hour] ?? 1) * (WEEKLY[weekday] ?? 1) * Math.exp(this.dayFactor);
    const wanted = poisson(mean * Math.exp(HOUR_NOISE * normal(this.draws)), this.draws);
    const expected = this.expected.get(this.hour) ?? [];
    this.expected.delete(this.hour);
    const people: Person[] = [];
    let arrivals = 0;
    for (const { person, isFirst } of expected) {
      people.push(person);
      if (!isFirst) continue;
      arrivals++;
      this.planDay(person);
    }
    while (people.length < wanted) {
      const person = newPerson(this.units++, this.draws, hour, weekday >= 5, this.rates);
      people.push(person);
      arrivals++;
      this.planDay(person);
    }
    this.hour++;
    return { fromMs, horaLocal, cell, people, arrivals };
  }

  private nextDay(): void {
    const fresh = DAY_NOISE * Math.sqrt(1 - DAY_MEMORY ** 2) * normal(this.draws);
    this.dayFactor = DAY_MEMORY * this.dayFactor + fresh;
  }

  /** Plans the other visits of a day that has begun, and the next day. */
  private planDay(person: Person): void {
    const { draws } = this;
    let left = draws.uniform();
    for (const probability of VISITS_A_DAY) {
      left -= probability;
      if (left < 0) break;
      this.expect(this.hour + 1 + draws.integer(0, VISIT_HOURS - 1), person, false);
    }
    if (!draws.chance(person.loyalty)) return;
    const days = 1 + Math.floor(Math.log(1 - draws.uniform()) / Math.log(1 - 1 / RETURN_DAYS));
    const today = this.hour - (this.hour % DAY_HOURS);
    this.expect(today + days * DAY_HOURS + person.habit, person, true);
  }

  private expect(hour: number, person: Person, isFirst: boolean): void {
    const known = this.expected.get(hour);
    if (known === undefined) this.expected.set(hour, [{ person, isFirst }]);
    else known.push({ person, isFirst });
  }
}

/** Standard normal (Box and Muller 1958). */
function normal(draws: Draws): number {
  return Math.sqrt(-2 * Math.log(1 - draws.uniform())) * Math.cos(2 * Math.PI * draws.uniform());
}

/** Poisson by its definition for small means, by its normal limit for large ones. */
function poisson(mean: number, draws: Draws): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(draws)));
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); count++) product *= draws.uniform();
  return count;
}
