import { runSchedule } from "./client.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often a schedule runs, and how long after a whole multiple of that since the epoch, a Thursday at 00:00 UTC. */
interface Cadence {
  everyMs: number;
  afterMs: number;
}

/** Mondays at 03:00 UTC. */
export const WEEKLY: Cadence = { everyMs: 7 * DAY_MS, afterMs: 4 * DAY_MS + 3 * HOUR_MS };

/** What Cloud Scheduler does in a project: functions/src holds the same cadence in each function's own schedule. */
const SCHEDULES: readonly { name: string; next: (nowMs: number) => number }[] = [
  { name: "advanceDeployments", next: (nowMs) => nextTime({ everyMs: MINUTE_MS, afterMs: 0 }, nowMs) },
  { name: "deliverAlerts", next: (nowMs) => nextTime({ everyMs: MINUTE_MS, afterMs: 0 }, nowMs) },
  { name: "monitorHealth", next: (nowMs) => nextTime({ everyMs: 5 * MINUTE_MS, afterMs: 0 }, nowMs) },
  { name: "reconcile", next: (nowMs) => nextTime({ everyMs: HOUR_MS, afterMs: 0 }, nowMs) },
  { name: "evaluateExperiments", next: (nowMs) => nextTime({ everyMs: HOUR_MS, afterMs: 0 }, nowMs) },
  { name: "retrainWeekly", next: (nowMs) => nextTime(WEEKLY, nowMs) },
  { name: "retrainMonthly", next: nextMonthly },
  { name: "reviewQuarterly", next: nextQuarterly },
  { name: "enforceRetention", next: (nowMs) => nextTime({ everyMs: DAY_MS, afterMs: 4.5 * HOUR_MS }, nowMs) },
];

/** A timer holds 24.8 days at most: what is further away is looked at again every day. */
const LONGEST_WAIT_MS = DAY_MS;

/** The first time of a schedule after `nowMs`, epoch milliseconds. */
export function nextTime({ everyMs, afterMs }: Cadence, nowMs: number): number {
  return (Math.floor((nowMs - afterMs) / everyMs) + 1) * everyMs + afterMs;
}

/** The first 1st of a month, 04:00 UTC, after `nowMs`. */
export function nextMonthly(nowMs: number): number {
  return nextFirst(nowMs, { months: 1, hour: 4 });
}

/** The first 1st of January, April, July or October, 05:00 UTC, after `nowMs`. */
export function nextQuarterly(nowMs: number): number {
  return nextFirst(nowMs, { months: 3, hour: 5 });
}

function nextFirst(nowMs: number, { months, hour }: { months: number; hour: number }): number {
  const now = new Date(nowMs);
  const month = now.getUTCMonth() - (now.getUTCMonth() % months);
  const thisOneMs = Date.UTC(now.getUTCFullYear(), month, 1, hour);
  return thisOneMs > nowMs ? thisOneMs : Date.UTC(now.getUTCFullYear(), month + months, 1, hour);
}

/** Calls the scheduled functions of a running stack, with the real time, until the process ends. */
export function keepSchedules(functionsUrl: string, say: (line: string) => void): void {
  for (const { name, next } of SCHEDULES) {
    const wait = (atMs: number): void => {
      const look = (): void => {
        if (Date.now() < atMs) {
          wait(atMs);
          return;
        }
        wait(next(Date.now()));
        runSchedule(name, new Date(atMs).toISOString(), functionsUrl).catch((error: unknown) => say(String(error)));
      };
      setTimeout(look, Math.min(atMs - Date.now(), LONGEST_WAIT_MS)).unref();
    };
    wait(next(Date.now()));
  }
}
