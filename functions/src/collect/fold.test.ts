import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { UNITS } from "./analysed.ts";
import { decodeDraws } from "./draws.ts";
import { foldInto, isResting, prefixWithin, touchedTraffic, touchedWindows } from "./fold.ts";
import { BUCKET_SUMS, sumBuckets } from "./outcomes.ts";
import type { InteractionLog, Window } from "./schema.ts";
import { estimate } from "./sketch.ts";
import { dayOf, KEPT_REVISIONS, mergeWindows, sinceRevision } from "./window.ts";

const MODEL = "v_20260928T050000Z_0123456789ab";
const NONE: ReadonlyMap<string, Window> = new Map();
const fold = (logs: InteractionLog[]) => foldInto(NONE, logs);

const visits = fc.array(
  fc.record({
    event_at: fc.integer({ min: 0, max: 3 * 24 * 60 }).map((m) => new Date(Date.UTC(2026, 8, 28, 0, m)).toISOString()),
    arm: fc.constantFrom<InteractionLog["arm"]>("stable", "treatment", "exp.a.b"),
    routing_revision: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 40 })),
    unit: fc.constantFrom("u1", "u2", "u3", "u4"),
    session_id: fc.constantFrom("s1", "s2", "s3", "s4", "s5"),
    session_duration: fc.constantFrom(1000, 200_000),
    predict_outcome: fc.constantFrom<InteractionLog["predict_outcome"]>("ok", "timeout", "error"),
    model_version: fc.constantFrom<InteractionLog["model_version"]>("rules", MODEL),
    user_satisfaction: fc.constantFrom(1, 5),
  }),
  { maxLength: 60 },
);

describe("a shard", () => {
  const NOW = Date.parse("2026-09-28T05:10:00.000Z");
  it.each([
    { name: "that was never folded does not rest", folded_at: null, resting: false },
    { name: "rests until its time is over", folded_at: "2026-09-28T05:05:00.001Z", resting: true },
    { name: "rests no longer", folded_at: "2026-09-28T05:05:00.000Z", resting: false },
  ])("$name", ({ folded_at, resting }) => {
    expect(isResting({ folded_at }, { restMs: 300_000, nowMs: NOW })).toBe(resting);
  });
});

