import type { Firestore } from "firebase-admin/firestore";
import { readLifecycle } from "../shared/lifecycle.ts";
import { isStuck, type JobEvent, overdue } from "../train/job.ts";
import { JobStore } from "../train/store.ts";

/**
 * Fails every job that has been open for too long, and enqueues a task for every open one that no task can be counted on to
 * move: queued for too long, handed over and not taken up, left by a worker that went silent, or waiting for a job that is
 * over. One that has failed gets a task, too, which deletes its working files.
 * @returns their ids
 */
export async function reviveStuckJobs(db: Firestore): Promise<string[]> {
  const { jobs: policy } = await readLifecycle(db);
  const store = new JobStore(db);
  const revived: string[] = [];
  for (const open of await store.listOpen()) {
    const { id } = open;
    const isBlocked = await store.isBlocked(open);
    let event: JobEvent | null = null;
    await store.transition(id, (job, nowMs) => {
      const late = overdue(job, { maxHours: policy.max_hours }, nowMs);
      const isDue = !isBlocked && isStuck(job, { queuedMinutes: policy.queued_minutes }, nowMs);
      if (late !== undefined) event = { type: "ended", stage: "failed", reason: late };
      else event = isDue ? { type: "enqueued" } : null;
      return event;
    });
    if (event === null) continue;
    await store.enqueue(id);
    revived.push(id);
  }
  return revived;
}
