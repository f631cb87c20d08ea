import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { foldInto } from "../functions/src/collect/fold.ts";
import { emptyIngestWindow } from "../functions/src/collect/ingest-counts.ts";
import { IngestStore } from "../functions/src/collect/ingest-store.ts";
import { foldTraffic } from "../functions/src/collect/traffic.ts";
import { startId, windowId } from "../functions/src/collect/window.ts";
import { DeploymentStore } from "../functions/src/deploy/store.ts";
import { Health } from "../functions/src/monitor/schema.ts";
import { ServingStore } from "../functions/src/serve/serving-store.ts";
import { countVisit, emptyServingWindow, windowKey } from "../functions/src/serve/serving-window.ts";
import { RoutingStore } from "../functions/src/serve/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { signOfLife } from "../functions/src/shared/sign-of-life.ts";
import { floorTo, iso } from "../functions/src/shared/time.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards, setPolicy } from "./policy.ts";
import { publishConstantVersion, putRouting } from "./routing.ts";
import { someLog } from "./some-log.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** Virtual time: after whatever other tests did, and each story years of weeks from the next. */
const START = floorTo(Date.now(), DAY) + 3 * DAY + 12 * HOUR;

const db = database();
const routing = new RoutingStore(db);
restorePolicyAfterwards();

beforeAll(async () => {
  await setPolicy({ monitoring: { min_visits: 50 } });
  // What other tests sent and was refused is no outage here.
  await db.recursiveDelete(db.collection("ingest_windows"));
});

afterAll(async () => {
  await putRouting();
});

const watch = (ms: number) => runSchedule("monitorHealth", iso(ms));
const health = async () => Health.parse((await db.doc("health/live").get()).data());

async function alerts(kind: string, subject: string): Promise<string[]> {
  const { docs } = await db.collection("alerts").where("kind", "==", kind).get();
  return docs.map((doc) => String(doc.get("message"))).filter((message) => message.includes(subject));
}

interface Visits {
  arm: "stable" | "holdback";
  version: string;
  atMs: number;
  visits: number;
  fallbacks?: number;
  /** All of them from routing that could not be read again. */
  stale?: boolean;
}

/** Answers that the instances have counted. */
async function answered({ arm, version, atMs, visits, fallbacks = 0, stale = false }: Visits): Promise<void> {
  const receipt = { arm, assigned_version: version, event_at: iso(atMs), routing_revision: 1 };
  const window = emptyServingWindow(receipt);
  for (let i = 0; i < visits; i++) {
    const model_version = i < fallbacks ? "rules" : version;
    countVisit(window, { receipt: { ...receipt, unit: `${arm} ${i}`, model_version }, stale, latency: 2 });
  }
  await new ServingStore(db).write(new Map([[`${windowKey(receipt)}.monitoring`, window]]));
}

/** Logs that are folded, so many of them with an error. */
async function logged({ arm, version, atMs, visits }: Visits, errors: number): Promise<void> {
  const logs = Array.from({ length: visits }, (_, i) =>
    someLog({
      arm,
      assigned_version: version,
      event_at: iso(atMs),
      prediction_id: `${arm}.${i}`,
      unit: `${arm} ${i}`,
      predict_outcome: i < errors ? "timeout" : "ok",
    }),
  );
  const startMs = floorTo(atMs, HOUR);
  const id = windowId({ version, arm, granularity: "1h", startMs, shard: 0 });
  await db
    .collection("windows")
    .doc(id)
    .set(foldInto(new Map(), logs).get(id) ?? {});
}

/** Visitors who come once, so many of whom engage: a version that answers all of them alike is right of the one or of the others. */
async function seen({ atMs, visits, engaged }: { atMs: number; visits: number; engaged: number }): Promise<void> {
  const held = { session_duration: 130_000, interactions_count: 6, scroll_depth: 0.8, bounce_rate: 0.1 };
  const logs = Array.from({ length: visits }, (_, i) => {
    const of = { event_at: iso(atMs), prediction_id: `seen.${i}`, unit: `seen ${i}` };
    return someLog({ ...of, ...(i < engaged ? held : {}) });
  });
  for (const [id, traffic] of foldTraffic(new Map(), logs)) await db.collection("traffic").doc(id).set(traffic);
}

