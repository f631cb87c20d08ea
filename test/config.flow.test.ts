import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LifecycleRevision } from "../functions/src/govern/schema.ts";
import { RoutingStore } from "../functions/src/serve/store.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_JOURNAL, LIFECYCLE_PATH, readLifecycle } from "../functions/src/shared/lifecycle.ts";
import { callFunction, signUp } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";

const db = database();
const document = db.doc(LIFECYCLE_PATH);
const stored = async () => (await document.get()).data();
const journal = async () => {
  const { docs } = await db.collection(LIFECYCLE_JOURNAL).orderBy("n", "desc").limit(100).get();
  return docs.map((doc) => LifecycleRevision.parse(doc.data()));
};
const count = async (collection: string, field: string, value: string) =>
  (await db.collection(collection).where(field, "==", value).get()).size;
/** How often an alert said that an edit was refused: one that is open counts those that come after it. */
const refusals = async () => {
  const { docs } = await db.collection("alerts").where("kind", "==", "config_edit_refused").get();
  return docs.reduce((sum, doc) => sum + Number(doc.get("count")), 0);
};
const eventually = <T>(look: () => Promise<T>) => vi.waitFor(look, { timeout: 30_000, interval: 100 });

let admin: { uid: string; idToken: string };
restorePolicyAfterwards();

/** Puts a policy in force by hand, and waits until it is journaled. */
async function edited(policy: Record<string, unknown>): Promise<void> {
  await document.set(policy);
  await eventually(async () => expect((await journal())[0]?.policy).toEqual(policy));
}

beforeAll(async () => {
  admin = await signUp("admin");
  await putRouting();
});

afterAll(async () => {
  await edited({});
  await putRouting();
});

describe("an edit of config/lifecycle by hand", () => {
  it("that is good is journaled once and reaches routing", async () => {
    const before = await journal();
    const audited = await count("audit", "action", "accept_config_edit");
    const { revision } = await new RoutingStore(db).read();
    await edited({ serve: { holdback_share: 0.125, exploration_share: 0 }, training: { target_policy: "observed" } });
    const routing = await eventually(async () => {
      const read = await new RoutingStore(db).read();
      expect(read.holdback_share).toBe(0.125);
      return read;
    });
    expect(routing).toMatchObject({ exploration_share: 0, rules_groups: ["density", "font", "theme"] });
    expect(routing.revision).toBe(revision + 1);
    const after = await journal();
    expect(after.length).toBe(before.length + 1);
    expect(after[0]?.n).toBe((before[0]?.n ?? 0) + 1);
    expect(await count("audit", "action", "accept_config_edit")).toBe(audited + 1);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["a number out of bounds", { serve: { holdback_share: 0.6 } }, /serve\.holdback_share: .*0\.5/],
    ["stages that fall", { deployment: { stages: [0.5, 0.2, 1] } }, /deployment\.stages: stages must rise/],
    ["a typing slip", { deployments: {} }, /deployments/],
    ["not a number", { serve: { holdback_share: Number.NaN } }, /serve\.holdback_share/],
    ["a value that is no JSON", { serve: { holdback_share: new Date(0) } }, /serve\.holdback_share/],
  ])("that is bad is put back, with field and rule: %s", async (_what, bad, rule) => {
    const good = { collect: { maturity_minutes: 7 } };
    await edited(good);
    const journaled = (await journal()).length;
    const alerts = await refusals();
    await document.set(bad);
    // From the first moment on, nobody acts on it.
    expect((await readLifecycle(db)).collect.maturity_minutes).toBe(7);
    await eventually(async () => expect(await stored()).toEqual(good));
    await eventually(async () => expect(await refusals()).toBe(alerts + 1));
    const { docs } = await db.collection("alerts").where("kind", "==", "config_edit_refused").get();
    const messages = docs.map((doc) => String(doc.get("message"))).filter((message) => rule.test(message));
    expect(messages.length).toBeGreaterThan(0);
    const audit = await db.collection("audit").where("action", "==", "refuse_config_edit").get();
    const issues = audit.docs.map((doc) => JSON.stringify(doc.get("details.issues")));
    expect(issues.filter((text) => text.includes('"path"')).length).toBeGreaterThan(0);
    expect((await journal()).length).toBe(journaled);
  });

  it("that is bad and the first, after a deletion, is taken out again", async () => {
    await edited({ collect: { maturity_minutes: 7 } });
    await document.delete();
    await eventually(async () => expect((await journal())[0]?.policy).toEqual({}));
    expect((await readLifecycle(db)).collect.maturity_minutes).toBe(45);
    await document.set({ collect: { maturity_minutes: -1 } });
    await eventually(async () => expect(await stored()).toBeUndefined());
  });
});

describe("setConfig", () => {
  it("replaces the whole policy, says what is in force, and journals who and why, once", async () => {
    await edited({ collect: { maturity_minutes: 7 } });
    const before = (await journal()).length;
    const policy = { serve: { holdback_share: 0.25 } };
    const outcome = await callFunction("setConfig", { policy, reason: "a larger holdback" }, admin.idToken);
    expect(outcome).toMatchObject({
      ok: true,
      result: {
        policy: { serve: { holdback_share: 0.25, exploration_share: 0.02 }, collect: { maturity_minutes: 45 } },
      },
    });
    expect(await stored()).toEqual(policy);
    expect((await new RoutingStore(db).read()).holdback_share).toBe(0.25);
    expect((await journal())[0]).toMatchObject({ policy, who: admin.uid, reason: "a larger holdback" });
    // The next edit is judged after the event of this one: that has journaled nothing more.
    await edited({});
    expect((await journal()).length).toBe(before + 2);
  });

  it.each<[string, unknown, string[]]>([
    ["a bad number", { policy: { deployment: { max_days: 0 } }, reason: "x" }, ["deployment.max_days"]],
    ["two faults", { policy: { jobs: { max_attempts: 0, lease: 3 } }, reason: "x" }, ["jobs", "jobs.max_attempts"]],
    ["no reason", { policy: {} }, ["reason"]],
    ["no policy", { reason: "x" }, ["policy"]],
    ["nothing", null, [""]],
  ])("refuses and names each field and rule: %s", async (_what, data, paths) => {
    const before = await stored();
    const outcome = await callFunction("setConfig", data, admin.idToken);
    expect(outcome).toMatchObject({ ok: false, status: "INVALID_ARGUMENT" });
    const { issues } = (outcome as unknown as { details: { issues: { path: string; message: string }[] } }).details;
    expect(issues.map((issue) => issue.path).sort()).toEqual(paths);
    expect(await stored()).toEqual(before);
  });
});
