import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { Evaluation, TriggerName } from "../functions/src/evaluate/schema.ts";
import type { ServedVersion } from "../functions/src/serve/schema.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { hourId, iso } from "../functions/src/shared/time.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { endOf, forgetTrainings, newestTime, versionsOf } from "./trainings.ts";

const DAY = 24 * 3_600_000;
const db = database();
let trainedMs: number;
let logs: InteractionLog[] = [];
restorePolicyAfterwards();

/** The decision at the end of some days after the training. */
async function decisionAfter(days: number): Promise<Evaluation> {
  const atMs = trainedMs + days * DAY;
  await runSchedule("monitorHealth", iso(atMs));
  return Evaluation.parse((await db.doc(`evaluations/${hourId(atMs)}`).get()).data());
}

const folded = async (): Promise<number> => Number((await db.doc("pipeline/fold-0").get()).get("folded") ?? 0);

beforeAll(async () => {
  const triggers = { data_volume: { enabled: false }, age: { enabled: false }, after_training_hours: 0 };
  const reference = { thin_cell_visitors: 20 };
  await db.doc(LIFECYCLE_PATH).set({
    collect: { maturity_minutes: 0, fold_rest_minutes: 0 },
    training: { rounds: 5, folds: 0 },
    triggers: { ...triggers, reference },
    jobs: { queued_minutes: 0.05 },
  });
  await putRouting();
  await forgetTrainings();
  trainedMs = await newestTime();
  const before = learnableLogs("before", { sessions: 2800, endMs: trainedMs, days: 8 });
  const steady = learnableLogs("steady", { sessions: 1500, endMs: trainedMs + 3 * DAY });
  const touched = learnableLogs("touched", { sessions: 1000, endMs: trainedMs + 5 * DAY, days: 2, touch: 0.4 });
  logs = [...before, ...steady, ...touched];
  const foldedBefore = await folded();
  await storeLogs(before);
  const wanted = { kind: "full", requested_by: "system", reason: "a test", evaluation: null } as const;
  await new JobStore(db).create({ id: "admin.drift", ...wanted, as_of: iso(trainedMs), in_service: "rules" });
  const job = await endOf("admin.drift", () => runSchedule("monitorHealth", iso(trainedMs)));
  await putRouting({ stable: job.version as ServedVersion });
  await storeLogs([...steady, ...touched]);
  await vi.waitFor(
    async () => {
      await runSchedule("monitorHealth", iso(trainedMs));
      expect((await folded()) - foldedBefore).toBe(logs.length);
    },
    { timeout: 100_000, interval: 500 },
  );
  // What was decided while they were still coming in.
  await db.recursiveDelete(db.collection("evaluations"));
});

afterAll(async () => {
  await forgetTrainings();
  await removeLogs(logs);
});

describe("traffic like that of the training", () => {
  it("is decided on by every trigger, with figures, and fires none", async () => {
    const { triggers, fired, drift } = await decisionAfter(3);
    expect(fired).toBeNull();
    expect(Object.keys(triggers).sort()).toEqual([...TriggerName.options].sort());
    expect(triggers.feature_drift).toMatchObject({ verdict: "ok", threshold: 0.2 });
    expect(triggers.feature_drift?.visitors).toBeGreaterThanOrEqual(400);
    expect(triggers.prediction_drift).toMatchObject({ verdict: "ok", threshold: 0.15 });
    expect(triggers.accuracy?.value).toBeGreaterThan(0.7);
    expect(triggers.negative_feedback).toMatchObject({ verdict: "insufficient_data" });
    expect(triggers.seasonal).toMatchObject({ verdict: "insufficient_data" });
    const touch = drift?.features.find(({ feature }) => feature === "touch_enabled");
    expect(touch).toMatchObject({ verdict: "ok", moved: [] });
    // The model learns from screens; nothing else is worth much.
    expect(drift?.features[0]?.importance).toBeGreaterThan(0.2);
  });
});

describe("traffic in which touch screens have become common", () => {
  it("fires feature drift, once, with what moved in words, and opens a job", async () => {
    // The logs' own triggers may decide on an hour while the schedule decides on the next: both fire, and one job answers both.
    const { id, job, triggers, drift } = await vi.waitFor(
      async () => {
        await runSchedule("monitorHealth", iso(trainedMs + 5 * DAY));
        const { docs } = await db.collection("evaluations").where("fired", "==", "feature_drift").limit(5).get();
        const fired = docs.map((doc) => Evaluation.parse(doc.data()));
        const jobs = new Set(fired.map((evaluation) => evaluation.job));
        expect([...jobs]).toEqual([expect.stringMatching(/^feature_drift\./)]);
        return fired.find((evaluation) => evaluation.job?.endsWith(evaluation.id)) as Evaluation;
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(triggers.feature_drift?.reason).toMatch(/touch_enabled/);
    const touch = drift?.features.find(({ feature }) => feature === "touch_enabled");
    expect(touch).toMatchObject({ verdict: "drift", beyond: [true, true, false] });
    expect(touch?.score).toBeGreaterThan(0.2);
    expect(touch?.moved[0]).toMatch(/^touch visitors 0 % -> 4\d %$/);
    const others = drift?.features.filter(({ feature, verdict }) => feature !== "touch_enabled" && verdict === "drift");
    expect(others).toEqual([]);

    const ended = await endOf(job ?? "", () => runSchedule("monitorHealth", iso(trainedMs + 5 * DAY)));
    expect(ended).toMatchObject({ kind: "full", evaluation: id });
    expect(ended.reason).toMatch(/^feature_drift: /);
    // Over the month the touched days weigh less than in the last ones: trained on, with a word of caution.
    expect(ended.validation?.verdict).toBe("caution");
    expect(ended.validation?.reason).toMatch(
      /touch_enabled has drifted by 0\.\d+ \(more than noise: touch visitors 0 % -> [\d.]+ %/,
    );
    expect(await versionsOf(job ?? "")).toHaveLength(1);
  });
});
