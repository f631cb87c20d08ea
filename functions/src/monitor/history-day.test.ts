import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { foldInto } from "../collect/fold.ts";
import type { Evaluation } from "../evaluate/schema.ts";
import { armHistory, sumArms } from "./arm-history.ts";
import { type DayFacts, historyDay, historyMonth, settlesAt } from "./history-day.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 8, 28);
const NOTHING: DayFacts = {
  startMs: START,
  settled: true,
  visits: 0,
  served: [],
  evaluations: [],
  deployments: [],
  trainings: [],
  alerts: [],
};

function evaluation(hour: number, value: number | null, fired: "age" | null = null): Evaluation {
  const at = `2026-09-28T${String(hour).padStart(2, "0")}:00:00.000Z`;
  const accuracy = {
    value,
    threshold: 0.7,
    unit: "share",
    visitors: 500,
    sessions: 0,
    verdict: "ok",
    reason: "",
  } as const;
  const times = { id: at.slice(0, 13), decided_at: at, created_at: at };
  return { schema_version: 1, ...times, in_service: "rules", triggers: { accuracy }, fired, job: fired };
}

/** An arm with visits that took so many milliseconds to render. */
function arm(times: readonly number[], latency: Record<string, number>) {
  const logs = times.map((rendering_time, i) =>
    someLog({ rendering_time, unit: `u${i}`, predict_outcome: i === 0 ? "error" : "ok" }),
  );
  const windows = [...foldInto(new Map(), logs).values()].filter(({ granularity }) => granularity === "1d");
  const predictions = Object.values(latency).reduce((sum, count) => sum + count, 0);
  return armHistory({ version: "rules", arm: "stable" }, windows, [{ predictions, fallbacks: 1, stale: 0, latency }]);
}

describe("an arm's history", () => {
  it("has rates, times and shares of classes", () => {
    const { visitor_days, counts, figures } = arm([10, 20, 30, 40], { "3": 4, "6": 1 });
    expect(visitor_days).toBe(4);
    expect(counts).toMatchObject({ visits: 4, predictions: 5, without_log: 1, fallbacks: 1 });
    expect(figures).toMatchObject({
      errors: 0.25,
      fallbacks: 0.2,
      without_log: 0.2,
      satisfaction: null,
      negative_feedback: null,
    });
    expect(figures.rendering_ms?.mean).toBe(25);
    expect(figures.rendering_ms?.p50).toBeCloseTo(20, 0);
    // Bins (2, 3] and (8, 12]: (4 x 2.5 + 10) / 5.
    expect(figures.latency_ms).toEqual({ mean: 4, p50: 3, p95: 12, p99: 12 });
    expect(figures.classes).toEqual({ "densidad-media": 1, "fuente-sans": 1, "tema-claro": 1 });
  });

  it("says null where there is nothing, never NaN", () => {
    const { figures } = armHistory({ version: "rules", arm: "stable" }, [], []);
    expect(new Set(Object.values({ ...figures, classes: null }))).toEqual(new Set([null]));
  });

  it("adds up: a month of two days is as if all had been one day", () => {
    const [first, second, both] = [
      arm([10, 20], { "3": 2 }),
      arm([30, 400], { "6": 3 }),
      arm([10, 20, 30, 400], { "3": 2, "6": 3 }),
    ];
    const [sum] = sumArms([[first], [second]]);
    expect(sum?.figures.rendering_ms).toEqual(both.figures.rendering_ms);
    expect(sum?.figures.latency_ms).toEqual(both.figures.latency_ms);
    expect(sum?.visitor_days).toBe(4);
    // An error and a fallback on each of the days.
    expect([sum?.figures.errors, sum?.figures.fallbacks]).toEqual([0.5, 0.4]);
  });
});

describe("a day of history", () => {
  it("tells what was decided on it, and nothing of the days beside it", () => {
    const entry = (at: string, action: string) => ({ at, action, reason: "because", by: "system" });
    const log = [
      entry("2026-09-27T23:59:59.999Z", "open"),
      entry("2026-09-28T00:00:00.000Z", "start"),
      entry("2026-09-28T10:00:00.000Z", "hold"),
      entry("2026-09-29T00:00:00.000Z", "complete"),
    ];
    const day = historyDay({
      ...NOTHING,
      deployments: [{ id: "d", log }],
      evaluations: [evaluation(3, 0.9), evaluation(4, 0.8, "age"), evaluation(5, null)],
      alerts: [
        { severity: "high", kind: "a" },
        { severity: "high", kind: "a" },
      ],
    });
    expect(day.deployments.map(({ action }) => action)).toEqual(["start"]);
    expect(day.accuracy).toMatchObject({ version: "rules", value: 0.8, visitors: 500 });
    expect(day.fired).toEqual([{ at: "2026-09-28T04:00:00.000Z", trigger: "age", job: "age" }]);
    expect(day).toMatchObject({ day: "2026-09-28", in_service: ["rules"], alerts: { "high a": 2 } });
  });

  it.each([
    [48, 45, 49.75],
    [1, 0, 2],
  ])(
    "settles when receipts of %i hours and %i minutes of maturity are over: after %d hours",
    (hours, minutes, after) => {
      const policy = { receipt_max_age_hours: hours, maturity_minutes: minutes };
      expect(settlesAt(START, policy) - START).toBe(after * 3_600_000);
    },
  );
});

describe("a month of history", () => {
  const days = [0, 1].map((i) =>
    historyDay({
      ...NOTHING,
      startMs: START + i * DAY_MS,
      visits: 5,
      evaluations: [evaluation(i, 0.8 + i / 10, "age")],
    }),
  );

  it("is the sum of its days", () => {
    const month = historyMonth("2026-09", days, true);
    expect(month).toMatchObject({ days: 2, settled: true, visits: 10, fired: { age: 2 }, in_service: ["rules"] });
    expect(month.accuracy["rules"]?.mean).toBeCloseTo(0.85, 12);
  });

  it.each([
    ["it is not over", days, false],
    ["a day is not settled", days.map((day, i) => ({ ...day, settled: i === 0 })), true],
  ])("is not settled while %s", (_, of, isOver) => {
    expect(historyMonth("2026-09", of, isOver).settled).toBe(false);
  });
});
