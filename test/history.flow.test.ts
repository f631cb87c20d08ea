import { beforeAll, describe, expect, it } from "vitest";
import { foldInto } from "../functions/src/collect/fold.ts";
import type { Window } from "../functions/src/collect/schema.ts";
import { windowId } from "../functions/src/collect/window.ts";
import { HistoryDay, HistoryMonth, HoldbackReport } from "../functions/src/monitor/history-schema.ts";
import { rollUpHistory } from "../functions/src/monitor/roll-up-history.ts";
import { ServingStore } from "../functions/src/serve/serving-store.ts";
import { countVisit, emptyServingWindow, windowKey } from "../functions/src/serve/serving-window.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { iso } from "../functions/src/shared/time.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { putRouting } from "./routing.ts";
import { ownVersion } from "./signed-log.ts";
import { someLog } from "./some-log.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The last two days of a month of virtual time that no other test uses. */
const DAYS = [Date.UTC(2025, 3, 29), Date.UTC(2025, 3, 30)];
const MAY = Date.UTC(2025, 4, 1);
/** Half past four, when the schedule comes. */
const MORNING_MS = 4.5 * HOUR_MS;

const db = database();
const version = ownVersion();
const serving = new ServingStore(db);
let revision = 0;

const stored = async (id: string) => (await db.doc(`history/${id}`).get()).data();
const day = async (name: string) => HistoryDay.parse(await stored(`day.${name}`));

/** Visits of a day, answered and folded: every visitor comes once, the given share of them is engaged. */
async function visited(
  startMs: number,
  arm: "stable" | "holdback",
  visitors: number,
  engagedOf: number,
  name: string = arm,
) {
  const event_at = iso(startMs + 12 * HOUR_MS);
  const assigned_version = arm === "holdback" ? ("rules" as const) : version;
  const receipt = { arm, assigned_version, model_version: assigned_version, routing_revision: revision, event_at };
  const units = Array.from({ length: visitors }, (_, i) => `${name} visitor ${i}`);
  const logs = units.map((unit, i) =>
    someLog({
      ...receipt,
      unit,
      session_id: unit,
      ...(i % engagedOf === 0 ? { session_duration: 200_000, interactions_count: 9, scroll_depth: 1 } : {}),
      ...(i % engagedOf === 0 ? {} : { session_duration: 1, interactions_count: 0, scroll_depth: 0 }),
    }),
  );
  const key = { version: assigned_version, arm, granularity: "1d", startMs, shard: 0 } as const;
  const ref = db.collection("windows").doc(windowId(key));
  const before = (await ref.get()).data() as Window | undefined;
  const folded = foldInto(new Map(before === undefined ? [] : [[windowId(key), before]]), logs).get(windowId(key));
  await ref.set(folded ?? {});
  const window = emptyServingWindow(receipt);
  for (const unit of units) countVisit(window, { receipt: { ...receipt, unit }, stale: false, latency: 3 });
  await serving.write(new Map([[`${windowKey(receipt)}.${name}`, window]]));
}

beforeAll(async () => {
  ({ revision } = await putRouting({ holdback_share: 0.2 }));
  for (const startMs of DAYS) {
    await visited(startMs, "stable", 400, 3);
    await visited(startMs, "holdback", 120, 6);
  }
});