/** A version in service, after the rules. */
async function inService(): Promise<string> {
  await putRouting();
  const version = await publishConstantVersion();
  await putRouting({ stable: version, previous_good: "rules" });
  return version;
}

describe("the version in service", () => {
  it("is returned from once when it does not answer, with alert, change log and audit, and stays away", async () => {
    const nowMs = START;
    const version = await inService();
    await answered({ arm: "stable", version, atMs: nowMs - 10 * MINUTE, visits: 100 });
    await watch(nowMs);
    expect(await health()).toMatchObject({ version, status: "ok", action: "none" });
    const { revision } = await routing.read();

    await answered({ arm: "stable", version, atMs: nowMs - MINUTE, visits: 100, fallbacks: 60 });
    await watch(nowMs + MINUTE);
    expect(await health()).toMatchObject({ version, status: "warning", action: "alert" });
    expect((await alerts("monitor_warning", version)).length).toBe(1);
    await answered({ arm: "stable", version, atMs: nowMs + 4 * MINUTE, visits: 100, fallbacks: 60 });
    const later = nowMs + 6 * MINUTE;
    const again = () => watch(later);
    await Promise.all([again().catch(again), again().catch(again)]);
    expect(await routing.read()).toMatchObject({ stable: "rules", revision: revision + 1, written_by: "system" });
    await watch(later + 5 * MINUTE);
    await watch(later + 10 * MINUTE);
    expect(await routing.read()).toMatchObject({ stable: "rules", revision: revision + 1 });

    const [change] = await routing.changeLog(1);
    expect(change).toMatchObject({ from: version, to: "rules", who: "system" });
    expect(change?.why).toMatch(/^monitoring: .*answers were not the version's own/);
    const audit = await db.collection("audit").where("details.from", "==", version).get();
    expect(audit.docs.map((doc) => doc.get("action"))).toEqual(["rollback"]);
    expect((await alerts("monitor_rollback", version)).length).toBe(1);
  });

  it("stays when answers by others are over at the next look: Storage was away for a while", async () => {
    const nowMs = START + 30 * DAY;
    const version = await inService();
    await answered({ arm: "stable", version, atMs: nowMs - 4 * MINUTE, visits: 100, fallbacks: 90 });
    await watch(nowMs);
    await answered({ arm: "stable", version, atMs: nowMs + 6 * MINUTE, visits: 100 });
    for (const minutes of [10, 20, 30]) await watch(nowMs + minutes * MINUTE);
    expect((await routing.read()).stable).toBe(version);
    expect((await health()).reason).toMatch(/45.0 % of 200 answers were not the version's own.*; it is over/);
    expect((await alerts("monitor_warning", version)).length).toBe(1);
  });

  it("is returned from when none of its visits leaves a log, and those in the holdback do", async () => {
    const nowMs = START + 45 * DAY;
    const version = await inService();
    const atMs = floorTo(nowMs - 90 * MINUTE, HOUR) - 30 * MINUTE;
    await answered({ arm: "stable", version, atMs, visits: 100 });
    await answered({ arm: "holdback", version: "rules", atMs, visits: 10 });
    await logged({ arm: "holdback", version: "rules", atMs, visits: 9 }, 0);
    await watch(nowMs);
    expect((await routing.read()).stable).toBe("rules");
    expect((await alerts("monitor_rollback", version))[0]).toMatch(/100 visits .* not one has left a log, while 9 of/);
  });

  it("is returned from for errors that the holdback does not share, and not for those that it does", async () => {
    for (const [i, shared] of [true, false].entries()) {
      const nowMs = START + (i + 1) * 60 * DAY;
      const version = await inService();
      const atMs = nowMs - 3 * HOUR;
      await logged({ arm: "stable", version, atMs, visits: 100 }, 30);
      await logged({ arm: "holdback", version: "rules", atMs, visits: 100 }, shared ? 30 : 0);
      await answered({ arm: "stable", version, atMs, visits: 100 });
      await watch(nowMs);
      await watch(nowMs + 5 * MINUTE);
      expect((await routing.read()).stable).toBe(shared ? version : "rules");
      expect((await alerts("monitor_rollback", version)).length).toBe(shared ? 0 : 1);
      if (!shared) continue;
      expect((await health()).findings).toMatchObject([{ metric: "errors", whose: "site" }]);
      expect((await alerts("monitor_warning", version)).length).toBe(1);
    }
  });

  it("stays while an outage is ours: answers are counted, and no log of one", async () => {
    const nowMs = START + 240 * DAY;
    const version = await inService();
    await answered({ arm: "stable", version, atMs: floorTo(nowMs - 90 * MINUTE, HOUR) - 30 * MINUTE, visits: 100 });
    await answered({ arm: "stable", version, atMs: nowMs - MINUTE, visits: 100, fallbacks: 60 });
    await watch(nowMs);
    await watch(nowMs + 5 * MINUTE);
    expect((await routing.read()).stable).toBe(version);
    expect(await health()).toMatchObject({ status: "outage", action: "alert" });
    expect((await alerts("monitor_outage", version)).length).toBe(1);
  });

  it("is returned from when previous_good is right of more of the same visitors, and not when it is right of fewer", async () => {
    for (const [i, engaged] of [240, 60].entries()) {
      const nowMs = START + (400 + 40 * i) * DAY;
      const version = await inService();
      // The version has densidad-alta for all of them, which engaged visitors want; the rules have densidad-media.
      await seen({ atMs: nowMs - 3 * HOUR, visits: 300, engaged });
      await watch(nowMs);
      expect((await routing.read()).stable).toBe(engaged === 240 ? version : "rules");
      if (engaged === 240) expect((await health()).findings).toEqual([]);
      else expect((await health()).findings).toMatchObject([{ metric: "accuracy", whose: "model", severity: "high" }]);
    }
    const [change] = await routing.changeLog(1);
    expect(change?.why).toMatch(/accuracy of density is 0.200, and 0.800 by rules on the same 300 visitors/);
  });

  it("stays, with an alert, when previous_good is damaged or was itself returned from, and when the policy says so", async () => {
    const harm = async (version: string, atMs: number) => {
      await answered({ arm: "stable", version, atMs: atMs - MINUTE, visits: 100, fallbacks: 60 });
      await watch(atMs - 5 * MINUTE);
      await watch(atMs);
      return health();
    };
    const stays = async (version: string, atMs: number, why: RegExp) => {
      expect(await harm(version, atMs)).toMatchObject({ version, status: "harm", action: "alert" });
      expect((await health()).reason).toMatch(why);
      await watch(atMs + 5 * MINUTE);
      expect((await routing.read()).stable).toBe(version);
      expect((await alerts("monitor_harm", version)).length).toBe(1);
      expect((await alerts("monitor_rollback", version)).length).toBe(0);
    };
    const nowMs = START + 500 * DAY;
    const left = await inService();
    expect(await harm(left, nowMs)).toMatchObject({ action: "roll_back" });
    const after = await publishConstantVersion();
    await putRouting({ stable: after, previous_good: left });
    await stays(after, nowMs + HOUR, new RegExp(`${left} was returned from at .*, and is not returned to within 72 h`));

    const damaged = await publishConstantVersion();
    await putRouting({ stable: damaged, previous_good: "rules" });
    const better = await publishConstantVersion();
    await putRouting({ stable: better, previous_good: damaged });
    await bucket().file(`model_versions/${damaged}/reference.json`).save("{}");
    await stays(better, nowMs + 2 * HOUR, new RegExp(`; .*${damaged}`));

    const kept = await inService();
    await setPolicy({ monitoring: { min_visits: 50, automatic_rollback: false } });
    await stays(kept, nowMs + 3 * HOUR, /; automatic_rollback is off$/);
    await setPolicy({ monitoring: { min_visits: 50 } });
  });

  it("is returned from after the deployment that goes on has been ended", async () => {
    const nowMs = START + 560 * DAY;
    const version = await inService();
    const candidate = await publishConstantVersion();
    const deployments = new DeploymentStore(db);
    const opened = { version: candidate, requestedBy: "system", reason: "a test", stages: [0.05, 1], nowMs };
    const { id } = await deployments.open(opened);
    await answered({ arm: "stable", version, atMs: nowMs - MINUTE, visits: 100, fallbacks: 60 });
    await watch(nowMs - 5 * MINUTE);
    await watch(nowMs);
    expect(await health()).toMatchObject({ status: "harm", action: "abort" });
    expect((await db.doc(`deployments/${id}`).get()).get("phase")).toBe("aborted");
    expect((await routing.read()).stable).toBe(version);
    await answered({ arm: "stable", version, atMs: nowMs + 4 * MINUTE, visits: 100, fallbacks: 60 });
    await watch(nowMs + 5 * MINUTE);
    expect(await routing.read()).toMatchObject({ stable: "rules", canary: null, shadow: null });
    expect((await alerts("monitor_rollback", version)).length).toBe(1);
  });

  it("stays while routing is stale, and while most logs are refused", async () => {
    const staleMs = START + 620 * DAY;
    const version = await inService();
    const harm = { arm: "stable", version, visits: 100, fallbacks: 60 } as const;
    await answered({ ...harm, atMs: staleMs - MINUTE, stale: true });
    await watch(staleMs);
    expect(await health()).toMatchObject({
      status: "outage",
      outages: [expect.stringMatching(/^100 of 100 answers came from routing/)],
    });
    const refusedMs = staleMs + 20 * DAY;
    await answered({ ...harm, atMs: refusedMs - MINUTE });
    const received = emptyIngestWindow(floorTo(Date.now(), 5 * MINUTE));
    const ingest = new IngestStore(db);
    const name = `${startId(Date.parse(received.start))}.monitoring`;
    await ingest.writeWindows(new Map([[name, { ...received, accepted: 40, rejected: 60 }]]));
    await watch(refusedMs);
    expect(await health()).toMatchObject({ status: "outage", outages: ["60 of 100 logs were refused"] });
    expect((await routing.read()).stable).toBe(version);
    await ingest.writeWindows(new Map([[name, { ...received, accepted: 50, rejected: 50 }]]));
    await answered({ ...harm, atMs: refusedMs + 4 * MINUTE });
    await watch(refusedMs + 5 * MINUTE);
    expect((await routing.read()).stable).toBe("rules");
  });
});

describe("monitorHealth", () => {
  // The stories before lived in later years: a sign of life takes nothing back.
  beforeEach(() =>
    db
      .doc("heartbeats/monitor")
      .delete()
      .then(() => undefined),
  );

  it("is missed when it is silent for more than 20 minutes, once, and said to be back", async () => {
    const nowMs = START + 300 * DAY;
    const tick = (minutes: number) => runSchedule("advanceDeployments", iso(nowMs + minutes * MINUTE));
    await putRouting();
    await watch(nowMs);
    await tick(20);
    expect(await alerts("monitor_silent", iso(nowMs))).toEqual([]);
    await tick(21);
    await tick(22);
    expect((await alerts("monitor_silent", iso(nowMs))).length).toBe(1);
    await watch(nowMs + 25 * MINUTE);
    const silences = await db.collection("alerts").where("kind", "==", "monitor_silent").get();
    const told = silences.docs.filter((doc) => String(doc.get("message")).includes(iso(nowMs)));
    expect(told.map((doc) => doc.get("status"))).toEqual(["resolved"]);
    expect(told[0]?.get("resolution")).toContain("runs again");
    await tick(26);
    expect((await alerts("monitor_silent", iso(nowMs + 25 * MINUTE))).length).toBe(0);
  });

  it("tells of a part that fails twice in a row, and that it works again", async () => {
    const nowMs = START + 310 * DAY;
    const ran = (minutes: number, failed: string[]) => signOfLife(db, { nowMs: nowMs + minutes * MINUTE, failed });
    const told = async () => {
      const { docs } = await db.collection("alerts").where("kind", "==", "monitor_failed").get();
      return docs.filter((doc) => doc.get("subject") === "monitorHealth: a part").map((doc) => doc.get("status"));
    };
    await ran(0, ["a part"]);
    expect(await told()).toEqual([]);
    await ran(5, ["a part", "another"]);
    await ran(10, ["a part"]);
    expect(await told()).toEqual(["open"]);
    await ran(15, []);
    expect(await told()).toEqual(["resolved"]);
  });
});
