import type { Firestore } from "firebase-admin/firestore";
import { TrafficStore, WindowStore } from "../collect/store.ts";
import { DeploymentStore } from "../deploy/store.ts";
import { answered } from "../evaluate/logged.ts";
import { EvaluationStore } from "../evaluate/store.ts";
import type { ServingWindow } from "../serve/schema.ts";
import { ServingStore } from "../serve/serving-store.ts";
import { RoutingStore } from "../serve/store.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { alertsIn } from "../shared/read-alerts.ts";
import { floorTo, iso, monthId } from "../shared/time.ts";
import { JobStore } from "../train/store.ts";
import { armHistory } from "./arm-history.ts";
import { historyDay, historyMonth, settlesAt } from "./history-day.ts";
import type { HistoryDay } from "./history-schema.ts";
import { HistoryStore } from "./history-store.ts";
import { type HoldbackDay, holdbackReport } from "./holdback-report.ts";

const DAY_MS = 86_400_000;
/** Serving windows that are in memory with their buckets: of six hours. */
const READ_AT_ONCE_MS = DAY_MS / 4;
/** Days back for which a run that was missed is made up. */
const CATCH_UP_DAYS = 14;
/** Months back, the one that has just ended being the first, whose report a run makes if it is missing. */
const CATCH_UP_MONTHS = 2;

/** When history is rolled up, and whether the windows are complete. */
export interface RollUpTime {
  /** Event time, epoch ms. */
  nowMs: number;
  /** All logs that were due are folded. */
  folded: boolean;
}

/** Names of the documents that a run has written, and those that it has removed. */
export interface RolledUp {
  written: string[];
  removed: string[];
}

/**
 * Brings history up to date: every day of the last fortnight that is over and not settled, the months that they are in, the report of a month
 * whose logs have all come; and removes what is older than the policy keeps. Done twice, it changes nothing.
 */
export async function rollUpHistory(db: Firestore, { nowMs, folded }: RollUpTime): Promise<RolledUp> {
  const { collect, history: policy } = await readLifecycle(db);
  const store = new HistoryStore(db);
  const written: string[] = [];
  const today = floorTo(nowMs, DAY_MS);
  const starts = Array.from({ length: CATCH_UP_DAYS }, (_, i) => today - (CATCH_UP_DAYS - i) * DAY_MS);
  const known = new Map((await store.days(starts.map(dayId))).map((day) => [day.day, day]));
  const isSettled = (endMs: number): boolean => folded && nowMs >= settlesAt(endMs, collect);
  for (const startMs of starts) {
    if (known.get(dayId(startMs))?.settled === true) continue;
    const day = await readDay(db, startMs, isSettled(startMs + DAY_MS));
    // Before anything was served there is nothing to tell.
    if (!known.has(day.day) && day.served.length === 0 && day.visits === 0) continue;
    if (await store.put(day)) written.push(`day.${day.day}`);
  }
  // Whatever became of the run that settled its last day, a month is counted until it is settled itself.
  const months = [...new Set(starts.map(monthId))];
  const done = new Set((await store.months(months)).flatMap(({ month, settled }) => (settled ? month : [])));
  for (const month of months.filter((of) => !done.has(of))) {
    const days = await store.days(daysOf(month));
    if (days.length === 0) continue;
    const endMs = startOf(month, 1);
    if (await store.put(historyMonth(month, days, isSettled(endMs)))) written.push(`month.${month}`);
  }
  const ended = Array.from({ length: CATCH_UP_MONTHS }, (_, i) => monthId(startOf(monthId(nowMs), -1 - i)));
  const reports = new Map((await store.reports(ended)).map((report) => [report.month, report]));
  for (const month of ended) {
    if (nowMs < settlesAt(startOf(month, 1), collect) || reports.get(month)?.settled === true) continue;
    const days = await store.days(daysOf(month));
    if (days.length === 0) continue;
    const facts = await readHoldback(db, days);
    const report = holdbackReport({ month, settled: folded, ...facts, minVisitors: policy.report_visitors });
    if (await store.put(report)) written.push(`holdback.${month}`);
  }
  const lastMonth = monthId(startOf(monthId(nowMs), 1 - policy.months));
  const removed = await Promise.all([
    store.removeBefore("day", dayId(today - policy.days * DAY_MS)),
    store.removeBefore("month", lastMonth),
    store.removeBefore("holdback", lastMonth),
  ]);
  return { written, removed: removed.flat() };
}

/** Everything that is on record of a day. */
async function readDay(db: Firestore, startMs: number, settled: boolean): Promise<HistoryDay> {
  const range = { fromMs: startMs, toMs: startMs + DAY_MS };
  const [windows, serving] = [new WindowStore(db), await readServing(db, startMs)];
  const [traffic, evaluations, deployments, trainings, alerts] = await Promise.all([
    new TrafficStore(db).range("1d", range),
    new EvaluationStore(db).range(range),
    new DeploymentStore(db).startedIn(range),
    new JobStore(db).asOfIn(range),
    alertsIn(db, range),
  ]);
  const served = await Promise.all(
    answered(serving).map(async (of) => {
      const own = serving.filter(({ assigned_version, arm }) => assigned_version === of.version && arm === of.arm);
      return armHistory(of, await windows.range({ ...of, granularity: "1d", ...range }), own);
    }),
  );
  const visits = traffic.reduce((sum, of) => sum + of.visits, 0);
  return historyDay({ startMs, settled, visits, served, evaluations, deployments, trainings, alerts });
}

/** What was answered on a day, six hours at a time and without buckets: instances write a document for each five minutes. */
async function readServing(db: Firestore, startMs: number): Promise<ServingWindow[]> {
  const store = new ServingStore(db);
  const found: ServingWindow[] = [];
  for (let fromMs = startMs; fromMs < startMs + DAY_MS; fromMs += READ_AT_ONCE_MS) {
    const part = await store.range({ fromMs, toMs: fromMs + READ_AT_ONCE_MS });
    found.push(...part.map(({ by_revision: _, ...window }) => window));
  }
  return found;
}

/** Windows of the days of a month, and the shares of the revisions that they name. */
async function readHoldback(
  db: Firestore,
  days: readonly HistoryDay[],
): Promise<{ days: HoldbackDay[]; shares: Map<number, number> }> {
  const store = new WindowStore(db);
  const read: HoldbackDay[] = [];
  for (const { day, served } of days) {
    const fromMs = Date.parse(day);
    const range = { granularity: "1d", fromMs, toMs: fromMs + DAY_MS } as const;
    const found = await Promise.all(served.map(({ version, arm }) => store.range({ version, arm, ...range })));
    read.push({ day, windows: found.flat() });
  }
  const revisions = read.flatMap(({ windows }) => windows.flatMap(({ by_revision: of }) => Object.keys(of)));
  const shares = await new RoutingStore(db).holdbackShares(new Set(revisions.map(Number)));
  return { days: read, shares };
}

function dayId(ms: number): string {
  return iso(ms).slice(0, 10);
}

/** Epoch ms at which a month, or one so many months later, begins. */
function startOf(month: string, later = 0): number {
  const at = new Date(`${month}-01T00:00:00Z`);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later, 1);
}

function daysOf(month: string): string[] {
  const count = (startOf(month, 1) - startOf(month)) / DAY_MS;
  return Array.from({ length: count }, (_, i) => dayId(startOf(month) + i * DAY_MS));
}
