import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { JobFiles } from "./file-store.ts";
import type { CancelRequest } from "./schema.ts";
import { JobStore } from "./store.ts";
import { tidy } from "./tidy.ts";

/**
 * Ends an open job by hand, deletes its working files and lets the job begin that waited for it. A worker that is at work on
 * it finds out at its next report, stops training at the next round, and deletes what it has stored since.
 * @throws {RefusedError} there is no such job, or it is over
 */
export async function cancelJob(db: Firestore, bucket: Bucket, wanted: CancelRequest, uid: string): Promise<void> {
  const store = new JobStore(db);
  await store.cancel(wanted, uid);
  await tidy(store, new JobFiles(bucket, wanted.job), wanted.job);
}
