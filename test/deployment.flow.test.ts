import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { foldInto } from "../functions/src/collect/fold.ts";
import type { Window } from "../functions/src/collect/schema.ts";
import { windowId } from "../functions/src/collect/window.ts";
import { Deployment } from "../functions/src/deploy/schema.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { checksums, versionId } from "../functions/src/registry/version-id.ts";
import type { Routing } from "../functions/src/serve/schema.ts";
import { ServingStore } from "../functions/src/serve/serving-store.ts";
import { countVisit, emptyServingWindow, windowKey } from "../functions/src/serve/serving-window.ts";
import { ROUTING_PATH, RoutingStore } from "../functions/src/serve/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { floorTo, iso } from "../functions/src/shared/time.ts";
import { callFunction, runSchedule, signUp } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards, setPolicy } from "./policy.ts";
import { predictAt } from "./predict-client.ts";
import { putRouting } from "./routing.ts";
import { someLog } from "./some-log.ts";
import { someFiles, somePublication } from "./some-version.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Virtual time, in the past; the stages run over the end of an hour and of a day. */
const START = Date.parse("2026-03-02T23:45:00Z");

/** Hundreds of visitors are no test's: a stage of 50 tells gross harm from none, so a candidate has to prove less. */
const SMALL_SITE = {
  stage_min_visitors: 50,
  shadow_min_hours: 0,
  shadow_min_visitors: 0,
  bake_hours: 24,
  first_look_visits: 10,
  guardrails: { engagement: { pass_margin: 0.9, last_pass_margin: 0.9 }, errors: { pass_rate: 0.5 } },
};

/** A file that other programs read, and no answer needs. */
const EXPORT = "density.xgboost.json";

const db = database();
const routing = new RoutingStore(db);
let admin: { uid: string; idToken: string };
restorePolicyAfterwards();

beforeAll(async () => {
  admin = await signUp("admin");
  await setPolicy({ deployment: SMALL_SITE });
});

afterAll(async () => {
  await putRouting();
});

async function publish(verdict: "better" | "not_better" = "better"): Promise<string> {
  const createdMs = Date.now();
  const { files } = someFiles(createdMs, randomBytes(8).toString("hex"));
  // Nothing reads it to answer, as is so with every version's JSON exports.
  files.set(EXPORT, new TextEncoder().encode("{ }"));
  const version = versionId({ createdMs, artefacts: checksums(files) });
  const gate = { verdict, reason: `${verdict} on density`, against: "rules", accuracy_difference: 0.1 } as const;
  await new VersionStore(db, bucket()).publish(somePublication(version, { gate }), files);
  return version;
}

/** A version whose files cannot be looked at: an edit that names it can be judged neither good nor bad. */
async function publishUnreadable(): Promise<string> {
  const version = await publish("not_better");
  const reference = db.collection("model_versions").doc(version);
  const artefacts = Object.entries((await reference.get()).get("artefacts") as Record<string, object>);
  const nameless = artefacts.map(([file, artefact]) => [file, { ...artefact, path: "" }]);
  await reference.update({ artefacts: Object.fromEntries(nameless) });
  return version;
}

const deploymentOf = async (id: string) => Deployment.parse((await db.collection("deployments").doc(id).get()).data());
const tick = (ms: number) => runSchedule("advanceDeployments", iso(ms));
const call = (name: string, data: unknown, idToken = admin.idToken) => callFunction(name, data, idToken);

