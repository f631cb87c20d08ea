import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { foldInto } from "../collect/fold.ts";
import type { InteractionLog, Window } from "../collect/schema.ts";
import { type HoldbackDay, holdbackReport } from "./holdback-report.ts";

const A = "v_20260901T000000Z_0123456789ab";
const B = "v_20260908T000000Z_0123456789ab";
const SHARES = new Map([
  [1, 0.02],
  [2, 0.05],
]);

interface Crowd {
  version?: string;
  arm?: InteractionLog["arm"];
  visitors?: number;
  /** Of so many visitors one is engaged. */
  engagedOf?: number;
  revision?: number;
  told?: Partial<InteractionLog>;
}

function windowsOf(day: string, crowds: readonly Crowd[]): Window[] {
  const logs = crowds.flatMap(
    ({ version = "rules", arm = "stable", visitors = 200, engagedOf = 4, revision = 1, told = {} }) =>
      Array.from({ length: visitors }, (_, i) =>
        someLog({
          assigned_version: version,
          model_version: version,
          arm,
          unit: `${arm} ${i}`,
          session_id: `${arm} ${i}`,
          event_at: `${day}T12:00:00.000Z`,
          routing_revision: revision,
          session_duration: i % engagedOf === 0 ? 200_000 : 1,
          interactions_count: i % engagedOf === 0 ? 9 : 0,
          scroll_depth: i % engagedOf === 0 ? 1 : 0,
          ...told,
        }),
      ),
  );
  return [...foldInto(new Map(), logs).values()].filter(({ granularity }) => granularity === "1d");
}

const RULES: Crowd = { arm: "holdback", engagedOf: 8 };
const MODEL: Crowd = { version: A };
const dayOf = (n: number, crowds: readonly Crowd[]): HoldbackDay => {
  const day = `2026-09-${String(n).padStart(2, "0")}`;
  return { day, windows: windowsOf(day, crowds) };
};
const reportOn = (days: readonly HoldbackDay[], minVisitors = 100) =>
  holdbackReport({ month: "2026-09", settled: true, days, shares: SHARES, minVisitors });
const engagementOf = (report: ReturnType<typeof reportOn>) =>
  report.all.figures.find(({ metric }) => metric === "engagement");

describe("the holdback's report", () => {
  it("says what models are worth, with an interval that is not narrower for visitors who come every day", () => {
    const once = reportOn([dayOf(1, [RULES, MODEL])]);
    const often = reportOn([1, 2, 3].map((n) => dayOf(n, [RULES, MODEL])));
    expect(engagementOf(once)).toMatchObject({ rules: 0.125, models: 0.25 });
    expect(engagementOf(once)?.difference?.estimate).toBeCloseTo(0.125, 12);
    expect(engagementOf(once)?.relative?.estimate).toBeCloseTo(1, 12);
    expect(often.all).toMatchObject({
      days: 3,
      visitors: { rules: 200, models: 200 },
      visits: { rules: 600, models: 600 },
    });
    expect(engagementOf(often)?.difference?.lower).toBeCloseTo(engagementOf(once)?.difference?.lower ?? Number.NaN, 9);
    expect(often.says).toMatch(/^2026-09, models against rules: \+12\.5 points engagement \([\d.]+ to [\d.]+\), /);
    expect(often.says).toContain("2 % of visitors always get the rules (200 visitors, 200 with a model).");
  });

  it.each<[string, Crowd[], string]>([
    ["everybody had the rules", [RULES, { version: "rules" }], "everybody had the rules: there is nothing to compare"],
    [
      "some others had the rules",
      [RULES, MODEL, { arm: "control" }],
      "visitors outside of the holdback had the rules, too",
    ],
    ["nobody was in the holdback", [MODEL], "nobody was in the holdback"],
    ["the share was changed", [RULES, MODEL, { ...RULES, revision: 2 }], "the holdback's share was changed"],
  ])("leaves out a day on which %s", (_, crowds, reason) => {
    const report = reportOn([dayOf(1, crowds), dayOf(2, [RULES, MODEL])]);
    expect(report.left_out).toEqual([{ day: "2026-09-01", reason }]);
    expect(report.all.days).toBe(1);
    const alone = reportOn([dayOf(1, crowds)]);
    expect(alone.verdict).toBe("insufficient_data");
    expect(alone.says).toBe(`2026-09: nothing can be said, since no day could be compared (${reason}).`);
  });

  it("leaves out a day that an earlier release began to count", () => {
    const { day, windows } = dayOf(1, [RULES, MODEL]);
    const old = windows.map(({ outcomes: _, ...window }) => window);
    expect(reportOn([{ day, windows: old }]).left_out[0]?.reason).toBe("an earlier release counted no outcomes");
  });

  it("does not pool days of another share: a day of many in the holdback that went badly for all is no effect", () => {
    const even = (n: number, engagedOf: number, held: number, others: number, revision: number) =>
      dayOf(n, [
        { arm: "holdback", engagedOf, visitors: held, revision },
        { version: A, engagedOf, visitors: others, revision },
      ]);
    const report = reportOn([even(1, 2, 100, 400, 1), even(2, 10, 400, 400, 2)]);
    expect(engagementOf(report)?.difference?.estimate).toBeCloseTo(0, 12);
    expect(report.shares).toEqual([0.02, 0.05]);
    expect(report.says).toContain("2 % to 5 % of visitors");
  });

  it("tells versions apart by the days on which one was alone", () => {
    const both = [RULES, MODEL, { version: B, arm: "treatment" as const }];
    const report = reportOn([
      dayOf(1, [RULES, MODEL]),
      dayOf(2, both),
      dayOf(3, [RULES, { version: B, engagedOf: 2 }]),
    ]);
    expect(report.all.days).toBe(3);
    expect(report.by_version.map(({ version, days }) => [version, days])).toEqual([
      [A, 1],
      [B, 1],
    ]);
    expect(report.by_version[1]?.figures[0]?.models).toBe(0.5);
  });

  it.each<[number, boolean]>([
    [200, true],
    [201, false],
  ])("says something if %i visitors are needed and 200 are there: %s", (minVisitors, says) => {
    const report = reportOn([dayOf(1, [RULES, MODEL])], minVisitors);
    expect(report.verdict === "measured").toBe(says);
    expect(report.says.includes("not enough data to say")).toBe(!says);
  });

  it("has no interval where hardly anything happened, and never NaN", () => {
    const report = reportOn([dayOf(1, [RULES, MODEL])]);
    const said = Object.fromEntries(report.all.figures.map(({ metric, reason }) => [metric, reason]));
    expect(said["errors"]).toBe("0 of 200 visits with the rules differ from the others, 5 are needed");
    expect(said["satisfaction"]).toContain("30 are needed");
    expect(said["rendering"]).toBe("neither arm varies");
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
