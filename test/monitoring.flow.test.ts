import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foldInto } from "../functions/src/collect/fold.ts";
import { windowId } from "../functions/src/collect/window.ts";
import { Health } from "../functions/src/monitor/schema.ts";
import { ServingStore } from "../functions/src/serve/serving-store.ts";
import { countVisit, emptyServingWindow, windowKey } from "../functions/src/serve/serving-window.ts";
import { RoutingStore } from "../functions/src/serve/store.ts";
import { database } from "../functions/src/shared/firestore.ts";
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
}

/** Answers that the instances have counted. */
async function answered({ arm, version, atMs, visits, fallbacks = 0 }: Visits): Promise<void> {
  const receipt = { arm, assigned_version: version, event_at: iso(atMs), routing_revision: 1 };
  const window = emptyServingWindow(receipt);
  for (let i = 0; i < visits; i++) {
    const model_version = i < fallbacks ? "rules" : version;
    countVisit(window, { receipt: { ...receipt, unit: `${arm} ${i}`, model_version }, stale: false, latency: 2 });
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
    const later = nowMs + 5 * MINUTE;
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
});

describe("monitorHealth", () => {
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