/** Visits of so many treatment visitors, and of those who go with them in the control, answered and folded under a routing revision. */
async function visited(
  { version, previous, stages, stage }: Deployment,
  atMs: number,
  revision: number,
  { visitors, erring = 0 }: { visitors: number; erring?: number },
): Promise<void> {
  const event_at = iso(atMs);
  const share = stages[stage] ?? 1;
  const arms = [
    ["treatment", version, visitors],
    ["control", previous, share === 1 ? 0 : Math.round((visitors * 0.5) / share)],
  ] as const;
  for (const [arm, assigned_version, count] of arms) {
    if (count === 0) continue;
    const people = Array.from({ length: count }, (_, i) => ({
      unit: `${arm} visitor ${i}`,
      predict_outcome: arm === "treatment" && i < erring ? ("error" as const) : ("ok" as const),
    }));
    const receipt = { arm, assigned_version, routing_revision: revision, event_at, model_version: assigned_version };
    const logs = people.map((person, i) =>
      someLog({
        ...receipt,
        ...person,
        prediction_id: `${arm}.${revision}.${i}`,
        session_id: person.unit,
        session_duration: i % 5 === 0 ? 200_000 : 1,
        interactions_count: 9,
        scroll_depth: 1,
      }),
    );
    const hour = { version: assigned_version, arm, granularity: "1h", startMs: floorTo(atMs, HOUR), shard: 0 } as const;
    const reference = db.collection("windows").doc(windowId(hour));
    const stored = (await reference.get()).data() as Window | undefined;
    const folded = foldInto(new Map(stored === undefined ? [] : [[windowId(hour), stored]]), logs).get(windowId(hour));
    await reference.set(folded ?? {});
    const window = emptyServingWindow(receipt);
    people.forEach(({ unit }, i) => {
      countVisit(window, { receipt: { ...receipt, unit }, stale: false, latency: 2 + (i % 3) });
    });
    await new ServingStore(db).write(new Map([[`${windowKey(receipt)}.${revision}.${visitors}`, window]]));
  }
}

/** Opens a deployment by an admin and brings it to its first stage; its id, version and the time then. */
async function rollingDeployment(): Promise<{ id: string; version: string; atMs: number }> {
  const version = await publish("not_better");
  const outcome = await call("deployVersion", { version, reason: "a test" });
  expect(outcome).toMatchObject({ ok: true, result: { phase: "checking" } });
  const { id } = (outcome as { result: { id: string } }).result;
  const startedMs = Date.parse((await deploymentOf(id)).started_at);
  await tick(startedMs + MINUTE);
  expect(await deploymentOf(id)).toMatchObject({ phase: "shadow", stage: -1 });
  const atMs = startedMs + 2 * MINUTE;
  await tick(atMs);
  expect(await deploymentOf(id)).toMatchObject({ phase: "rolling", stage: 0 });
  return { id, version, atMs };
}

describe("a version that proved better", () => {
  let version: string;
  beforeAll(async () => {
    await putRouting({ holdback_share: 0 });
    version = await publish();
  });

  it("goes from the shadow to 100 % by the schedule alone, one step at a time, and is returned from at once", async () => {
    const id = `d.${version}`;
    let nowMs = START;
    const seen = [];
    await tick(nowMs);
    await tick(nowMs);
    expect(await deploymentOf(id)).toMatchObject({ phase: "checking", stage: -1, requested_by: "system" });

    nowMs += MINUTE;
    const minute = () => tick(nowMs);
    await Promise.all([minute().catch(minute), minute().catch(minute), minute().catch(minute)]);
    await tick(nowMs - MINUTE);
    let deployment = await deploymentOf(id);
    expect(deployment).toMatchObject({ phase: "shadow", stage: -1, previous: "rules", stage_since: iso(nowMs) });
    expect(deployment.checks.map(({ ok }) => ok)).toEqual(Array(6).fill(true));
    expect(deployment.log.length).toBe(2);
    expect(await routing.read()).toMatchObject({ shadow: { deployment: id, version }, canary: null, stable: "rules" });
    nowMs += 5 * MINUTE;
    await tick(nowMs);
    deployment = await deploymentOf(id);

    for (let stage = 0; stage < 5; stage++) {
      const live = await routing.read();
      expect(live).toMatchObject({ shadow: null, stable: "rules", previous_good: "rules" });
      expect(live.canary).toMatchObject({ deployment: id, version, share: deployment.stages[stage] });
      expect(live.revision).toBe(deployment.stage_revision);
      seen.push(live.canary);
      // 49 are too few, and with 50 it is looked at after five minutes more; the last stage bakes for a day.
      await visited(deployment, nowMs, deployment.stage_revision, { visitors: 49 });
      await tick(nowMs + 5 * MINUTE);
      await visited(deployment, nowMs, deployment.stage_revision, { visitors: 50 });
      await tick(nowMs + 10 * MINUTE - 1);
      expect((await deploymentOf(id)).stage).toBe(stage);
      nowMs += stage === 4 ? DAY : 10 * MINUTE;
      await tick(nowMs);
      deployment = await deploymentOf(id);
      await tick(nowMs);
      expect(await deploymentOf(id)).toEqual(deployment);
    }

    expect(deployment).toMatchObject({ phase: "completed", stage: 4 });
    expect(seen.map((canary) => canary?.share)).toEqual([0.05, 0.1, 0.25, 0.5, 1]);
    expect(new Set(seen.map((canary) => canary?.salt)).size).toBe(1);
    expect(deployment.log.at(-2)?.analysis).toMatchObject({ verdict: "pass", figures: expect.any(Array) });
    const after = await routing.read();
    expect(after).toMatchObject({ stable: version, previous_good: "rules", canary: null });
    expect((await predictAt(after.revision)).prediction).toMatchObject({ model_version: version, arm: "stable" });
    const { docs } = await db.collection("audit").where("target", "==", `deployments/${id}`).get();
    expect(docs.map((doc) => doc.get("action")).sort()).toEqual(
      ["open_deployment", "deployment_start", ...Array(5).fill("deployment_advance"), "deployment_complete"].sort(),
    );

    // Nothing more happens to it, and it is not opened again.
    await tick(nowMs + DAY);
    expect(await deploymentOf(id)).toEqual(deployment);

    const back = await call("rollback", { reason: "visitors complain" });
    expect(back).toMatchObject({ ok: true, result: { target: "rules", ended: null } });
    const returned = await routing.read();
    expect(returned).toMatchObject({ stable: "rules", previous_good: "rules", written_by: admin.uid });
    expect(returned.revision).toBe(after.revision + 1);
    expect((await predictAt(returned.revision)).prediction.model_version).toBe("rules");
    const again = await call("rollback", { reason: "visitors complain" });
    expect(again).toMatchObject({ ok: false, status: "FAILED_PRECONDITION" });
    await tick(nowMs + 2 * DAY);
    expect((await routing.read()).canary).toBeNull();
  });
});

