import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { forecast, type SiteWeek } from "./forecast.ts";

const { deployment: policy } = Lifecycle.parse({});
const MATURITY_HOURS = 0.75;

function site(visitorsPerHour: number, more: Partial<SiteWeek> = {}): SiteWeek {
  const engagement = { mean: 0.2, variance: 0.2 };
  const latency = { mean: 40, variance: 3600 };
  return { visitorsPerHour, visitsPerHour: 2.4 * visitorsPerHour, engagement, latency, errors: 0.002, ...more };
}

const of = (week: SiteWeek, by = policy) => forecast(week, by, MATURITY_HOURS);

describe("the forecast of a deployment", () => {
  it("tells visitors and hours of each harm, and hours of both ends, in words", () => {
    const told = of(site(2000));
    // scipy 1.17, n = v * .5 / .55 treatment visits v, alpha = .005 * .8:
    //   brentq(lambda v: .05 - (.8416 + width(.004, n)) * sqrt(.2 / n), 100, 1e5) / 2.4 = 756.8, to one in a thousand
    expect(told.harms).toEqual([
      { metric: "engagement", size: -0.05, visitors: 758, hours: 8.3 },
      // What no look tells before 100 visits.
      { metric: "latency", size: 100, visitors: 42, hours: 1.2 },
      { metric: "errors", size: 0.04, visitors: 203, hours: 2.8 },
    ]);
    expect(told).toMatchObject({ visitors_per_hour: 2000, visits_per_hour: 4800, hours_to_roll_back: 11.1 });
    expect(told.rates).toEqual({ engagement: 0.2, latency_ms: 40, errors: 0.002 });
    expect(told.says).toBe(
      "at 2000 visitors an hour a good candidate has everybody's traffic after about 11 hours, and harm is rolled back within about 11, in four cases of five",
    );
  });

  it("says that nothing can be decided where there is too little traffic", () => {
    expect(of(site(50))).toMatchObject({
      hours_to_promote: null,
      hours_to_roll_back: null,
      says: "at 50 visitors an hour nothing can be decided: a good candidate would end with not enough data, and harm may not be recognised at 5 % of it",
    });
  });

  it("has a good candidate promoted where harm may still not be recognised", () => {
    const told = of(site(200));
    expect(told.hours_to_promote).toBeGreaterThan(48);
    expect(told.hours_to_roll_back).toBeNull();
    expect(told.says).toMatch(/everybody's traffic after about 60 hours, and harm may not be recognised/);
  });

  it.each([
    ["more traffic", site(500), site(1000)],
    ["less variance", site(2000, { engagement: { mean: 0.2, variance: 0.4 } }), site(2000)],
  ])("needs less time with %s", (_, slower, faster) => {
    const hours = [slower, faster].map((week) => of(week));
    expect(hours[0]?.hours_to_promote).toBeGreaterThan(hours[1]?.hours_to_promote ?? Number.POSITIVE_INFINITY);
    expect(hours[0]?.hours_to_roll_back).toBeGreaterThan(hours[1]?.hours_to_roll_back ?? Number.POSITIVE_INFINITY);
  });

  it("gives a stage two terms of patience and no more", () => {
    const hours = (hold_hours: number) => of(site(200), { ...policy, hold_hours }).hours_to_promote;
    // 300 visitors at 5 % of 200 an hour are 30 hours.
    expect(hours(15.1)).not.toBeNull();
    expect(hours(14.9)).toBeNull();
  });

  it("waits for the shadow's visitors, and for logs to count", () => {
    const [short, long] = [500, 5000].map((visitors) => of(site(1000), { ...policy, shadow_min_visitors: visitors }));
    // 5000 visitors are five hours, where two are the least.
    expect(long?.hours_to_promote).toBeCloseTo((short?.hours_to_promote ?? Number.NaN) + 3, 6);
  });
});
