import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { logger } from "firebase-functions";
import { onSchedule } from "firebase-functions/scheduler";
import { REGION } from "../config.ts";
import { bucket, database } from "../shared/firestore.ts";
import { failures, independently } from "../shared/independently.ts";
import { signOfLife } from "../shared/sign-of-life.ts";

/** Commits of the fold that one run does at most: up to 100,000 logs. */
const MAX_STEPS = 100;

/** The backstop of the loop: folds and decides when no traffic does it, revives jobs that stopped moving, ends harm. */
export const monitorHealth = onSchedule(
  { schedule: "every 5 minutes", region: REGION, memory: "512MiB", timeoutSeconds: 180 },
  async (event) => {
    const [{ followLogs }, { guardDeployment }, { reviveStuckJobs }, { verifyRoutedVersions }, { watchHealth }] =
      await Promise.all([
        import("../train/follow-logs.ts"),
        import("../deploy/advance-due-deployments.ts"),
        import("./revive-stuck-jobs.ts"),
        import("./verify-routed-versions.ts"),
        import("./watch-health.ts"),
      ]);
    const times = { eventMs: Date.parse(event.scheduleTime), serverMs: Date.now() };
    const run = { holder: randomUUID(), maxSteps: MAX_STEPS };
    const follow = followLogs(database(), bucket(), { ...run, ...times });
    const now = { nowMs: times.eventMs, clockMs: () => performance.now() };
    // What was just folded may show harm: afterwards, and whatever became of the fold.
    const guard = follow.then(
      () => guardDeployment(database(), bucket(), now),
      () => guardDeployment(database(), bucket(), now),
    );
    const watch = async () => watchHealth(database(), bucket(), { nowMs: times.eventMs, serverMs: times.serverMs });
    const watched = guard.then(watch, watch);
    const parts = {
      revived: reviveStuckJobs(database()),
      damaged: verifyRoutedVersions(database(), bucket()),
      followed: follow,
      guarded: guard,
      watched,
    };
    const failed = await failures(parts);
    await signOfLife(database(), { nowMs: times.eventMs, failed });
    const [revived, damaged, followed, guarded, seen] = await independently(
      parts.revived,
      parts.damaged,
      follow,
      guard,
      watched,
    );
    logger.info("health", { revived, damaged, followed, guarded, watched: seen });
  },
);