describe("a version that proved better, and that an admin put in service by hand and took out again", () => {
  it("is not deployed by the schedule, but by an admin it is", async () => {
    await putRouting();
    const version = await publish();
    await putRouting({ stable: version });
    await putRouting();
    await tick(Date.now());
    expect((await db.collection("deployments").doc(`d.${version}`).get()).exists).toBe(false);
    const opened = await call("deployVersion", { version, reason: "another try" });
    expect(opened).toMatchObject({ ok: true, result: { id: `d.${version}` } });
    await call("rollback", { target: "rules", reason: "enough" });
  });
});

describe("a version that proved better than what is no longer in service", () => {
  it("is not deployed by the schedule until that is in service again", async () => {
    const other = await publish("not_better");
    const version = await publish();
    await putRouting({ stable: other });
    await tick(Date.now());
    const deployment = db.collection("deployments").doc(`d.${version}`);
    expect((await deployment.get()).exists).toBe(false);
    await putRouting();
    await tick(Date.now());
    expect((await deployment.get()).exists).toBe(true);
    await call("rollback", { target: "rules", reason: "enough" });
  });
});

describe("an admin", () => {
  beforeEach(async () => {
    await putRouting();
  });

  it("is who may deploy and roll back, and nobody else", async () => {
    const data = { version: await publish("not_better"), reason: "a test" };
    expect(await callFunction("deployVersion", data)).toMatchObject({ status: "UNAUTHENTICATED" });
    for (const role of ["viewer", null] as const) {
      const { idToken } = await signUp(role);
      for (const name of ["deployVersion", "rollback", "setConfig"]) {
        expect(await call(name, data, idToken)).toMatchObject({ ok: false, status: "PERMISSION_DENIED" });
      }
    }
    expect((await db.collection("deployments").doc(`d.${data.version}`).get()).exists).toBe(false);
  });

  it.each<[string, string, unknown, string]>([
    [
      "a version that is not registered",
      "deployVersion",
      { version: "v_20200101T000000Z_000000000000", reason: "x" },
      "version",
    ],
    ["a version that is none", "deployVersion", { version: "latest", reason: "x" }, "version"],
    ["no reason", "deployVersion", { version: "v_20200101T000000Z_000000000000", reason: " " }, "reason"],
    [
      "a target that is not registered",
      "rollback",
      { target: "v_20200101T000000Z_000000000000", reason: "x" },
      "target",
    ],
    ["a request that is none", "rollback", "now", ""],
    ["an unknown field", "rollback", { reason: "x", force: true }, ""],
  ])("is told the field and the rule: %s", async (_what, name, data, path) => {
    const outcome = await call(name, data);
    expect(outcome).toMatchObject({ ok: false, status: "INVALID_ARGUMENT" });
    const { issues } = (outcome as unknown as { details: { issues: { path: string; message: string }[] } }).details;
    expect(issues.map((issue) => issue.path)).toEqual([path]);
    expect(issues[0]?.message).not.toBe("");
  });

  it("opens one deployment at a time, also when two do it at once, and a rollback ends it", async () => {
    const versions = [await publish("not_better"), await publish("not_better"), await publish("not_better")];
    const outcomes = await Promise.all(versions.map((version) => call("deployVersion", { version, reason: "a race" })));
    expect(outcomes.filter(({ ok }) => ok).length).toBe(1);
    for (const outcome of outcomes.filter(({ ok }) => !ok)) {
      expect(outcome).toMatchObject({
        status: "FAILED_PRECONDITION",
        message: expect.stringMatching(/one deployment at a time/),
      });
    }
    const opened = outcomes.flatMap((outcome) => (outcome.ok ? [(outcome.result as { id: string }).id] : []));
    const ended = await call("rollback", { reason: "after the race" });
    expect(ended).toMatchObject({ ok: true, result: { target: "rules", ended: opened[0] } });
    expect(await deploymentOf(opened[0] ?? "")).toMatchObject({ phase: "rolled_back" });
  });

  it("takes the candidate's traffic away at once by a rollback", async () => {
    const { id, atMs, version } = await rollingDeployment();
    const live = await routing.read();
    expect(live.canary).toMatchObject({ version, share: 0.05 });
    await visited(await deploymentOf(id), atMs, live.revision, { visitors: 50 });
    // Without a target: what was stable before the candidate is still what everybody else is answered by.
    await putRouting({ ...live, stable: live.stable, previous_good: version });
    const back = { reason: "looks wrong" };
    // The emulator may close the transaction that loses a race, instead of letting it try again: a person and a schedule do.
    const rollBack = async () => {
      const first = await call("rollback", back);
      return first.ok || first.status !== "INTERNAL" ? first : call("rollback", back);
    };
    const advance = () => tick(atMs + 5 * MINUTE);
    const [rolled] = await Promise.all([rollBack(), advance().catch(advance)]);
    expect(rolled).toMatchObject({ ok: true, result: { ended: id } });
    expect(await routing.read()).toMatchObject({ stable: "rules", canary: null });
    const ended = await deploymentOf(id);
    expect(ended).toMatchObject({ phase: "rolled_back" });
    expect(ended.log.at(-1)).toMatchObject({ action: "roll_back", reason: "looks wrong", by: admin.uid });
    await tick(atMs + HOUR);
    expect(await deploymentOf(id)).toEqual(ended);
    expect((await routing.read()).canary).toBeNull();
  });

  it("wins over the schedule when the candidate is taken out of routing by hand", async () => {
    const { id, atMs } = await rollingDeployment();
    await putRouting();
    await tick(atMs + 6 * MINUTE);
    expect(await deploymentOf(id)).toMatchObject({ phase: "aborted" });
  });

  it("is not overrun by the schedule or the policy while an edit of routing waits to be judged", async () => {
    const { id, atMs } = await rollingDeployment();
    const { revision } = await routing.read();
    await visited(await deploymentOf(id), atMs, revision, { visitors: 50 });
    const before = await deploymentOf(id);
    await db.doc(ROUTING_PATH).update({ stable: await publishUnreadable(), canary: null });
    expect(await routing.look()).toMatchObject({ pending: true, routing: { revision } });
    const edit = (await db.doc(ROUTING_PATH).get()).data();
    await tick(atMs + 5 * MINUTE);
    expect(await deploymentOf(id)).toEqual(before);
    const policy = { deployment: SMALL_SITE, serve: { holdback_share: 0.3 } };
    const refused = await call("setConfig", { policy, reason: "a test" });
    expect(refused).toMatchObject({
      status: "FAILED_PRECONDITION",
      message: expect.stringMatching(/waits to be judged/),
    });
    expect((await db.doc(ROUTING_PATH).get()).data()).toEqual(edit);

    await db.doc(ROUTING_PATH).update({ stable: "rules" });
    await vi.waitFor(async () => expect(await routing.look()).toMatchObject({ pending: false }), { timeout: 30_000 });
    await tick(atMs + 6 * MINUTE);
    expect(await deploymentOf(id)).toMatchObject({ phase: "aborted" });
    expect(await routing.read()).toMatchObject({ stable: "rules", canary: null });
  });

  it("is told when one version has been deployed too often", async () => {
    const { id, version } = await rollingDeployment();
    await call("rollback", { target: "rules", reason: "enough" });
    const ended = await deploymentOf(id);
    const batch = db.batch();
    for (let n = 2; n <= 100; n++)
      batch.set(db.collection("deployments").doc(`${id}.${n}`), { ...ended, id: `${id}.${n}` });
    await batch.commit();
    const refused = await call("deployVersion", { version, reason: "once more" });
    expect(refused).toMatchObject({ status: "FAILED_PRECONDITION", message: expect.stringMatching(/100 times/) });
  });

  it("deploys the same version again under another id", async () => {
    const { id, version } = await rollingDeployment();
    await call("rollback", { target: "rules", reason: "first try" });
    const again = await call("deployVersion", { version, reason: "second try" });
    expect(again).toMatchObject({ ok: true, result: { id: `${id}.2` } });
    expect((await deploymentOf(`${id}.2`)).salt).not.toBe((await deploymentOf(id)).salt);
    await call("rollback", { target: "rules", reason: "enough" });
  });

  it.each(["reference.json", EXPORT])(
    "is refused a rollback to a version with a damaged %s, and told so",
    async (file) => {
      const version = await publish("not_better");
      await bucket().file(`model_versions/${version}/${file}`).save("{}");
      const before: Routing = await routing.read();
      const outcome = await call("rollback", { target: version, reason: "a test" });
      expect(outcome).toMatchObject({
        status: "FAILED_PRECONDITION",
        message: expect.stringContaining(`${file} has 2 bytes`),
      });
      expect(await routing.read()).toEqual(before);
    },
  );
});

