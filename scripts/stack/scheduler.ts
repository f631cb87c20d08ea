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
const SCHEDULES: readonly (Cadence & { name: string })[] = [
  { name: "advanceDeployments", everyMs: MINUTE_MS, afterMs: 0 },
  { name: "monitorHealth", everyMs: 5 * MINUTE_MS, afterMs: 0 },
  { name: "reconcile", everyMs: HOUR_MS, afterMs: 0 },
  { name: "retrainWeekly", ...WEEKLY },
];

/** The first time of a schedule after `nowMs`, epoch milliseconds. */
export function nextTime({ everyMs, afterMs }: Cadence, nowMs: number): number {
  return (Math.floor((nowMs - afterMs) / everyMs) + 1) * everyMs + afterMs;
}

/** Calls the scheduled functions of a running stack, with the real time, until the process ends. */
export function keepSchedules(functionsUrl: string, say: (line: string) => void): void {
  for (const { name, ...cadence } of SCHEDULES) {
    const wait = (): void => {
      const atMs = nextTime(cadence, Date.now());
      setTimeout(() => {
        wait();
        runSchedule(name, new Date(atMs).toISOString(), functionsUrl).catch((error: unknown) => say(String(error)));
      }, atMs - Date.now()).unref();
    };
    wait();
  }
}
