import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foldInto } from "../functions/src/collect/fold.ts";
import { windowId } from "../functions/src/collect/window.ts";
import { Deployment } from "../functions/src/deploy/schema.ts";
import { Experiment } from "../functions/src/experiment/schema.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { assign } from "../functions/src/serve/assign.ts";
import type { Routing } from "../functions/src/serve/schema.ts";
import { RoutingStore } from "../functions/src/serve/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { floorTo, iso } from "../functions/src/shared/time.ts";
import { callFunction, runSchedule, signUp } from "../scripts/stack/client.ts";
import { predictAt } from "./predict-client.ts";
import { publishConstantVersion, putRouting } from "./routing.ts";
import { someLog } from "./some-log.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** From the horizon until its last visits have been counted: maturity, and the fold's own time. */
const MATURE = 55 * MINUTE;

const db = database();
const routing = new RoutingStore(db);
let admin: { uid: string; idToken: string };
let version: string;

beforeAll(async () => {
  admin = await signUp("admin");
  await putRouting({ holdback_share: 0 });
  // Ends a deployment that another test may have left.
  await call("rollback", { target: "rules", reason: "before the tests" });
  version = await publishConstantVersion();
});

afterAll(async () => {
  await putRouting();
});

const call = (name: string, data: unknown, idToken = admin.idToken) => callFunction(name, data, idToken);
const evaluate = (ms: number) => runSchedule("evaluateExperiments", iso(ms));
const experimentOf = async (id: string) => Experiment.parse((await db.collection("experiments").doc(id).get()).data());
const startedMs = async (id: string) => Date.parse((await experimentOf(id)).started_at);
const stop = (id: string) => call("stopExperiment", { id, action: "stop", reason: "enough" });

function asked(differences: object = {}) {
  return {
    id: `e-${randomBytes(6).toString("hex")}`,
    hypothesis: "larger letters engage",
    arms: [
      { name: "control", version: "rules", share: 0.5 },
      { name: "large", version, share: 0.5 },
    ],
    reason: "a test",
    ...differences,
  };
}

async function started(differences: object = {}): Promise<string> {
  const request = asked(differences);
  expect(await call("startExperiment", request)).toMatchObject({ ok: true, result: { phase: "running" } });
  return request.id;
}

/**
 * Visits of so many visitors, in the arms that assign gives them, folded; of five in each arm so many engage.
 * @param only an arm whose visits alone arrive
 */
async function visited(live: Routing, atMs: number, engaged: Record<string, number>, only?: string): Promise<void> {
  const event_at = iso(atMs);
  const people = Array.from({ length: 800 }, (_, i) => {
    const unit = `visitor ${i}`;
    return { unit, ...assign(live, unit) };
  });
  for (const { name, version: assigned_version } of live.experiment?.arms ?? []) {
    const arm = `exp.${live.experiment?.id}.${name}`;
    const logs = people
      .filter((person) => person.arm === arm && (only ?? name) === name)
      .map(({ unit }, i) => {
        const keen =
          i % 5 < (engaged[name] ?? 0) ? { session_duration: 200_000, interactions_count: 9, scroll_depth: 1 } : {};
        const sworn = {
          arm,
          assigned_version,
          model_version: assigned_version,
          routing_revision: live.revision,
          event_at,
        };
        return someLog({ ...sworn, unit, prediction_id: `${arm}.${i}`, session_id: unit, ...keen });
      });
    const hour = { version: assigned_version, arm, granularity: "1h", startMs: floorTo(atMs, HOUR), shard: 0 } as const;
    const folded = foldInto(new Map(), logs).get(windowId(hour));
    if (folded !== undefined) await db.collection("windows").doc(windowId(hour)).set(folded);
  }
}