describe("a harmful candidate", () => {
  it("is rolled back by monitorHealth, which alone does nothing else, and everybody hears of it", async () => {
    await putRouting();
    const { id, atMs } = await rollingDeployment();
    const { revision } = await routing.read();
    await visited(await deploymentOf(id), atMs, revision, { visitors: 60 });
    const before = await deploymentOf(id);
    await runSchedule("monitorHealth", iso(atMs + 10 * MINUTE));
    expect(await deploymentOf(id)).toEqual(before);
    await visited(await deploymentOf(id), atMs + MINUTE, revision, { visitors: 60, erring: 40 });
    await runSchedule("monitorHealth", iso(atMs + 15 * MINUTE));
    const ended = await deploymentOf(id);
    expect(ended).toMatchObject({ phase: "rolled_back", ended_at: iso(atMs + 15 * MINUTE) });
    expect(ended.log.at(-1)).toMatchObject({ action: "roll_back", by: "system" });
    expect(ended.log.at(-1)?.reason).toMatch(/^errors: 40 of 60 visitors against 0 of /);
    expect(await routing.read()).toMatchObject({ stable: "rules", canary: null });
    const { docs } = await db.collection("alerts").where("kind", "==", "deployment_roll_back").get();
    expect(docs.map((doc) => doc.get("details"))).toContainEqual({ id, phase: "rolled_back", stage: 0 });
  });
});

