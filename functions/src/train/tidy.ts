import type { JobFiles } from "./file-store.ts";
import type { JobStore } from "./store.ts";

/** What is left to do once a job is over, be it a second time: its visits go, and the job that waited for it begins. */
export async function tidy(store: JobStore, files: JobFiles, id: string): Promise<void> {
  await files.clear();
  await store.wakeWaiting(id);
}
