import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { Lifecycle } from "../config.ts";
import { biasReport } from "./bias.ts";
import { answersOfRules, judgingOnly } from "./comparison.ts";
import { sampleOf } from "./sample.ts";

const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
const HOUR_MS = 3_600_000;
/** Where the first feature of a touch screen stands. */
const TOUCH = 7;

/** 300 sessions, one an hour. A third has a touch screen: all of them are engaged, which the rules never expect; of the others none. */
function visits(touch = 100, target_policy: "engagement" | "observed" = "engagement") {
  const samples = Array.from({ length: 300 }, (_, i) => {
    const features = someLog({}).features.slice();
    features[TOUCH] = i < touch ? 1 : 0;
    const event_at = new Date(Date.parse("2026-09-28T00:00:00Z") + i * HOUR_MS).toISOString();
    const ids = { prediction_id: `p${i}`, session_id: `s${i}`, unit: `u${i}`, subject: `u${i}`, event_at, features };
    const said = target_policy === "observed" && (i === 0 || i === 299) ? { user_satisfaction: 5 } : {};
    return sampleOf(
      someLog({ ...ids, ...(i < touch ? { ...ENGAGED, user_satisfaction: 2 } : {}), ...said, served: "fresh" }),
    );
  });
  const { training, validation: limits } = Lifecycle.parse({ training: { target_policy } });
  const validation = { verdict: "proceed", checked: 300, valid: 300, invalid: {}, reason: "" } as const;
  return judgingOnly(samples, { training, limits, validation });
}

describe("a bias report", () => {
  const work = visits();
  const report = biasReport(work, answersOfRules(work.examples), ["density"]);
  const segment = (name: string) => report.segments.find((of) => of.segment === name);

  it("says of each segment how often the version is right, what was served, and what came of it", () => {
    expect(segment("pointer touch")).toMatchObject({
      rows: 100,
      sessions: 100,
      accuracy: { density: 0 },
      engaged_rate: 1,
      satisfaction: { mean: 2, n: 100 },
      negative_rate: { rate: 1, n: 100 },
    });
    expect(segment("pointer no touch")).toMatchObject({
      accuracy: { density: 1 },
      engaged_rate: 0,
      satisfaction: null,
      negative_rate: null,
    });
    expect(segment("pointer touch")?.answered.density).toEqual([0, 1, 0]);
    for (const { served, answered } of report.segments) {
      for (const shares of [...Object.values(served), ...Object.values(answered)]) {
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }
    }
  });

  it("finds the segment that is furthest behind everybody else", () => {
    expect(report.worst_gap).toEqual({
      segment: "pointer touch",
      group: "density",
      sessions: 100,
      gap: { value: -1, low: -1, high: -1 },
    });
  });

  it("compares no segment of 99 sessions, nor one that is everybody", () => {
    const few = visits(99);
    const { worst_gap: gap } = biasReport(few, answersOfRules(few.examples), ["density"]);
    expect(gap).toBeNull();
  });

  it("goes day by day", () => {
    expect(report.days.map(({ day, sessions }) => [day, sessions]).slice(0, 2)).toEqual([
      ["2026-09-28", 24],
      ["2026-09-29", 24],
    ]);
    expect(report.days[0]).toMatchObject({ accuracy: { density: 0 }, engaged_rate: 1 });
    expect(report.days.at(-1)).toMatchObject({ accuracy: { density: 1 }, engaged_rate: 0 });
  });

  it("tells what came of all visits, under a policy too that learns only from those that went well", () => {
    const observed = visits(100, "observed");
    // Touch screens were engaged and did not like it, the others said nothing: only the first and the last teach something.
    expect(observed.examples.ids).toEqual(["p0", "p299"]);
    const { segments, days } = biasReport(observed, answersOfRules(observed.examples), ["density"]);
    const of = (name: string) => segments.find(({ segment: named }) => named === name);
    expect(of("pointer touch")).toMatchObject({ sessions: 100, engaged_rate: 1 });
    expect(of("pointer no touch")).toMatchObject({ sessions: 200, engaged_rate: 0 });
    expect(days).toHaveLength(report.days.length);
    // Of what nothing is known there is no figure.
    expect(days[3]).toMatchObject({ sessions: 24, accuracy: {} });
  });
});