describe("an admin's word to a deployment", () => {
  it("pauses, resumes and promotes it, and an abort wins over an advance at the same time", async () => {
    await putRouting();
    const { id, atMs } = await rollingDeployment();
    const say = (name: string, word: object = {}) => call(name, { id, reason: "a test", ...word });
    expect(await say("pauseDeployment")).toMatchObject({ ok: true, result: { id, phase: "rolling", stage: 0 } });
    expect(await say("pauseDeployment")).toMatchObject({ status: "FAILED_PRECONDITION" });
    expect(await say("pauseDeployment", { reason: "" })).toMatchObject({ status: "INVALID_ARGUMENT" });
    expect(await say("abortDeployment", { id: "d.none" })).toMatchObject({ status: "INVALID_ARGUMENT" });
    await visited(await deploymentOf(id), atMs, (await routing.read()).revision, { visitors: 50 });
    const pausedMs = Date.parse((await deploymentOf(id)).paused?.at ?? "");
    const soonMs = Math.max(atMs, pausedMs);
    await tick(soonMs + 10 * MINUTE);
    expect(await deploymentOf(id)).toMatchObject({ stage: 0, paused: { by: admin.uid, reason: "a test" } });
    expect(await say("promoteDeployment")).toMatchObject({ status: "INVALID_ARGUMENT" });
    expect(await say("promoteDeployment", { stage: 0 })).toMatchObject({ ok: true });
    await tick(soonMs + 20 * MINUTE);
    expect(await deploymentOf(id)).toMatchObject({ stage: 1, paused: null, promoted: null });
    // Asked twice, as a browser that got no answer does: the next stage is another question.
    const again = await say("promoteDeployment", { stage: 0 });
    expect(again).toMatchObject({ status: "FAILED_PRECONDITION", message: expect.stringContaining("is at stage 1") });
    await tick(soonMs + 25 * MINUTE);
    expect(await deploymentOf(id)).toMatchObject({ stage: 1, promoted: null });

    const { stage_revision: revision } = await deploymentOf(id);
    await visited(await deploymentOf(id), soonMs + 20 * MINUTE, revision, { visitors: 50 });
    // The emulator may close the transaction that loses a race, instead of letting it try again.
    const abort = async () => {
      const first = await say("abortDeployment");
      return first.ok || first.status !== "INTERNAL" ? first : say("abortDeployment");
    };
    const advance = () => tick(soonMs + 30 * MINUTE);
    const [aborted] = await Promise.all([abort(), advance().catch(advance)]);
    expect(aborted).toMatchObject({ ok: true, result: { phase: "aborted" } });
    const ended = await deploymentOf(id);
    expect(ended.log.at(-1)).toMatchObject({ action: "abort", by: admin.uid });
    expect(await routing.read()).toMatchObject({ stable: "rules", canary: null });
    await tick(soonMs + HOUR);
    expect(await deploymentOf(id)).toEqual(ended);
  });
});

