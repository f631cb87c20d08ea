import type { Firestore } from "firebase-admin/firestore";
import { readLifecycle } from "../shared/lifecycle.ts";
import { isStuck } from "../train/job.ts";
import { JobStore } from "../train/store.ts";

/**
 * Enqueues a task for every open job that no task can be counted on to move: queued for too long, handed over and not taken
 * up, left by a worker that went silent, or waiting for a job that is over.
 * @returns their ids
 */
export async function reviveStuckJobs(db: Firestore): Promise<string[]> {
  const { jobs: policy } = await readLifecycle(db);
  const store = new JobStore(db);
  const revived: string[] = [];
  for (const open of await store.listOpen()) {
    if (await store.isBlocked(open)) continue;
    const { id } = open;
    let isRevived = false;
    await store.transition(id, (job, nowMs) => {
      isRevived = isStuck(job, { queuedMinutes: policy.queued_minutes }, nowMs);
      return isRevived ? { type: "enqueued" } : null;
    });
    if (!isRevived) continue;
    await store.enqueue(id);
    revived.push(id);
  }
  return revived;
}
