import type { Firestore } from "firebase-admin/firestore";
import { LogStore } from "../collect/store.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { iso } from "../shared/time.ts";
import { encodeDataset, fingerprint, SessionSampler } from "./dataset.ts";
import type { JobFiles } from "./file-store.ts";
import { sampleOf } from "./sample.ts";
import type { HeldJob } from "./store.ts";

const DAY_MS = 86_400_000;
/** Logs that a page reads at most. */
const PAGE = 1000;

/**
 * Collects the logs of a job's window, once: the data set and the policy of the training lie in Storage from then on, so that
 * whoever takes over trains on the same rows.
 * @param seenUntil end of what an incremental retraining's parent was trained and judged on: it takes what came after
 */
export async function collectDataset(
  db: Firestore,
  files: JobFiles,
  held: HeldJob,
  seenUntil: string | null,
): Promise<void> {
  const { training, validation } = await readLifecycle(db);
  const toMs = Date.parse(held.job.as_of);
  const windowMs = toMs - training.window_days * DAY_MS;
  const fromMs = seenUntil === null ? windowMs : Math.min(Math.max(windowMs, Date.parse(seenUntil)), toMs);
  const logs = new LogStore(db);
  const sampler = new SessionSampler({ maxSessions: training.max_sessions, seed: training.seed });
  let read = 0;
  for (const shard of logs.shards()) {
    for (let after = null as Parameters<LogStore["pageLogs"]>[0]["after"]; ; ) {
      const page = await logs.pageLogs({ shard, fromEventMs: fromMs, toEventMs: toMs, after, limit: PAGE });
      for (const log of page.logs) sampler.add(sampleOf(log));
      read += page.logs.length;
      await held.beat(`${read} logs read`);
      if (page.next === null) break;
      after = page.next;
    }
  }
  const samples = sampler.samples();
  const header = { from: iso(fromMs), to: iso(toMs), training, validation };
  const { path, sha256 } = await files.put("dataset", encodeDataset({ header, samples }));
  await held.report({
    type: "collected",
    dataset: {
      path,
      sha256,
      rows: samples.length,
      sessions: sampler.size,
      from: header.from,
      to: header.to,
      fingerprint: fingerprint(samples.map((sample) => sample.prediction_id)),
    },
  });
}
