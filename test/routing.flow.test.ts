import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Routing } from "../functions/src/serve/schema.ts";
import { ROUTING_PATH, RoutingStore } from "../functions/src/serve/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { AuditEntry } from "../functions/src/shared/schema.ts";
import { grantRole } from "../scripts/stack/roles.ts";
import { predictAt } from "./predict-client.ts";
import { publishConstantVersion, putRouting } from "./routing.ts";

const db = database();
const live = db.doc(ROUTING_PATH);
const store = new RoutingStore(db);

/** Waits until an edit is judged, and gives the routing in force then. */
async function judged(): Promise<Routing> {
  return await vi.waitFor(
    async () => {
      const { routing, pending } = await store.look();
      expect(pending).toBe(false);
      return routing;
    },
    { timeout: 30_000, interval: 100 },
  );
}

const auditOf = async (revision: number) => {
  const { docs } = await db.collection("audit").where("target", "==", ROUTING_PATH).get();
  const entries = docs.map((doc) => AuditEntry.parse(doc.data())).sort((a, b) => a.seq - b.seq);
  return { entries, last: entries.at(-1), revision };
};

describe("an edit of routing/live by hand", () => {
  let before: Routing;
  beforeEach(async () => {
    before = await putRouting({ holdback_share: 0, exploration_share: 0 });
    await predictAt(before.revision);
  });

  it.each([
    { name: "a version that does not exist", edit: { stable: "v_20200101T000000Z_000000000000" } },
    { name: "a value that is none", edit: { stable: "latest" } },
    { name: "a share out of bounds", edit: { exploration_share: 7 } },
    { name: "a field that is unknown", edit: { stabel: "rules" } },
    {
      name: "a candidate without a deployment",
      edit: { canary: { deployment: "d", version: "v_20200101T000000Z_000000000000", share: 1, salt: "s" } },
    },
    {
      name: "an experiment that nobody started",
      edit: {
        experiment: {
          id: "e",
          salt: "s",
          arms: [0, 0.5].map((from) => ({ name: `from${from * 10}`, version: "rules", from, to: from + 0.5 })),
        },
      },
    },
    { name: "a claim to be the system", edit: { stable: "latest", written_by: "system", revision: 1_000_000 } },
  ])("with $name is put back and never used", async ({ edit }) => {
    await live.update(edit);
    const during = await predictAt(before.revision);
    const after = await judged();
    const later = await predictAt(after.revision);
    for (const { receipt, prediction } of [during, later]) {
      expect(receipt).toMatchObject({ assigned_version: "rules", arm: "stable", propensity: 1 });
      expect(prediction.model_version).toBe("rules");
    }
    const { stable, canary, experiment, exploration_share, salts } = before;
    expect(after).toMatchObject({
      stable,
      canary,
      experiment,
      exploration_share,
      salts,
      revision: before.revision + 1,
    });
    expect(after.written_by).toBe("system");
    expect(after.reason).toMatch(/^put back: /);
    const { last } = await auditOf(after.revision);
    expect(last).toMatchObject({ action: "refuse_routing_edit", reason: after.reason });
  });

  it("that breaks an artefact's version is put back", async () => {
    const version = await publishConstantVersion();
    await bucket().file(`model_versions/${version}/bundle.json`).save("{}");
    await live.update({ stable: version });
    expect(await judged()).toMatchObject({ stable: "rules", revision: before.revision + 1 });
  });

  it("that deletes it is put back", async () => {
    await live.delete();
    expect(await judged()).toMatchObject({ stable: "rules", revision: before.revision + 1 });
  });

  it("that is good takes force under a new revision, with who and why", async () => {
    const version = await publishConstantVersion();
    await live.update({ stable: version, reason: "tried by hand" });
    const after = await judged();
    expect(after).toMatchObject({ stable: version, revision: before.revision + 1, reason: "tried by hand" });
    expect(after.written_by).not.toBe("");
    expect((await predictAt(after.revision)).prediction.model_version).toBe(version);
    expect((await auditOf(after.revision)).last).toMatchObject({
      action: "accept_routing_edit",
      who: after.written_by,
    });
  });

  it("that copies an earlier state back, seal and all, is judged like any other", async () => {
    const earlier = (await live.get()).data() ?? {};
    const { revision } = await putRouting({ holdback_share: 0, exploration_share: 0.1 });
    await live.set(earlier);
    const after = await judged();
    expect(after).toMatchObject({ exploration_share: 0, revision: revision + 1 });
    expect((await predictAt(after.revision)).receipt.routing_revision).toBe(after.revision);
    const entry = await live.collection("journal").doc(String(before.revision).padStart(12, "0")).get();
    expect(entry.data()).toEqual(earlier);
  });

  it("raises an alert when it is bad, and one journal entry for each revision", async () => {
    await live.update({ stable: "latest" });
    const after = await judged();
    await vi.waitFor(async () => {
      const { docs } = await db.collection("alerts").where("kind", "==", "routing_edit_refused").get();
      expect(docs.filter((doc) => doc.get("details.revision") === after.revision)).toHaveLength(1);
    });
    const { docs } = await live.collection("journal").where("revision", ">=", before.revision).get();
    expect(docs.map((doc) => doc.get("revision"))).toEqual([before.revision, after.revision]);
  });
});

