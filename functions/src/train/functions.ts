import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { logger } from "firebase-functions";
import { onDocumentCreated } from "firebase-functions/firestore";
import { HttpsError, onCall } from "firebase-functions/https";
import { onSchedule } from "firebase-functions/scheduler";
import { onTaskDispatched } from "firebase-functions/tasks";
import { eventNow } from "../collect/event-now.ts";
import { DATABASE_ID, MONTHLY_SCHEDULE, QUARTERLY_SCHEDULE, REGION, VIRTUAL_TIME, WEEKLY_SCHEDULE } from "../config.ts";
import { asAdmin } from "../shared/callable.ts";
import { parseInput } from "../shared/errors.ts";
import { bucket, database } from "../shared/firestore.ts";
import { isoWeek, monthId, quarterId } from "../shared/time.ts";
import { Debounce } from "./debounce.ts";
import type { RunOutcome } from "./run-job.ts";
import { CancelRequest, CompareRequest, RetrainRequest, RetrainTask } from "./schema.ts";

/** Commits of the fold that one event of a burst does at most: up to 50,000 logs. */
const EVENT_STEPS = 50;

const logsOfInstance = new Debounce();

/** Follows the logs as they arrive: folds, decides and opens a job, at most a handful of times per burst. */
export const onInteractionLog = onDocumentCreated(
  { document: "interaction_logs/{id}", region: REGION, database: DATABASE_ID, memory: "512MiB", timeoutSeconds: 300 },
  async () => {
    const serverMs = Date.now();
    await logsOfInstance.run(serverMs, async () => {
      const { followLogs } = await import("./follow-logs.ts");
      const follow = { holder: randomUUID(), maxSteps: EVENT_STEPS, eventMs: null, serverMs };
      logger.info("logs followed", await followLogs(database(), bucket(), follow));
    });
  },
);

/** Works on a retraining job. The queue tries it again until it is done; monitorHealth does once the queue has given up. */
export const runRetraining = onTaskDispatched(
  {
    region: REGION,
    memory: "4GiB",
    cpu: 2,
    timeoutSeconds: 1800,
    concurrency: 1,
    retryConfig: { maxAttempts: 8, minBackoffSeconds: 5, maxBackoffSeconds: 60 },
    rateLimits: { maxConcurrentDispatches: 1 },
  },
  async (request) => {
    const { job } = parseInput(RetrainTask, request.data, "the task");
    const { runJob } = await import("./run-job.ts");
    const outcome = await runJob(job, {
      db: database(),
      bucket: bucket(),
      holder: holder(),
      clock: Date.now,
      codeVersion: codeVersion(),
    });
    logger.info("retraining", { job, ...outcome });
    tryAgainUnlessDone(outcome);
  },
);

/** Opens a retraining by hand, or foretells one on a dry run: for admins, with a reason. */
export const retrain = onCall({ region: REGION }, (request) =>
  asAdmin(request, async ({ uid }, db) => {
    const wanted = parseInput(RetrainRequest, request.data, "the request");
    const asOfMs = await eventNow(db, { serverMs: Date.now(), isVirtual: VIRTUAL_TIME.value() });
    if (wanted.dry_run) {
      const { forecastJob } = await import("./forecast-job.ts");
      return forecastJob(db, bucket(), wanted, asOfMs);
    }
    const { openRequestedJob } = await import("./open-job.ts");
    const { job, reason } = await openRequestedJob(db, wanted, { uid, asOfMs, key: randomUUID() });
    logger.info("retraining opened", { job, reason });
    return { job, reason };
  }),
);

/** Ends a job that is queued or running: for admins, with a reason. */
export const cancelRetraining = onCall({ region: REGION }, (request) =>
  asAdmin(request, async ({ uid }, db) => {
    const wanted = parseInput(CancelRequest, request.data, "the request");
    const { cancelJob } = await import("./cancel-job.ts");
    await cancelJob(db, bucket(), wanted, uid);
    logger.info("retraining cancelled", { job: wanted.job });
    return { job: wanted.job };
  }),
);

const SCHEDULED = {
  timeZone: "Etc/UTC",
  region: REGION,
  timeoutSeconds: 60,
  // Tried again with the same time: a period must not be lost to a moment's failure.
  retryCount: 5,
  minBackoffSeconds: 30,
};

/** Every week, the version in service is to be gone on from with what came after it; "now" is the schedule's own time. */
export const retrainWeekly = onSchedule(
  // The SDK's type wants text; deploying puts the param's value in its place.
  { ...SCHEDULED, schedule: WEEKLY_SCHEDULE.toCEL() },
  ({ scheduleTime }) => openPeriod("incremental", scheduleTime, isoWeek),
);

/** Compares two registered versions, or one and the rules, on the same visits: for admins. Writes nothing. */
export const compareVersions = onCall(
  { region: REGION, memory: "2GiB", concurrency: 1, timeoutSeconds: 540 },
  (request) =>
    asAdmin(request, async (_admin, db) => {
      const wanted = parseInput(CompareRequest, request.data, "the request");
      const { compareVersionsOn } = await import("./compare-versions.ts");
      const nowMs = await eventNow(db, { serverMs: Date.now(), isVirtual: VIRTUAL_TIME.value() });
      const comparison = await compareVersionsOn({ db, bucket: bucket() }, wanted, nowMs);
      logger.info("versions compared", { a: wanted.a, b: wanted.b, sessions: comparison.sessions });
      return comparison;
    }),
);

/** Every month, everything is to be trained anew on the whole window: what weekly children add to their parents ends there. */
export const retrainMonthly = onSchedule({ ...SCHEDULED, schedule: MONTHLY_SCHEDULE.toCEL() }, ({ scheduleTime }) =>
  openPeriod("full", scheduleTime, monthId),
);

/** Every quarter, a report: what could go, whom the version in service serves worse, what else might be tried. */
export const reviewQuarterly = onSchedule({ ...SCHEDULED, schedule: QUARTERLY_SCHEDULE.toCEL() }, ({ scheduleTime }) =>
  openPeriod("review", scheduleTime, quarterId),
);

async function openPeriod(
  kind: RetrainRequest["kind"],
  scheduleTime: string,
  periodOf: (ms: number) => string,
): Promise<void> {
  const { openScheduledJob } = await import("./open-job.ts");
  const asOfMs = Date.parse(scheduleTime);
  const opening = await openScheduledJob(database(), { kind, period: periodOf(asOfMs), asOfMs });
  logger.info("scheduled retraining", { ...opening });
}

/** Names a task's worker, unique per task; the process id tells whoever looks where it runs. */
function holder(): string {
  return `${randomUUID()}.${process.pid}`;
}

/** Version of this package, for the lineage. */
function codeVersion(): string {
  return (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
}

/** A task that fails is dispatched again. 409 and not 503, which would slow the whole queue down. */
function tryAgainUnlessDone({ outcome, reason }: RunOutcome): void {
  if (outcome === "wait" || outcome === "stumbled") throw new HttpsError("aborted", reason);
}
