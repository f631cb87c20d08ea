import { BUCKET_SUMS } from "../functions/src/collect/outcomes.ts";
import { BUCKETS } from "../functions/src/shared/visitor-buckets.ts";

const WEEK = 168;
const PLACES = Object.fromEntries(BUCKET_SUMS.map((name, place) => [name, place])) as Record<
  (typeof BUCKET_SUMS)[number],
  number
>;
/** Visits of a visitor on average, of 1 to 4. */
const VISITS_EACH = 1 + 5.4 / 3.8;

/** mulberry32: the same numbers in every run. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sums of no visit: BUCKETS x BUCKET_SUMS. */
export function noVisits(): Float64Array {
  return new Float64Array(BUCKETS * BUCKET_SUMS.length);
}

/** Adds a visit to its visitor's bucket. */
export function addVisit(
  sums: Float64Array,
  bucket: number,
  { engaged, errors, next }: { engaged: number; errors: number; next: () => number },
): void {
  const add = (place: number, value: number) => {
    const at = bucket * BUCKET_SUMS.length + place;
    sums[at] = (sums[at] ?? 0) + value;
  };
  add(PLACES.visits, 1);
  if (next() < engaged) add(PLACES.engaged, 1);
  if (next() < errors) add(PLACES.errors, 1);
  if (next() < 0.05) {
    add(PLACES.satisfaction_count, 1);
    add(PLACES.satisfaction, 3 + Math.floor(next() * 3));
    add(PLACES.feedback, 1);
    if (next() < 0.1) add(PLACES.negative, 1);
  }
}

/** How many come to a part of a site in each hour, and how they fare. */
export interface SimulatedArm {
  /** In an hour, on average over a day. */
  visits: number;
  hours: number;
  /** Share of engaged visits by the hour, 0-1. */
  engaged: (hour: number) => number;
  /** Share of visits with an error, 0.002 unless said. */
  errors?: (hour: number) => number;
}

/**
 * Hours of a site: between 0.4 and 1.6 times as many visitors by the time of day, who come 2.4 times on average, each hours (12 on average)
 * after the last, and differ in how much they engage (0.5 to 1.5 times).
 */
export function simulateHours({ visits, hours, engaged, errors }: SimulatedArm, next: () => number): Float64Array[] {
  const all = Array.from({ length: hours }, noVisits);
  for (let hour = 0; hour < hours; hour++) {
    const expected = (visits / VISITS_EACH) * (1 + 0.6 * Math.sin((2 * Math.PI * (hour - 9)) / 24));
    for (let visitors = poisson(expected, next); visitors > 0; visitors--) {
      const bucket = Math.floor(next() * BUCKETS);
      const inclination = 0.5 + next();
      let at = hour;
      for (let more = 1 + Math.floor(next() * 3.8); more > 0; more--) {
        const sums = all[at];
        // Who comes after the end is not seen.
        if (sums === undefined) break;
        addVisit(sums, bucket, { engaged: engaged(at) * inclination, errors: errors?.(at) ?? 0.002, next });
        at += Math.floor(-12 * Math.log(1 - next()));
      }
    }
  }
  return all;
}

/** The engaged share of a site whose evenings are 3 points better than its mornings, and whose days differ (sd 1 point). */
export function siteEngagement(days: number, next: () => number): (hour: number) => number {
  const ofDays = Array.from({ length: days }, () => 0.01 * (next() + next() + next() + next() - 2) * Math.sqrt(3));
  return (hour) => 0.2 + 0.015 * Math.sin((2 * Math.PI * (hour - 13)) / 24) + (ofDays[Math.floor(hour / 24)] ?? 0);
}

/** The last 24 hours before each hour, and the same hours of the four weeks before them, kept up to date hour by hour. */
export class RollingDay {
  readonly now = noVisits();
  readonly before = noVisits();
  private readonly hours: readonly Float64Array[];
  private hour: number;

  /** @param hour at which it begins: 29 days or more after the first */
  constructor(hours: readonly Float64Array[], hour: number) {
    this.hours = hours;
    this.hour = hour;
    for (let back = 1; back <= 24; back++) this.add(hour - back, 1);
  }

  /** Goes on by an hour. */
  advance(): void {
    this.add(this.hour, 1);
    this.add(this.hour - 24, -1);
    this.hour++;
  }

  private add(hour: number, sign: 1 | -1): void {
    const count = (sums: Float64Array, at: number) => {
      const part = this.hours[at];
      for (let i = 0; part !== undefined && i < part.length; i++) sums[i] = (sums[i] ?? 0) + sign * (part[i] ?? 0);
    };
    count(this.now, hour);
    for (const week of [1, 2, 3, 4]) count(this.before, hour - week * WEEK);
  }
}

/** Knuth's, in parts of at most 30, which add up. */
function poisson(mean: number, next: () => number): number {
  let count = 0;
  for (let left = mean; left > 0; left -= 30) {
    const floor = Math.exp(-Math.min(left, 30));
    for (let product = next(); product > floor; product *= next()) count++;
  }
  return count;
}
