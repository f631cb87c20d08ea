import type { Firestore } from "firebase-admin/firestore";
import { LogStore } from "../collect/store.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { iso } from "../shared/time.ts";
import { type DatasetHeader, encodeDataset, fingerprint, SessionSampler } from "./dataset.ts";
import type { JobFiles } from "./file-store.ts";
import { type Sample, sampleOf } from "./sample.ts";
import type { HeldJob } from "./store.ts";

const DAY_MS = 86_400_000;
/** Logs that a page reads at most. */
const PAGE = 1000;

/**
 * Collects the logs of a job's window, once: the data set and the policy of the training lie in Storage from then on, so that
 * whoever takes over trains on the same rows.
 * @param nowMs server time: what is not mature yet is left out
 * @param seenUntil end of what an incremental retraining's parent was trained and judged on: it takes what came after
 */
export async function collectDataset(
  db: Firestore,
  files: JobFiles,
  held: HeldJob,
  { seenUntil, nowMs }: { seenUntil: string | null; nowMs: number },
): Promise<void> {
  const { collect, training, validation } = await readLifecycle(db);
  const toMs = Date.parse(held.job.as_of);
  const windowMs = toMs - training.window_days * DAY_MS;
  const fromMs = seenUntil === null ? windowMs : Math.min(Math.max(windowMs, Date.parse(seenUntil)), toMs);
  const window = { fromMs, toMs, matureMs: nowMs };
  const bounds = { maxSessions: training.max_sessions, seed: training.seed };
  const reading = (read: number) => held.beat(`${read} logs read`);
  const { samples, sessions, received } = await collectSamples(new LogStore(db), window, bounds, reading);
  const header: DatasetHeader = {
    from: iso(fromMs),
    to: iso(toMs),
    training,
    validation,
    collected_at: iso(window.matureMs),
    ...(received === undefined ? {} : { expires: iso(Date.parse(received) + collect.retention_days * DAY_MS) }),
  };
  const { path, sha256 } = await files.put("dataset", encodeDataset({ header, samples }));
  await held.report({
    type: "collected",
    dataset: {
      path,
      sha256,
      rows: samples.length,
      sessions,
      from: header.from,
      to: header.to,
      fingerprint: fingerprint(samples.map((sample) => sample.prediction_id)),
    },
  });
}

/**
 * Pages through the logs of a window: event times, and until when (server time) they had become mature; until now, if left out.
 * @param onRead told after each page how many logs are read; what it throws ends the reading
 * @returns `received`: when the first of them was, server time
 */
export async function collectSamples(
  logs: LogStore,
  { fromMs, toMs, ...mature }: { fromMs: number; toMs: number; matureMs?: number },
  bounds: { maxSessions: number; seed: number },
  onRead: (read: number) => Promise<void>,
): Promise<{ samples: Sample[]; sessions: number; received: string | undefined }> {
  const sampler = new SessionSampler(bounds);
  let read = 0;
  let received: string | undefined;
  for (const shard of logs.shards()) {
    for (let after = null as Parameters<LogStore["pageLogs"]>[0]["after"]; ; ) {
      const page = await logs.pageLogs({ shard, fromEventMs: fromMs, toEventMs: toMs, after, limit: PAGE, ...mature });
      for (const log of page.logs) {
        sampler.add(sampleOf(log));
        if (received === undefined || log.received_at < received) received = log.received_at;
      }
      read += page.logs.length;
      await onRead(read);
      if (page.next === null) break;
      after = page.next;
    }
  }
  return { samples: sampler.samples(), sessions: sampler.size, received };
}
