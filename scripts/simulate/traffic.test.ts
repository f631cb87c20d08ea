import { beforeAll, describe, expect, it } from "vitest";
import { FEATURE_NAMES } from "../../functions/src/design/schema.ts";
import { Draws } from "../crowd/draws.ts";
import { featuresAt, hourFeatures } from "./person.ts";
import { type Hour, Traffic } from "./traffic.ts";
import { visitsOf } from "./visits.ts";

const DAY_HOURS = 24;
const RATES = { accuracy: 0.78, negative: 0.2 };

function weeks(count: number, seed = 1): Hour[] {
  const traffic = new Traffic(new Draws(seed, "visitor", 0), 100, RATES);
  return Array.from({ length: count * 7 * DAY_HOURS }, () => traffic.next());
}

describe("simulated traffic", () => {
  let hours: Hour[];
  beforeAll(() => {
    hours = weeks(8);
  });

  it("has the asked volume, by day more than by night and at weekends less", () => {
    const mean = (which: (hour: Hour) => boolean): number => {
      const some = hours.filter(which);
      return some.reduce((sum, { people }) => sum + people.length, 0) / some.length;
    };
    expect(mean(() => true)).toBeGreaterThan(92);
    expect(mean(() => true)).toBeLessThan(108);
    expect(mean(({ cell }) => cell % 4 === 0)).toBeLessThan(0.4 * mean(({ cell }) => cell % 4 === 3));
    expect(mean(({ cell }) => cell >= 20)).toBeLessThan(0.95 * mean(({ cell }) => cell < 20));
  });

  it("has 1 to 6 visits of a visitor on a day, and visitors who come back", () => {
    const days = new Map<number, Map<number, number>>();
    hours.forEach(({ people }, hour) => {
      for (const { unit } of people) {
        const of = days.get(unit) ?? new Map<number, number>();
        const day = Math.floor(hour / DAY_HOURS);
        days.set(unit, of.set(day, (of.get(day) ?? 0) + 1));
      }
    });
    const visits = [...days.values()].flatMap((of) => [...of.values()]);
    const mean = visits.reduce((sum, count) => sum + count, 0) / visits.length;
    expect(mean).toBeGreaterThan(1.5);
    expect(mean).toBeLessThan(2);
    // Who stays past midnight and comes back has a few more.
    expect(visits.filter((count) => count > 6).length / visits.length).toBeLessThan(0.001);
    const returned = [...days.values()].filter((of) => of.size > 1).length / days.size;
    expect(returned).toBeGreaterThan(0.2);
    expect(returned).toBeLessThan(0.5);
  });

  it("is the same for the same seed alone", () => {
    const counts = (of: Hour[]) => of.map(({ people }) => people.length);
    expect(counts(weeks(1))).toEqual(counts(hours.slice(0, 168)));
    expect(counts(weeks(1, 2))).not.toEqual(counts(hours.slice(0, 168)));
  });
});

describe("simulated visits", () => {
  it("tell of the visitor's history what the visits before were", () => {
    const traffic = new Traffic(new Draws(3, "visitor", 0), 40, RATES);
    const draws = new Draws(3, "visit", 0);
    const before = new Map<number, number>();
    const column = (name: (typeof FEATURE_NAMES)[number]) => FEATURE_NAMES.indexOf(name);
    for (let hour = 0; hour < 4 * DAY_HOURS; hour++) {
      const now = traffic.next();
      const { units, visitors } = visitsOf(now, draws, null).visits;
      for (const [i, visitor] of visitors.entries()) {
        const unit = units[i] ?? -1;
        const known = before.get(unit) ?? 0;
        expect(Number.isNaN(visitor.features[column("total_interactions")])).toBe(known === 0);
        before.set(unit, known + 1);
        expect(visitor.features[column("hour_of_day")]).toBe(hour % DAY_HOURS);
      }
    }
  });

  it("leave of a change those alone whom it does not catch", () => {
    const hour = weeks(1)[12] as Hour;
    const features = hourFeatures(hour.horaLocal, hour.cell);
    const expected = hour.people.map((person) => featuresAt(person, person.history, features)[7]);
    const shift = { column: 7, value: 1, share: 0.5, keepsMissing: false };
    const { visits } = visitsOf(hour, new Draws(1, "visit", 0), shift);
    expect(visits.visitors.map(({ features }) => features[7])).toEqual(
      expected.map((touch, i) => ((hour.people[i]?.caught ?? 1) < 0.5 ? 1 : touch)),
    );
  });
});
