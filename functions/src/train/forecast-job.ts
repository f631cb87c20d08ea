import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { LogStore } from "../collect/store.ts";
import { VersionStore } from "../registry/store.ts";
import { RoutingStore } from "../serve/store.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { type DryRun, forecast, windowOf } from "./forecast.ts";
import { decideOpening } from "./opening.ts";
import type { RetrainRequest } from "./schema.ts";
import { JobStore } from "./store.ts";

/**
 * What a training by hand would take and whether it would begin; opens nothing.
 * @param asOfMs the training's "now", event time
 */
export async function forecastJob(
  db: Firestore,
  bucket: Bucket,
  { kind }: Pick<RetrainRequest, "kind">,
  asOfMs: number,
): Promise<DryRun> {
  const [{ training }, { stable }] = await Promise.all([readLifecycle(db), new RoutingStore(db).read()]);
  const parent =
    kind !== "incremental" || stable === "rules" ? undefined : await new VersionStore(db, bucket).read(stable);
  const seenUntilMs = parent === undefined ? null : Date.parse(parent.lineage.data.to);
  const window = windowOf(training, { asOfMs, seenUntilMs });
  const jobs = new JobStore(db);
  const [rows, last, open] = await Promise.all([countRows(db, window), jobs.lastTrained(), jobs.outlineOpen()]);
  const models = Object.keys(parent?.artefacts ?? {}).filter((file) => file.endsWith(".xgb")).length;
  const facts = { kind, ...window, rows, training, parentModels: kind === "incremental" ? models : null, last };
  const isOrphan = kind === "incremental" && parent === undefined;
  const reason = `there is no version to go on from, ${stable} in service`;
  const would = isOrphan
    ? ({ action: "skip", job: null, reason } as const)
    : decideOpening({ kind, origin: "admin" }, open);
  return { dry_run: true, ...forecast(facts), would };
}

async function countRows(db: Firestore, window: { fromMs: number; toMs: number }): Promise<number> {
  const logs = new LogStore(db);
  const counts = await Promise.all(
    logs.shards().map((shard) => logs.countLogs({ shard, fromEventMs: window.fromMs, toEventMs: window.toMs })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