describe("an experiment", () => {
  it("is started, looked at, extended, decided at its horizon and shipped", async () => {
    const request = asked({ hours: 3 });
    const { id } = request;
    expect(await call("startExperiment", request)).toMatchObject({ ok: true, result: { id, phase: "running" } });
    const live = await routing.read();
    expect(live.experiment?.arms).toEqual([
      { name: "control", version: "rules", from: 0, to: 0.5 },
      { name: "large", version, from: 0.5, to: 1 },
    ]);
    expect(await experimentOf(id)).toMatchObject({ steps: [{ revision: live.revision, shares: [0.5, 0.5] }] });

    // Asked again it is the same; whatever else wants its visitors is refused, or waits.
    expect(await call("startExperiment", request)).toMatchObject({ ok: true });
    expect((await routing.read()).revision).toBe(live.revision);
    const refused = (message: RegExp) => ({ status: "FAILED_PRECONDITION", message: expect.stringMatching(message) });
    expect(await call("startExperiment", { ...request, hours: 4 })).toMatchObject(refused(/another id/));
    expect(await call("startExperiment", asked())).toMatchObject(refused(new RegExp(`${id} runs; stop it first`)));
    const deployment = await call("deployVersion", { version, reason: "too early" });
    expect(deployment).toMatchObject({ ok: true });
    await runSchedule("advanceDeployments", iso((await startedMs(id)) + HOUR));
    const waiting = `d.${version}`;
    expect((await db.collection("deployments").doc(waiting).get()).get("phase")).toBe("checking");
    expect(await call("stopExperiment", { id, action: "ship", arm: "large", reason: "good" })).toMatchObject(
      refused(/one deployment at a time/),
    );
    expect((await routing.read()).experiment).toEqual(live.experiment);
    expect(await call("abortDeployment", { id: waiting, reason: "too early" })).toMatchObject({ ok: true });

    const arms = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { prediction, receipt } = await predictAt(live.revision, { visitor_id: `v${i}` });
      expect({ arm: prediction.arm, version: prediction.model_version }).toEqual(assign(live, receipt.unit));
      arms.add(prediction.arm);
    }
    expect([...arms].sort()).toEqual([`exp.${id}.control`, `exp.${id}.large`]);

    const beganMs = await startedMs(id);
    await visited(live, beganMs + MINUTE, { control: 1, large: 3 });
    await evaluate(beganMs + HOUR);
    const first = await experimentOf(id);
    expect(first).toMatchObject({ phase: "running", analysis: { at: iso(beganMs + HOUR), at_horizon: false } });
    const figure = first.analysis?.figures.find(({ metric }) => metric === "engagement");
    expect(figure).toMatchObject({ arm: "large", finding: "better", control: expect.closeTo(0.2, 1) });
    expect(figure?.treatment).toBeCloseTo(0.6, 1);
    expect(first.earlier).not.toBeNull();
    expect(first.analysis?.sample_ratio.ok).toBe(true);
    expect(first.analysis?.recommendation.action).toBe("keep_running");
    await Promise.all([evaluate(beganMs + HOUR), evaluate(beganMs + HOUR - MINUTE)]);
    expect(await experimentOf(id)).toEqual(first);

    const more = { id, action: "extend", hours: 2, reason: "the weekend" };
    const endsMs = Date.parse(first.ends_at) + 2 * HOUR;
    expect(endsMs).toBe(Math.ceil((beganMs + 5 * HOUR) / HOUR) * HOUR);
    expect(await call("stopExperiment", { ...more, hours: 2160 })).toMatchObject(refused(/2160 at most/));
    expect(await call("stopExperiment", more)).toMatchObject({
      ok: true,
      result: { ends_at: iso(endsMs) },
    });
    await evaluate(endsMs + MATURE - 1);
    expect(await experimentOf(id)).toMatchObject({ phase: "running", extended_at: expect.any(String) });
    const overMs = endsMs + MATURE;
    await Promise.all([evaluate(overMs), evaluate(overMs).catch(() => evaluate(overMs))]);
    const decided = await experimentOf(id);
    expect(decided).toMatchObject({ phase: "decided", ended_at: iso(overMs), analysis: { at_horizon: true } });
    expect(decided.analysis?.recommendation).toMatchObject({ action: "ship", arm: "large" });
    expect((await routing.read()).experiment).toBeNull();
    expect((await routing.read()).revision).toBe(live.revision + 1);

    const ship = { id, action: "ship", arm: "large", reason: "engages" };
    expect(await call("stopExperiment", { ...ship, arm: "none" })).toMatchObject({ status: "INVALID_ARGUMENT" });
    expect(await call("stopExperiment", { ...ship, arm: "control" })).toMatchObject(refused(/the rules/));
    expect(await call("stopExperiment", ship)).toMatchObject({ ok: true, result: { deployment: `${waiting}.2` } });
    expect(await call("stopExperiment", ship)).toMatchObject(refused(/has ended: shipped/));
    const shipped = await experimentOf(id);
    expect(shipped).toMatchObject({ phase: "shipped", deployment: `${waiting}.2`, ended_at: iso(overMs) });
    const opened = Deployment.parse((await db.collection("deployments").doc(`${waiting}.2`).get()).data());
    expect(opened).toMatchObject({ phase: "checking", version, previous: "rules" });
    expect(opened.reason).toContain(`arm large of experiment ${id}`);
    await evaluate(overMs + HOUR);
    expect(await experimentOf(id)).toEqual(shipped);
    const { docs } = await db.collection("audit").where("target", "==", `experiments/${id}`).get();
    expect(docs.map((doc) => doc.get("action")).sort()).toEqual(
      ["start_experiment", "extend_experiment", "experiment_decide", "ship_experiment"].sort(),
    );

    // And the other way round: none is started beside a deployment.
    expect(await call("startExperiment", asked())).toMatchObject(refused(/is going on/));
    expect(await call("abortDeployment", { id: opened.id, reason: "the test is over" })).toMatchObject({ ok: true });
  });

  it("is for admins alone, and asks for arms that can answer", async () => {
    for (const role of ["viewer", null] as const) {
      const { idToken } = await signUp(role);
      for (const name of ["startExperiment", "stopExperiment"]) {
        expect(await call(name, asked(), idToken)).toMatchObject({ status: "PERMISSION_DENIED" });
      }
    }
    const broken = await publishConstantVersion();
    await bucket().file(`model_versions/${broken}/reference.json`).save("{}");
    const of = (name: string, share?: number) => ({ name, version: name === "b" ? broken : "rules", share });
    for (const [arms, path] of [
      [[of("a", 0.5), { name: "c", version: "v_20200101T000000Z_000000000000", share: 0.5 }], "arms.1.version"],
      [[of("a", 0.5), of("c")], "arms.1.share"],
      [[of("a", 0.7), of("c", 0.7)], "arms"],
      [[of("a", 0.5), of("a", 0.5)], "arms"],
    ] as const) {
      const outcome = await call("startExperiment", asked({ arms }));
      expect(outcome).toMatchObject({ status: "INVALID_ARGUMENT", details: { issues: [{ path }] } });
    }
    const damaged = await call("startExperiment", asked({ arms: [of("a", 0.5), of("b", 0.5)] }));
    expect(damaged).toMatchObject({
      status: "FAILED_PRECONDITION",
      message: expect.stringMatching(/reference.json has 2 bytes/),
    });
    expect((await routing.read()).experiment).toBeNull();
  });

  it("is alone, also when two are started at once, and a stop is an end", async () => {
    const requests = [asked(), asked()];
    const start = async (request: object) => {
      const first = await call("startExperiment", request);
      // The emulator may close the transaction that loses a race, instead of letting it try again.
      return first.ok || first.status !== "INTERNAL" ? first : call("startExperiment", request);
    };
    const outcomes = await Promise.all(requests.map(start));
    expect(outcomes.filter(({ ok }) => ok).length).toBe(1);
    const id = requests[outcomes.findIndex(({ ok }) => ok)]?.id ?? "";
    expect((await routing.read()).experiment?.id).toBe(id);
    expect(await stop(id)).toMatchObject({ ok: true, result: { phase: "stopped" } });
    expect((await routing.read()).experiment).toBeNull();
    expect(await stop(id)).toMatchObject({ status: "FAILED_PRECONDITION" });
    expect(await stop("none")).toMatchObject({ status: "INVALID_ARGUMENT" });
  });

  it("is closed by a stop when it was decided at its horizon, and asks for nobody any more", async () => {
    const id = await started();
    const endsMs = Date.parse((await experimentOf(id)).ends_at);
    await evaluate(endsMs + 9 * 24 * HOUR);
    const { phase, ended_at } = await experimentOf(id);
    expect(phase).toBe("decided");
    const alerts = async () => {
      const found = await db.collection("alerts").where("subject", "==", `experiments/${id}`).get();
      return found.docs.map((doc) => [doc.get("kind"), doc.get("status")]);
    };
    expect(await alerts()).toContainEqual(["experiment_decide", "open"]);
    expect(await stop(id)).toMatchObject({ ok: true, result: { phase: "stopped" } });
    expect(await experimentOf(id)).toMatchObject({ phase: "stopped", ended_at });
    expect(await alerts()).toContainEqual(["experiment_decide", "resolved"]);
    expect(await stop(id)).toMatchObject({ status: "FAILED_PRECONDITION" });
  });

  it("keeps its arms when stable is changed, and ends when it is taken out of the routing by hand", async () => {
    const id = await started();
    const { experiment } = await routing.read();
    expect(await call("setRouting", { change: { stable: version }, reason: "by hand" })).toMatchObject({ ok: true });
    const beganMs = await startedMs(id);
    await evaluate(beganMs + HOUR);
    expect(await routing.read()).toMatchObject({ stable: version, experiment });
    expect(await experimentOf(id)).toMatchObject({ phase: "running" });
    expect(await call("setRouting", { change: { experiment: null }, reason: "not now" })).toMatchObject({ ok: true });
    await evaluate(beganMs + 2 * HOUR);
    const ended = await experimentOf(id);
    expect(ended).toMatchObject({ phase: "stopped" });
    expect(ended.log.at(-1)?.reason).toMatch(/no longer names it.*not now/);
  });

  it("ends when an admin rolls back: everybody has the target, its visitors too", async () => {
    const id = await started();
    expect(await call("rollback", { target: "rules", reason: "looks wrong" })).toMatchObject({ ok: true });
    expect(await routing.read()).toMatchObject({ stable: "rules", experiment: null });
    await evaluate((await startedMs(id)) + HOUR);
    expect((await experimentOf(id)).log.at(-1)).toMatchObject({
      action: "stop",
      reason: expect.stringMatching(/looks wrong/),
    });
  });

  it("ends when the version of an arm is quarantined", async () => {
    const own = await publishConstantVersion();
    const arms = [
      { name: "control", version: "rules" },
      { name: "large", version: own },
    ];
    const id = await started({ arms });
    expect((await experimentOf(id)).arms.map(({ share }) => share)).toEqual([0.9, 0.1]);
    await new VersionStore(db, bucket()).quarantine(own, { file: "bundle.json", reason: "a test" });
    await evaluate((await startedMs(id)) + HOUR);
    expect(await experimentOf(id)).toMatchObject({ phase: "stopped" });
    expect((await routing.read()).experiment).toBeNull();
    expect(await call("startExperiment", asked({ arms }))).toMatchObject({ status: "FAILED_PRECONDITION" });
  });

  it("is invalid, with an alert, when visitors do not fall as they were dealt", async () => {
    const id = await started();
    const live = await routing.read();
    const beganMs = await startedMs(id);
    await visited(live, beganMs + MINUTE, { control: 1 }, "control");
    await evaluate(beganMs + HOUR);
    const ended = await experimentOf(id);
    expect(ended).toMatchObject({ phase: "invalid", analysis: { sample_ratio: { ok: false } } });
    expect((await routing.read()).experiment).toBeNull();
    const alert = await db.collection("alerts").doc(`experiment_invalidate.${id}.${ended.log.length}`).get();
    expect(alert.data()).toMatchObject({
      severity: "high",
      subject: `experiments/${id}`,
      message: expect.stringMatching(/as they were dealt/),
    });
  });
});
