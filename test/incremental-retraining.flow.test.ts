import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { parseBooster } from "../functions/src/model/format.ts";
import { firstRounds, roundsOf } from "../functions/src/model/rounds.ts";
import { writeBooster } from "../functions/src/model/write-booster.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import type { ServedVersion } from "../functions/src/serve/schema.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import type { RetrainingJob } from "../functions/src/train/schema.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { endOf, forgetTrainings, newestTime, versionsOf } from "./trainings.ts";

const HOUR = 3_600_000;
const ROUNDS = 12;

const db = database();
const versions = new VersionStore(db, bucket());
let endMs: number;
let logs: InteractionLog[];
restorePolicyAfterwards();

/** Runs a job to its end; `monitorHealth` gives it its task. */
async function train(
  id: string,
  kind: RetrainingJob["kind"],
  { asOfMs, inService }: { asOfMs: number; inService: ServedVersion },
): Promise<RetrainingJob> {
  const wanted = { id, kind, requested_by: "system", reason: "a test", evaluation: null } as const;
  const opening = await new JobStore(db).create({ ...wanted, as_of: iso(asOfMs), in_service: inService });
  expect(opening).toEqual({ opened: true, job: id });
  return endOf(id, () => runSchedule("monitorHealth", iso(endMs)));
}

beforeAll(async () => {
  const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
  await db.doc(LIFECYCLE_PATH).set({ training: { rounds: ROUNDS }, triggers, jobs: { queued_minutes: 0.05 } });
  await putRouting();
  await forgetTrainings();
  endMs = await newestTime();
  logs = learnableLogs("weekly", { sessions: 1200, endMs });
  await storeLogs(logs);
});

afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

describe("an incremental retraining", () => {
  it("goes on from the version in service with what came after it", async () => {
    const half = endMs - 36 * HOUR;
    const first = await train("admin.first", "full", { asOfMs: half, inService: "rules" });
    const parent = first.version ?? "";
    const second = await train("admin.second", "incremental", { asOfMs: endMs, inService: parent });

    const [child] = await versionsOf("admin.second");
    expect(child?.lineage).toMatchObject({ kind: "incremental", parent, parameters: { rounds: 10 } });
    expect(child?.lineage.data).toMatchObject({ from: iso(half), to: iso(endMs) });
    expect(child?.gate.against).toBe(parent);
    const [before, after] = [await versions.loadFiles(parent), await versions.loadFiles(second.version ?? "")];
    const trees = [...before.files.keys()].filter((file) => file.endsWith(".xgb"));
    expect([...after.files.keys()].filter((file) => file.endsWith(".xgb")).sort()).toEqual(trees.sort());
    expect(trees).toHaveLength(4);
    for (const file of trees) {
      const grown = parseBooster(after.files.get(file) ?? new Uint8Array());
      expect(roundsOf(grown)).toBe(ROUNDS + 10);
      expect(writeBooster(firstRounds(grown, ROUNDS))).toEqual(Uint8Array.from(before.files.get(file) ?? []));
    }
  });

  it.each([
    ["no version is in service", "rules", "there is no version to go on from, rules in service"],
    ["next to nothing came after it", "v_", "0 sessions teach something, 100 are needed"],
  ])("is skipped where %s", async (_, prefix, result) => {
    const newest = (await versions.list(1))[0]?.version ?? "";
    const inService = (prefix === "rules" ? "rules" : newest) as ServedVersion;
    const id = `admin.skipped-${prefix}`;
    const job = await train(id, "incremental", { asOfMs: endMs, inService });
    expect(job).toMatchObject({ stage: "skipped", result });
    expect(await versionsOf(id)).toEqual([]);
  });
});