describe("history", () => {
  it("tells a day that is over, by the daily schedule, and its month so far", async () => {
    await db.doc("history/day.2024-04-01").set({ day: "2024-04-01" });
    await db.doc("history/day.2024-05-03").set({ day: "2024-05-03" });
    await runSchedule("enforceRetention", iso(MAY + MORNING_MS));

    const april30 = await day("2025-04-30");
    expect(april30.settled).toBe(false);
    expect(april30.served.map((of) => [of.version, of.arm, of.visitor_days, of.counts["predictions"]])).toEqual([
      ["rules", "holdback", 120, 120],
      [version, "stable", expect.closeTo(400, -2), 400],
    ]);
    expect(april30.served[0]?.figures).toMatchObject({ engagement: 1 / 6, errors: 0, without_log: 0 });
    expect(april30.served[1]?.figures.latency_ms).toMatchObject({ p50: 3, p99: 3 });
    expect(HistoryMonth.parse(await stored("month.2025-04"))).toMatchObject({ days: 2, settled: false });
    expect(await stored("holdback.2025-04")).toBeUndefined();
    // 365 days before is 1 May 2024.
    expect(await stored("day.2024-04-01")).toBeUndefined();
    expect(await stored("day.2024-05-03")).toEqual({ day: "2024-05-03" });
  });

  it("is not written again when it is rolled up again", async () => {
    const before = await db.doc("history/day.2025-04-30").get();
    expect(await rollUpHistory(db, { nowMs: MAY + MORNING_MS, folded: true })).toEqual({ written: [], removed: [] });
    const after = await db.doc("history/day.2025-04-30").get();
    expect(after.updateTime).toEqual(before.updateTime);
  });

  it("counts logs that came late at the next run, in the day and the month", async () => {
    await visited(DAYS[1] ?? 0, "holdback", 30, 6, "late");
    const { written } = await rollUpHistory(db, { nowMs: MAY + DAY_MS + MORNING_MS, folded: true });
    // No log of the 29th can come any more: from now on it is settled.
    expect(written).toEqual(["day.2025-04-29", "day.2025-04-30", "month.2025-04"]);
    expect((await day("2025-04-30")).served[0]?.counts["visits"]).toBe(150);
    const month = HistoryMonth.parse(await stored("month.2025-04"));
    expect(month.served.map(({ counts }) => counts["visits"])).toEqual([270, 800]);
  });

  it("settles, and says what the models were worth, once no log of the month can come", async () => {
    const nowMs = MAY + 3 * DAY_MS + MORNING_MS;
    expect((await rollUpHistory(db, { nowMs, folded: false })).written).toEqual(["holdback.2025-04"]);
    expect(HoldbackReport.parse(await stored("holdback.2025-04")).settled).toBe(false);
    const settled = ["day.2025-04-30", "month.2025-04", "holdback.2025-04"];
    expect((await rollUpHistory(db, { nowMs, folded: true })).written).toEqual(settled);
    expect((await rollUpHistory(db, { nowMs, folded: true })).written).toEqual([]);

    const report = HoldbackReport.parse(await stored("holdback.2025-04"));
    expect(report).toMatchObject({ settled: true, verdict: "measured", shares: [0.2], left_out: [] });
    expect(report.all).toMatchObject({ days: 2, visits: { rules: 270, models: 800 }, visitors: { rules: 150 } });
    const engagement = report.all.figures.find(({ metric }) => metric === "engagement");
    expect(engagement?.rules).toBeCloseTo(1 / 6, 2);
    expect(engagement?.models).toBeCloseTo(1 / 3, 2);
    expect(engagement?.difference?.lower).toBeGreaterThan(0.05);
    expect(engagement?.difference?.upper).toBeLessThan(0.3);
    expect(report.by_version.map((of) => [of.version, of.days])).toEqual([[version, 2]]);
    expect(report.says).toContain("20 % of visitors always get the rules");
  });

  it("settles a month whose run died when its last day was settled", async () => {
    const settled = await stored("month.2025-04");
    await db.doc("history/month.2025-04").set({ ...settled, settled: false, visits: 1 });
    const nowMs = MAY + 3 * DAY_MS + MORNING_MS;
    expect((await rollUpHistory(db, { nowMs, folded: true })).written).toEqual(["month.2025-04"]);
    expect(await stored("month.2025-04")).toEqual(settled);
  });

  it("does not change any more once it is settled", async () => {
    await visited(DAYS[1] ?? 0, "holdback", 30, 6, "too late");
    const { written } = await rollUpHistory(db, { nowMs: MAY + 4 * DAY_MS + MORNING_MS, folded: true });
    expect(written).toEqual([]);
  });
});