describe("fold", () => {
  it("counts a log in its five minutes, its hour and its day, by event time", () => {
    const windows = fold([someLog({ event_at: "2026-09-28T05:12:34.000Z", arm: "control", shard: 2 })]);
    expect([...windows.keys()]).toEqual([
      "rules.control.5m.2026-09-28T05:10Z.2",
      "rules.control.1h.2026-09-28T05:00Z.2",
      "rules.control.1d.2026-09-28T00:00Z.2",
    ]);
    expect(windows.get("rules.control.5m.2026-09-28T05:10Z.2")).toMatchObject({
      version: "rules",
      arm: "control",
      granularity: "5m",
      start: "2026-09-28T05:10:00.000Z",
      shard: 2,
      visits: 1,
    });
  });

  it.each([
    { at: "2026-09-28T05:09:59.999Z", start: "2026-09-28T05:05:00.000Z" },
    { at: "2026-09-28T05:10:00.000Z", start: "2026-09-28T05:10:00.000Z" },
    { at: "2026-09-28T23:59:59.999Z", start: "2026-09-28T23:55:00.000Z" },
    { at: "2026-09-29T00:00:00.000Z", start: "2026-09-29T00:00:00.000Z" },
  ])("puts $at into the five minutes of $start", ({ at, start }) => {
    expect([...fold([someLog({ event_at: at })]).values()][0]?.start).toBe(start);
  });

  it("counts visits, engaged ones, errors, sessions and visitors", () => {
    const engaged = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
    const [window] = fold([
      someLog({ ...engaged, unit: "u1", session_id: "s1" }),
      someLog({ ...engaged, session_duration: 120_000, unit: "u1", session_id: "s2" }),
      someLog({ predict_outcome: "timeout", unit: "u2", session_id: "s3" }),
      someLog({ predict_outcome: "error", unit: "u2", session_id: "s3" }),
    ]).values();
    expect(window).toMatchObject({ visits: 4, engaged: 1, errors: 2 });
    expect(window && estimate(window.sessions)).toBe(3);
    expect(window && estimate(window.units)).toBe(2);
  });

  it("keeps versions, arms and shards apart", () => {
    const windows = fold([
      someLog({}),
      someLog({ arm: "holdback" }),
      someLog({ assigned_version: MODEL, model_version: "rules" }),
      someLog({ shard: 1 }),
    ]);
    expect(windows.size).toBe(4 * 3);
    expect([...windows.values()].every((window) => window.visits === 1)).toBe(true);
  });

  it("leaves imported logs out", () => {
    expect(fold([someLog({ source: "import" })]).size).toBe(0);
  });

  it("gives the same windows whatever the order and grouping of the logs", () => {
    fc.assert(
      fc.property(visits, fc.integer({ min: 0, max: 60 }), (all, cut) => {
        const logs = all.map((visit) => someLog(visit));
        const once = fold(logs);
        const inTwo = foldInto(fold(logs.slice(cut).reverse()), logs.slice(0, cut));
        expect(Object.fromEntries(inTwo)).toEqual(Object.fromEntries(once));
        const oneByOne = logs.reduce((windows, log) => foldInto(windows, [log]), NONE);
        expect(Object.fromEntries(oneByOne)).toEqual(Object.fromEntries(once));
      }),
      { numRuns: 100 },
    );
  });

  it("adds up to the plain counts at every granularity", () => {
    fc.assert(
      fc.property(visits, (all) => {
        const windows = [...fold(all.map((visit) => someLog(visit))).values()];
        for (const granularity of ["5m", "1h", "1d"] as const) {
          const totals = mergeWindows(windows.filter((window) => window.granularity === granularity));
          expect(totals.visits).toBe(all.length);
          expect(totals.errors).toBe(all.filter((visit) => visit.predict_outcome !== "ok").length);
          expect(estimate(totals.units)).toBe(new Set(all.map((visit) => visit.unit)).size);
          expect(estimate(totals.sessions)).toBe(new Set(all.map((visit) => visit.session_id)).size);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("tells routing revisions apart, so that a stage counts its own visits", () => {
    const logs = [3, 3, 4, 10].map((routing_revision, i) => someLog({ routing_revision, unit: `u${i}` }));
    const [window] = fold(logs).values();
    if (window === undefined) throw new Error("no window");
    expect(sinceRevision(window, 4).visits).toBe(2);
    expect(estimate(sinceRevision(window, 4).units)).toBe(2);
    expect(sinceRevision(window, 11).visits).toBe(0);
  });

  it("tells of each revision the sums of its own visits, and its visitors with an error or negative feedback", () => {
    fc.assert(
      fc.property(visits, (all) => {
        for (const window of fold(all.map((visit) => someLog(visit))).values()) {
          if (window.granularity !== "1h" || window.arm === "stable") continue;
          const inHour = all.filter(
            ({ arm, event_at: at }) => arm === window.arm && at.slice(0, 13) === window.start.slice(0, 13),
          );
          const newest = [...new Set(inHour.map((visit) => visit.routing_revision))].sort((a, b) => b - a).slice(0, 3);
          const told = Object.entries(window.by_revision).filter(([, { analysed }]) => analysed !== undefined);
          expect(told.map(([revision]) => Number(revision)).sort((a, b) => b - a)).toEqual(newest);
          for (const [revision, { visits: n, analysed }] of told) {
            if (analysed === undefined) throw new Error("not analysed");
            const own = inHour.filter((visit) => String(visit.routing_revision) === revision);
            const units = (of: typeof own) => new Set(of.map(({ unit }) => unit)).size;
            const visitsOf = (sums: Float64Array) => sums.filter((_, i) => i % BUCKET_SUMS.length === 0);
            expect(n).toBe(own.length);
            expect(visitsOf(sumBuckets([analysed.buckets])).reduce((a, b) => a + b, 0)).toBe(own.length);
            const erred = own.filter((visit) => visit.predict_outcome !== "ok" || visit.model_version !== "rules");
            expect(estimate(analysed.erred)).toBe(units(erred));
            expect(estimate(analysed.negative)).toBe(units(own.filter((visit) => visit.user_satisfaction === 1)));
            expect(decodeDraws(analysed.sample, UNITS)).toHaveLength(units(own));
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it("keeps the newest revisions only, and a late log of an old one does not bring half of it back", () => {
    const logs = Array.from({ length: KEPT_REVISIONS + 5 }, (_, i) => someLog({ routing_revision: i }));
    const once = fold(logs);
    const late = foldInto(once, [someLog({ routing_revision: 2 })]);
    const [window] = late.values();
    expect(Object.keys(window?.by_revision ?? {}).length).toBe(KEPT_REVISIONS);
    expect(window?.by_revision["4"]).toBeUndefined();
    expect(window?.by_revision["5"]).toBeDefined();
    expect(window?.visits).toBe(KEPT_REVISIONS + 6);
  });
});

describe("prefix", () => {
  const hours = (n: number) =>
    Array.from({ length: n }, (_, i) => someLog({ event_at: new Date(Date.UTC(2026, 8, 28, i)).toISOString() }));

  it.each([
    { name: "nothing", logs: [], max: 60, length: 0 },
    {
      name: "all that fits exactly (four hours: 4 + 4 + 1 windows, 4 + 1 of traffic)",
      logs: hours(4),
      max: 14,
      length: 4,
    },
    { name: "all but the log that is one document too many", logs: hours(4), max: 13, length: 3 },
    {
      name: "many logs of the same windows",
      logs: Array.from({ length: 500 }, () => someLog({})),
      max: 5,
      length: 500,
    },
  ])("takes $name", ({ logs, max, length }) => {
    expect(prefixWithin(logs, max)).toBe(length);
    const touched = logs.slice(0, length).flatMap((log) => [...touchedWindows(log), ...touchedTraffic(log)]);
    expect(new Set(touched).size).toBeLessThanOrEqual(max);
  });
});

describe("a day", () => {
  it("is the sum of its hours, as if it had been counted log by log", () => {
    fc.assert(
      fc.property(visits, (of) => {
        const windows = [...fold(of.map((differences) => someLog(differences))).values()];
        for (const day of windows.filter(({ granularity }) => granularity === "1d")) {
          const { version, arm, shard } = day;
          const hours = windows.filter(
            (window) =>
              window.granularity === "1h" && window.arm === arm && window.start.slice(0, 10) === day.start.slice(0, 10),
          );
          const key = { version, arm, shard, granularity: "1d", startMs: Date.parse(day.start) } as const;
          expect(dayOf(key, hours)).toEqual(day);
          const [first, ...others] = hours;
          if (first === undefined) throw new Error("a day without an hour");
          const { outcomes: _none, ...before } = first;
          expect(dayOf(key, [before, ...others])).not.toHaveProperty("outcomes");
        }
      }),
    );
  });
});
