import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { guardDeployment } from "../deploy/advance-due-deployments.ts";
import { failures, independently } from "../shared/independently.ts";
import { signOfLife } from "../shared/sign-of-life.ts";
import { followLogs } from "../train/follow-logs.ts";
import { type DeliveryRun, deliverAlertsDue } from "./deliver-alerts.ts";
import { reviveStuckJobs } from "./revive-stuck-jobs.ts";
import { verifyRoutedVersions } from "./verify-routed-versions.ts";
import { watchHealth } from "./watch-health.ts";

/** Commits of the fold that one run does at most: up to 100,000 logs. */
const MAX_STEPS = 100;

/** When and by whom it is run. */
export interface MonitorRun {
  /** The schedule's own time, and the server's: epoch ms. */
  eventMs: number;
  serverMs: number;
  /** `VIRTUAL_TIME`. */
  isVirtual: boolean;
  /** A clock in milliseconds to measure answers with. */
  clockMs: () => number;
  /** The run's own name in leases. */
  holder: string;
  delivery: DeliveryRun;
}

/**
 * All that `monitorHealth` does, each part whatever becomes of the others: folds and decides when no traffic does it, ends a deployment
 * that does harm, watches the version in service and sends what was raised; revives jobs that stopped moving and verifies the
 * versions of the routing beside that. It leaves its sign of life also when parts have failed.
 * @returns what each part came to, for the log
 * @throws {AggregateError} when all have ended, if one has failed
 */
export async function runMonitor(db: Firestore, bucket: Bucket, run: MonitorRun): Promise<Record<string, unknown>> {
  const { eventMs, serverMs, isVirtual, clockMs, holder, delivery } = run;
  const now = { nowMs: eventMs, serverMs, isVirtual, clockMs };
  const revived = reviveStuckJobs(db);
  const damaged = verifyRoutedVersions(db, bucket);
  const followed = followLogs(db, bucket, { holder, maxSteps: MAX_STEPS, eventMs, serverMs });
  // What was just folded may show harm, and what was just seen is told at once.
  const guarded = after([followed], () => guardDeployment(db, bucket, now));
  const watched = after([guarded], () => watchHealth(db, bucket, now));
  // Should the schedule of deliverAlerts stand still, people are told all the same.
  const told = after([watched, revived, damaged], () => deliverAlertsDue(db, delivery));
  const failed = await failures({ revived, damaged, followed, guarded, watched, told });
  await signOfLife(db, { nowMs: eventMs, failed });
  const [jobs, versions, fold, guard, watch, alerts] = await independently(
    revived,
    damaged,
    followed,
    guarded,
    watched,
    told,
  );
  return { revived: jobs, damaged: versions, followed: fold, guarded: guard, watched: watch, alerts };
}

/** Begins a work when others have ended, whatever became of them. */
async function after<Result>(others: readonly Promise<unknown>[], work: () => Promise<Result>): Promise<Result> {
  await Promise.allSettled(others);
  return work();
}
