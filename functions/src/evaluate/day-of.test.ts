import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import type { InteractionLog, Traffic } from "../collect/schema.ts";
import { foldTraffic } from "../collect/traffic.ts";
import { neutralVariables } from "../design/rules.ts";
import { dayOf, feedbackOf, type Judge, volumeOf } from "./day-of.ts";

const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
const DAY = Date.parse("2026-09-28T00:00:00.000Z");
const HOUR = 3_600_000;
const SPAN = { fromMs: DAY, toMs: DAY + 24 * HOUR };

/** Answers densidad-alta, fuente-sans, tema-claro to everybody. */
const model = {
  varyingGroups: [],
  predict: () => ({
    classes: { density: 2, font: 0, theme: 0 },
    variables: neutralVariables(),
    confidence: { density: 1, font: 1, theme: 1 },
  }),
} satisfies Judge["model"];
const judge: Judge = { model, policy: "engagement", arms: new Set(["stable", "control"]) };

type Hour = Extract<Traffic, { granularity: "1h" }>;
type CalendarDay = Extract<Traffic, { granularity: "1d" }>;

function traffic(...logs: Partial<InteractionLog>[]): { hours: Hour[]; days: CalendarDay[] } {
  const all = [
    ...foldTraffic(
      new Map(),
      logs.map((log, i) => someLog({ prediction_id: `p${i}`, unit: `u${i}`, ...log })),
    ).values(),
  ];
  return {
    hours: all.flatMap((one) => (one.granularity === "1h" ? [one] : [])),
    days: all.flatMap((one) => (one.granularity === "1d" ? [one] : [])),
  };
}

describe("a day", () => {
  it("has each visitor once, however many hours they came in", () => {
    const at = (hour: number) => ({ event_at: new Date(DAY + hour * HOUR).toISOString(), unit: "u" });
    const { hours } = traffic(at(1), at(5), at(5), at(23));
    expect(hours).toHaveLength(3);
    expect(dayOf(hours, SPAN, judge)).toMatchObject({ seen: 1, visitors: [{ cell: 1, language: "" }] });
    expect(dayOf(hours, { fromMs: DAY, toMs: DAY + HOUR }, judge).visitors).toEqual([]);
  });

  it.each([
    ["engagement", {}, { density: false, font: true, theme: true }],
    ["engagement", { ...ENGAGED }, { density: true, font: true, theme: true }],
    ["engagement", { arm: "treatment" }, { density: null, font: null, theme: null }],
    ["engagement", { arm: "control" }, { density: false, font: true, theme: true }],
    ["observed", {}, { density: null, font: null, theme: null }],
    ["observed", { ...ENGAGED }, { density: false, font: true, theme: true }],
    ["observed", { ...ENGAGED, served: "cached" }, { density: null, font: null, theme: null }],
    [
      "observed",
      { ui_preference_feedback: { verdict: "dislike", preferred: { density: "densidad-alta" } } },
      { density: true, font: null, theme: null },
    ],
  ] as const)("judges under %s a visit with %j", (policy, log, right) => {
    const { hours } = traffic(log as Partial<InteractionLog>);
    const [visitor] = dayOf(hours, SPAN, { ...judge, policy }).visitors;
    expect(visitor?.right).toEqual(right);
    expect(visitor?.answered).toEqual({ density: 2, font: 0, theme: 0 });
  });

  it("judges nothing while the rules are in service", () => {
    const [visitor] = dayOf(traffic({}).hours, SPAN, { ...judge, model: null }).visitors;
    expect(visitor).toMatchObject({ answered: null, right: { density: null, font: null, theme: null } });
  });
});

describe("feedback", () => {
  it("counts visitors, each once", () => {
    const { hours, days } = traffic(
      { user_satisfaction: 1 },
      { user_satisfaction: 5 },
      {},
      { unit: "u0", user_satisfaction: 1 },
    );
    expect(feedbackOf(hours)).toEqual({ visitors: 2, negative: 1 });
    expect(feedbackOf(days)).toEqual({ visitors: 2, negative: 1 });
    expect(feedbackOf([])).toEqual({ visitors: 0, negative: 0 });
  });
});

describe("volume", () => {
  it("is visits per hour, over midnight", () => {
    const at = (hour: number) => ({ event_at: new Date(DAY + hour * HOUR).toISOString() });
    const { days } = traffic(at(22), at(22), at(23), at(24), at(26));
    const span = { fromMs: DAY + 22 * HOUR, toMs: DAY + 26 * HOUR };
    expect(volumeOf(days, span)).toEqual({ fromMs: span.fromMs, visits: [2, 1, 1, 0] });
    expect(volumeOf([], span).visits).toEqual([0, 0, 0, 0]);
  });
});
