import { runSchedule } from "./client.ts";

const MINUTE_MS = 60_000;

/** What Cloud Scheduler does in a project: functions/src holds the same cadence in each function's own schedule. */
const SCHEDULES = [
  { name: "advanceDeployments", everyMs: MINUTE_MS },
  { name: "monitorHealth", everyMs: 5 * MINUTE_MS },
  { name: "reconcile", everyMs: 60 * MINUTE_MS },
] as const;

/** Calls the scheduled functions of a running stack, with the real time, until the process ends. */
export function keepSchedules(functionsUrl: string, say: (line: string) => void): void {
  for (const { name, everyMs } of SCHEDULES) {
    setInterval(() => {
      runSchedule(name, new Date().toISOString(), functionsUrl).catch((error: unknown) => say(String(error)));
    }, everyMs).unref();
  }
}
