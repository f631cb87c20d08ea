import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { parseBooster } from "../functions/src/model/format.ts";
import { firstRounds, roundsOf } from "../functions/src/model/rounds.ts";
import { writeBooster } from "../functions/src/model/write-booster.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import type { ServedVersion } from "../functions/src/serve/schema.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso, isoWeek } from "../functions/src/shared/time.ts";
import { judgeAwaiting } from "../functions/src/train/judge-awaiting.ts";
import { openScheduledJob } from "../functions/src/train/open-job.ts";
import { reproduceVersion } from "../functions/src/train/reproduce-version.ts";
import { ReviewStore } from "../functions/src/train/review-store.ts";
import type { RetrainingJob } from "../functions/src/train/schema.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { endOf, forgetTrainings, jobOf, newestTime, versionsOf, whenMature } from "./trainings.ts";

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
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
  expect(opening).toMatchObject({ opened: true, job: id });
  return endOf(id, () => runSchedule("monitorHealth", iso(endMs)));
}

/** Nothing is trained but what a test opens. */
const policy = (training: object) => ({
  training,
  triggers: { data_volume: { enabled: false }, age: { enabled: false } },
  jobs: { queued_minutes: 0.05 },
});

beforeAll(async () => {
  await db.doc(LIFECYCLE_PATH).set(policy({ rounds: ROUNDS, incremental_holdout_sessions: 100 }));
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
    expect(["better", "not_better", "worse"]).toContain(child?.gate.verdict);
    expect(child?.importance?.change?.from).toBe(parent);
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

describe("the same training again", () => {
  it("gives the same bytes, whatever worker does it", async () => {
    const [first] = await versionsOf("admin.first");
    const again = await train("admin.again", "full", { asOfMs: endMs - 36 * HOUR, inService: "rules" });
    const made = await versions.read(again.version ?? "");
    const sums = (version: typeof made) =>
      Object.entries(version?.artefacts ?? {}).map(([file, { sha256 }]) => `${file} ${sha256}`);
    expect(sums(made)).toEqual(sums(first));
    expect(made?.metrics).toEqual(first?.metrics);
    expect(made?.version.slice(-12)).toBe(first?.version.slice(-12));
  });

  it.each(["admin.first", "admin.second"])(
    "of %s, from what its document tells alone, gives every file again",
    async (job) => {
      const [published] = await versionsOf(job);
      const tools = { db, bucket: bucket(), codeVersion: published?.lineage.code ?? "" };
      const { isSame, files, rows } = await reproduceVersion(tools, published?.version ?? "", async () => {});
      expect(files.filter(({ published: sum, reproduced }) => sum !== reproduced)).toEqual([]);
      expect(files.map(({ file }) => file)).toContain("model-card.md");
      expect([isSame, rows]).toEqual([true, published?.lineage.data.rows]);
    },
  );

  it("is refused when a visit is gone", async () => {
    const [published] = await versionsOf("admin.first");
    const [gone] = logs;
    const document = db.doc(`interaction_logs/${gone?.prediction_id}`);
    const kept = (await document.get()).data();
    await document.delete();
    const tools = { db, bucket: bucket(), codeVersion: published?.lineage.code ?? "" };
    const again = reproduceVersion(tools, published?.version ?? "", async () => {});
    await expect(again).rejects.toThrow(/the visits of v_\S+ are not all there any more: \d+ of \d+/);
    await document.set(kept ?? {});
  });
});

describe("a review", () => {
  it("says what features are worth, whom the version in service serves worse, and what to do, and makes no version", async () => {
    const [served] = await versionsOf("admin.first");
    const job = await train("admin.review", "review", { asOfMs: endMs, inService: served?.version as ServedVersion });
    expect(job).toMatchObject({ stage: "succeeded", version: null });
    expect(await versionsOf("admin.review")).toEqual([]);
    const review = await new ReviewStore(db).read("admin.review");
    expect(review).toMatchObject({ in_service: served?.version, as_of: iso(endMs) });
    const { features = [], policies = [], segments, report = "" } = review ?? {};
    expect(features).toHaveLength(19);
    // Keen visitors have sharp screens, which pixel density tells as well; nothing tells who has a small one but its width.
    expect(features.filter(({ cost }) => cost.low > cost.value || cost.value > cost.high)).toEqual([]);
    expect(features.find(({ feature }) => feature === "touch_enabled")).toMatchObject({
      cost: { value: 0 },
      verdict: "could_go",
    });
    expect(policies.map(({ policy }) => policy)).toEqual(["engagement", "observed"]);
    expect(policies[0]?.accuracy.density).toBeGreaterThan(0.6);
    expect(segments?.segments.map(({ segment }) => segment)).toContain("device mobile");
    expect(review?.importance[0]?.gain).toBeDefined();
    expect(report).toContain("## What leaving a feature out costs");
    expect(job.result).toContain(review?.proposals[0]);
  });
});

describe("the weekly schedule", () => {
  const week = (atMs: number) => `incremental.${isoWeek(atMs)}`;
  let parent: string;
  let atMs: number;

  beforeAll(async () => {
    parent = (await versions.list(10)).find(({ lineage }) => lineage.kind === "full")?.version ?? "";
    await putRouting({ stable: parent as ServedVersion });
    await db.doc(LIFECYCLE_PATH).set(policy({ rounds: ROUNDS }));
    atMs = endMs;
  });
  afterAll(async () => {
    await db.recursiveDelete(db.collection("deployments"));
    await putRouting();
  });

  it("opens one job a week, as of its own time, whose child awaits evidence with too few hold-out sessions", async () => {
    await Promise.all([0, 1].map(() => runSchedule("retrainWeekly", iso(atMs))));
    const id = week(atMs);
    const job = await endOf(id, () => runSchedule("monitorHealth", iso(endMs)));
    expect(job).toMatchObject({ kind: "incremental", requested_by: "system", as_of: iso(atMs), in_service: parent });
    expect(job.reason).toBe(`schedule: the incremental retraining of ${isoWeek(atMs)}`);

    const [child, ...others] = await versionsOf(id);
    expect(others).toEqual([]);
    const { holdout_sessions } = child?.lineage.data ?? {};
    expect(child?.gate).toMatchObject({ verdict: "awaiting_evidence", against: parent });
    expect(child?.gate.reason).toContain(`${holdout_sessions} hold-out sessions, 1500 are needed`);
    expect(job).toMatchObject({ stage: "succeeded", version: child?.version });
    expect(job.result).toContain("is awaiting evidence: ");

    await runSchedule("retrainWeekly", iso(atMs));
    expect(await jobOf(id)).toEqual(job);
    expect(await versionsOf(id)).toHaveLength(1);
  });

  it("leaves a child that awaits evidence undeployed", async () => {
    await runSchedule("advanceDeployments", iso(endMs + HOUR));
    const { docs } = await db.collection("deployments").get();
    const [child] = await versionsOf(week(atMs));
    expect(docs.map((doc) => doc.get("version"))).not.toContain(child?.version);
  });

  it("has the child judged once its week is over, beside its parent, on the visits of that week", async () => {
    const version = (await versionsOf(week(atMs)))[0]?.version ?? "";
    const judgeAt = (asOfMs: number) =>
      judgeAwaiting({ db, bucket: bucket() }, { asOfMs, serverMs: Date.now() }, async () => {});
    const coming = learnableLogs("coming", { sessions: 1600, endMs: atMs + 4 * 24 * HOUR });
    await storeLogs(coming);
    try {
      expect(await judgeAt(atMs + WEEK - 1)).toEqual([]);
      await whenMature(coming);
      const [judged] = await judgeAt(atMs + WEEK);
      const gate = (await versions.read(version))?.gate;
      expect(judged).toEqual({ version, verdict: gate?.verdict });
      expect(["better", "not_better", "worse"]).toContain(gate?.verdict);
      expect(gate).toMatchObject({ against: parent, judged: { at: iso(atMs + WEEK), to: iso(atMs + WEEK) } });
      expect(gate?.sessions).toBe(1600);
      // Done: no later look changes it.
      expect(await judgeAt(atMs + 2 * WEEK)).toEqual([]);
    } finally {
      await removeLogs(coming);
    }

    const again = () => db.doc(`model_versions/${version}`).update({ "gate.verdict": "awaiting_evidence" });
    await again();
    expect(await judgeAt(atMs + WEEK)).toEqual([{ version, verdict: "not_enough_data" }]);
    await again();
    await putRouting();
    expect(await judgeAt(atMs + WEEK)).toEqual([{ version, verdict: "not_enough_data" }]);
    expect((await versions.read(version))?.gate.reason).toBe(
      `${parent}, which it was to replace, is not in service any more: rules is`,
    );
    await putRouting({ stable: parent as ServedVersion });
  });

  it("puts its job on record as skipped while a full one is open, and leaves it at that", async () => {
    const nextMs = atMs + WEEK;
    const wanted = { id: "admin.open", kind: "full", requested_by: "system", reason: "a test" } as const;
    // Out of reach of whoever looks after stuck jobs: it is held for as long as the test needs it.
    await new JobStore(db).create({ ...wanted, evaluation: null, as_of: iso(endMs), in_service: "rules" });
    await new JobStore(db).claim("admin.open", { holder: "a test", leaseSeconds: 600, maxAttempts: 5, maxHours: 12 });
    await runSchedule("retrainWeekly", iso(nextMs));
    const skipped = await jobOf(week(nextMs));
    expect(skipped).toMatchObject({ stage: "skipped", result: "admin.open is collecting and covers it" });
    const again = await openScheduledJob(db, { kind: "incremental", period: isoWeek(nextMs), asOfMs: nextMs });
    expect(again).toMatchObject({ opened: false, action: "known", reason: "it was opened before" });
    expect(await jobOf(week(nextMs))).toEqual(skipped);
    await db.doc("retraining_jobs/admin.open").delete();
  });

  it("ends a week's job skipped while the rules are in service", async () => {
    await putRouting();
    const nextMs = atMs + 2 * WEEK;
    await runSchedule("retrainWeekly", iso(nextMs));
    const job = await endOf(week(nextMs), () => runSchedule("monitorHealth", iso(endMs)));
    expect(job).toMatchObject({ stage: "skipped", result: "there is no version to go on from, rules in service" });
  });
});