describe("a deployment that cannot go on", () => {
  beforeEach(async () => {
    await putRouting();
  });

  it.each(["bundle.json", EXPORT])("gets no traffic when a check fails: a damaged %s ends it", async (file) => {
    const version = await publish("not_better");
    await bucket().file(`model_versions/${version}/${file}`).save("{}");
    const { revision } = await routing.read();
    const outcome = await call("deployVersion", { version, reason: "a test" });
    const { id } = (outcome as { result: { id: string } }).result;
    await tick(Date.parse((await deploymentOf(id)).started_at) + MINUTE);
    const ended = await deploymentOf(id);
    expect(ended).toMatchObject({ phase: "failed", stage: -1 });
    expect(ended.checks[0]).toMatchObject({ name: "model_loading", ok: false });
    expect(ended.log.at(-1)?.reason).toMatch(new RegExp(`model_loading .*${file} has 2 bytes`));
    expect((await routing.read()).revision).toBe(revision);
    const alert = await db.collection("alerts").doc(`deployment_fail.${id}.${ended.log.length}`).get();
    expect(alert.get("message")).toMatch(new RegExp(`^deployment of ${version}: it ended, .*${file}`));
  });

  it("ends at the next step when its version is quarantined, however well it goes, and is not opened again", async () => {
    const { id, version, atMs } = await rollingDeployment();
    await visited(await deploymentOf(id), atMs, (await routing.read()).revision, { visitors: 50 });
    await new VersionStore(db, bucket()).quarantine(version, { file: "bundle.json", reason: "a test" });
    await tick(atMs + 6 * MINUTE);
    const ended = await deploymentOf(id);
    expect(ended).toMatchObject({ phase: "failed", stage: 0 });
    expect(ended.log.at(-1)?.reason).toMatch(/is in quarantine since .*a test/);
    expect(await routing.read()).toMatchObject({ stable: "rules", canary: null });
    expect(await call("deployVersion", { version, reason: "once more" })).toMatchObject({
      status: "FAILED_PRECONDITION",
      message: expect.stringContaining("is in quarantine"),
    });
  });

  it("ends after two terms with not enough data and the old version", async () => {
    const { id, atMs } = await rollingDeployment();
    const started = Date.parse((await deploymentOf(id)).started_at);
    await visited(await deploymentOf(id), atMs, (await routing.read()).revision, { visitors: 49 });
    await tick(started + 2 * DAY);
    expect(await deploymentOf(id)).toMatchObject({ phase: "rolling", extended: true });
    await tick(started + 3 * DAY);
    const ended = await deploymentOf(id);
    expect(ended).toMatchObject({ phase: "inconclusive", ended_at: iso(started + 3 * DAY) });
    expect(ended.log.at(-1)?.reason).toMatch(/not enough data .*49 of 50 visitors/);
    expect(await routing.read()).toMatchObject({ stable: "rules", canary: null });
  });
});
