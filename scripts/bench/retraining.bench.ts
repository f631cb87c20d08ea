// What a full retraining takes, stage by stage: 100,000 logs (or RETRAINING_LOGS), the default policy, a worker of its own process. The
// emulator's pace is not Firestore's; training, scoring and judging are the machine's own.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { database } from "../../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../../functions/src/shared/lifecycle.ts";
import { iso } from "../../functions/src/shared/time.ts";
import { JobStore } from "../../functions/src/train/store.ts";
import { learnableLogs, storeLogs } from "../../test/seeded-logs.ts";
import type { Figure } from "../bench.ts";
import { progressBar } from "../model/progress.ts";
import { startStack } from "../stack/emulators.ts";
import { SETTINGS } from "./framework.ts";

const LOGS = Number(process.env["RETRAINING_LOGS"] ?? 100_000);
const LOGS_PER_SESSION = 1.2;
const DAYS = 28;
/** Logs that are written between two steps of the bar. */
const CHUNK = 5000;
/** What runRetraining is given. */
const FUNCTION_MIB = 4096;

/** Stores logs, and trains on them. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const stack = await startStack({ ports: "free", say: (line) => console.error(line) });
  Object.assign(process.env, stack.env, SETTINGS);
  try {
    await fetch(`http://${stack.env["FIREBASE_EMULATOR_HUB"]}/functions/disableBackgroundTriggers`, { method: "PUT" });
    const db = database();
    const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
    await db.doc(LIFECYCLE_PATH).set({ triggers, jobs: { task_minutes: 25 } });
    const endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
    const logs = learnableLogs("bench", { sessions: Math.ceil(LOGS / LOGS_PER_SESSION), endMs, days: DAYS });
    const bar = progressBar("storing logs", logs.length);
    for (let from = 0; from < logs.length; from += CHUNK) {
      await storeLogs(logs.slice(from, from + CHUNK));
      bar.update(Math.min(logs.length, from + CHUNK));
    }
    bar.stop();
    await new Promise((done) => setTimeout(done, 4000));
    const id = "admin.bench";
    const wanted = { id, kind: "full", requested_by: "bench", reason: "a bench", evaluation: null } as const;
    await new JobStore(db).create({ ...wanted, as_of: iso(endMs), in_service: "rules" });
    const worker = join(import.meta.dirname, "retraining-process.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [worker, id], { maxBuffer: 2 ** 26 });
    const { peakMib } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "{}") as { peakMib: number };

    const job = await new JobStore(db).read(id);
    const rows = job?.dataset?.rows ?? 0;
    const figure = (metric: string, value: number, unit: string, against: Figure["against"] = null) =>
      emit({ bench: "retraining", metric, value, unit, against, ratio: against && value / against.value });
    figure("rows", rows, "logs");
    figure("units of work", Object.keys(job?.units ?? {}).length, "models and folds");
    for (const { stage, since, ended_at: end } of job?.timeline ?? []) {
      if (end === null || stage === "queued") continue;
      const seconds = (Date.parse(end) - Date.parse(since)) / 1000;
      figure(`${stage}, time`, seconds, "s");
      figure(`${stage}, pace`, rows / seconds, "rows/s");
    }
    figure("peak memory of the worker", peakMib, "MiB", { name: "the function's", value: FUNCTION_MIB });
    if (job?.stage !== "succeeded" && job?.stage !== "skipped")
      throw new Error(`the job is ${job?.stage}: ${job?.result}`);
  } finally {
    await stack.stop();
  }
}
