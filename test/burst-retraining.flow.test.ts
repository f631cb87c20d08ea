import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { Evaluation } from "../functions/src/evaluate/schema.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { endOf, forgetTrainings, newestTime, versionsOf } from "./trainings.ts";

const LOGS = 5000;
const SECONDS = 10;
/** Parts in which the burst comes. */
const PARTS = 20;
/** Longer than the pause after which the next log is looked at, and than what it takes a log to be mature. */
const QUIET_MS = 12_000;
const db = database();
let logs: InteractionLog[] = [];
restorePolicyAfterwards();

const folded = async (): Promise<number> => Number((await db.doc("pipeline/fold-0").get()).get("folded") ?? 0);

beforeAll(async () => {
  const training = { rounds: 5, folds: 0 };
  await db.doc(LIFECYCLE_PATH).set({ collect: { fold_rest_minutes: 0 }, training, jobs: { queued_minutes: 0.05 } });
  await putRouting();
  await forgetTrainings();
  // Within ten minutes of event time, as a burst is.
  logs = learnableLogs("burst", { sessions: 4167, endMs: await newestTime(), days: 10 / 1440 }).slice(0, LOGS);
});

afterAll(async () => {
  await forgetTrainings();
  await removeLogs([...logs, { ...(logs[0] as InteractionLog), prediction_id: "burst.last" }]);
});

it(`${LOGS} logs in ${SECONDS} seconds cost a handful of folds, and open exactly one job`, async () => {
  expect(logs).toHaveLength(LOGS);
  const folders = new Set<string>();
  const stopWatching = db.doc("pipeline/fold-0").onSnapshot((state) => {
    const holder = state.get("lease.holder") as string | undefined;
    if (holder !== undefined) folders.add(holder);
  });
  const foldedBefore = await folded();
  for (let part = 0; part < PARTS; part++) {
    const startMs = Date.now();
    await storeLogs(logs.slice((part * LOGS) / PARTS, ((part + 1) * LOGS) / PARTS));
    await sleep(Math.max(0, startMs + (SECONDS * 1000) / PARTS - Date.now()));
  }
  await sleep(QUIET_MS);
  // One more, as there always is one: what the burst has left is folded with it.
  await storeLogs(logs.slice(-1).map((log) => ({ ...log, prediction_id: "burst.last" })));
  await vi.waitFor(async () => expect((await folded()) - foldedBefore).toBeGreaterThanOrEqual(LOGS), {
    timeout: 60_000,
    interval: 500,
  });
  stopWatching();
  expect(folders.size).toBeLessThanOrEqual(6);

  // The hour's one decision was made when the first of them were folded: they count in the next one's.
  const nextHour = iso(Date.parse(logs.at(-1)?.event_at ?? "") + 3_600_000);
  const decision = await vi.waitFor(
    async () => {
      await runSchedule("monitorHealth", nextHour);
      const [found, ...more] = (await db.collection("evaluations").where("fired", "!=", null).limit(10).get()).docs;
      expect(more).toEqual([]);
      return Evaluation.parse(found?.data());
    },
    { timeout: 60_000, interval: 500 },
  );
  const job = await endOf(decision.job ?? "", () => runSchedule("monitorHealth", nextHour));
  expect((await db.collection("retraining_jobs").limit(10).get()).docs.map(({ id }) => id)).toEqual([job.id]);
  expect(job.stage).toBe("succeeded");
  expect(await versionsOf(job.id)).toHaveLength(1);
});