describe("setRouting", () => {
  const data = { change: { stable: "rules" }, reason: "a test" };

  it.each([
    { name: "nobody", role: undefined, data, status: "UNAUTHENTICATED" },
    { name: "a stranger", role: null, data, status: "PERMISSION_DENIED" },
    { name: "a viewer", role: "viewer" as const, data, status: "PERMISSION_DENIED" },
    {
      name: "an admin without a reason",
      role: "admin" as const,
      data: { change: data.change },
      status: "INVALID_ARGUMENT",
    },
    {
      name: "an admin who changes nothing",
      role: "admin" as const,
      data: { change: {}, reason: "r" },
      status: "INVALID_ARGUMENT",
    },
    {
      name: "an admin who sets what the policy sets",
      role: "admin" as const,
      data: { change: { holdback_share: 0.1 }, reason: "r" },
      status: "INVALID_ARGUMENT",
    },
    {
      name: "an admin who sets what only a release sets",
      role: "admin" as const,
      data: { change: { previous_good: "rules" }, reason: "r" },
      status: "INVALID_ARGUMENT",
    },
    {
      name: "an admin who gives a candidate more than everything",
      role: "admin" as const,
      data: { change: { canary: { share: 1.5 } }, reason: "r" },
      status: "INVALID_ARGUMENT",
    },
    {
      name: "an admin who gives a share to a candidate that is not there",
      role: "admin" as const,
      data: { change: { canary: { share: 0.5 } }, reason: "r" },
      status: "INVALID_ARGUMENT",
    },
    {
      name: "an admin who names no version",
      role: "admin" as const,
      data: { change: { stable: "v_20200101T000000Z_000000000000" }, reason: "r" },
      status: "INVALID_ARGUMENT",
    },
  ])("refuses $name", async ({ role, data, status }) => {
    const before = await store.read();
    const token = role === undefined ? undefined : await signIn(role);
    const answer = await call("setRouting", data, token);
    expect(answer.error?.status).toBe(status);
    if (status === "INVALID_ARGUMENT") expect(answer.error?.details?.issues[0]?.path).toBeDefined();
    expect(await store.read()).toEqual(before);
  });

  it("changes stable for an admin, and puts who and why on record", async () => {
    const version = await publishConstantVersion();
    const before = await putRouting({ shadow: { deployment: "d", version } });
    const token = await signIn("admin");
    const change = { stable: version, shadow: null };
    const answer = await call("setRouting", { change, reason: " back to work " }, token);
    expect(answer.result).toEqual({ revision: before.revision + 1 });
    const after = await store.read();
    expect(after).toMatchObject({ ...change, reason: "back to work", revision: before.revision + 1 });
    const { last } = await auditOf(after.revision);
    expect(last).toMatchObject({ action: "set_routing", who: after.written_by, reason: "back to work" });
    // onRoutingWritten knows it as ours: nothing more happens.
    expect((await predictAt(after.revision)).prediction.model_version).toBe(version);
    expect(await store.read()).toEqual(after);
  });

  it("refuses what was decided on an earlier revision, and says who has changed it", async () => {
    const { revision } = await putRouting({ exploration_share: 0 });
    const later = await putRouting({ exploration_share: 0.1 });
    const token = await signIn("admin");
    const asked = { change: { stable: "rules" }, reason: "r" };
    const { error } = await call("setRouting", { ...asked, based_on: revision }, token);
    expect(error).toMatchObject({
      status: "FAILED_PRECONDITION",
      message: expect.stringMatching(/meanwhile.*system.*a test/),
    });
    expect((await store.read()).revision).toBe(later.revision);
    const now = await call("setRouting", { ...asked, based_on: later.revision }, token);
    expect(now.result).toEqual({ revision: later.revision + 1 });
  });

  it("changes the share of the candidate that is there, and nothing else of it", async () => {
    const canary = { deployment: "d", version: await publishConstantVersion(), share: 0.05, salt: "s" };
    await putRouting({ canary });
    const token = await signIn("admin");
    expect(await call("setRouting", { change: { canary: { share: 0.1 } }, reason: "r" }, token)).toHaveProperty(
      "result",
    );
    expect(await store.read()).toMatchObject({ canary: { ...canary, share: 0.1 } });
  });
});

interface CallAnswer {
  result?: unknown;
  error?: { status: string; message: string; details?: { issues: { path: string; message: string }[] } };
}

async function call(name: string, data: unknown, token: string | undefined): Promise<CallAnswer> {
  const response = await fetch(`${process.env["PERENNIAL_FUNCTIONS_URL"]}/${name}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ data }),
  });
  return (await response.json()) as CallAnswer;
}

/** A new user of the Auth emulator, with a role or without; gives the id token. */
async function signIn(role: "admin" | "viewer" | null): Promise<string> {
  const host = process.env["FIREBASE_AUTH_EMULATOR_HOST"];
  const response = await fetch(`http://${host}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=demo`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ returnSecureToken: true }),
  });
  const { localId, idToken } = (await response.json()) as { localId: string; idToken: string };
  if (role !== null) await grantRole({ uid: localId, role, grantedBy: "a test" });
  return idToken;
}
