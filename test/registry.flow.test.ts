import { randomBytes } from "node:crypto";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, it, vi } from "vitest";
import { listVersionsOn } from "../functions/src/deploy/list-versions.ts";
import { rollBack } from "../functions/src/deploy/roll-back.ts";
import { DeploymentStore } from "../functions/src/deploy/store.ts";
import { extractFeatures } from "../functions/src/design/features.ts";
import { cleanUpVersions } from "../functions/src/govern/clean-up-versions.ts";
import { verifyRoutedVersions } from "../functions/src/monitor/verify-routed-versions.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { checksums, versionId, versionTime } from "../functions/src/registry/version-id.ts";
import { changeRouting } from "../functions/src/serve/change-routing.ts";
import { ModelCache } from "../functions/src/serve/model-cache.ts";
import { Predictor } from "../functions/src/serve/predictor.ts";
import { RoutingCache } from "../functions/src/serve/routing-cache.ts";
import type { Prediction, ServedVersion } from "../functions/src/serve/schema.ts";
import { RoutingStore } from "../functions/src/serve/store.ts";
import { CorruptError } from "../functions/src/shared/errors.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { CounterBuffer } from "../functions/src/shared/flush.ts";
import { iso } from "../functions/src/shared/time.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { callFunction, signUp } from "../scripts/stack/client.ts";
import { CONTEXT, predictAt } from "./predict-client.ts";
import { putRouting } from "./routing.ts";
import { demoKeys } from "./signed-log.ts";
import { someFiles, somePublication } from "./some-version.ts";

const db = database();
const store = new VersionStore(db, bucket());
const fresh = (createdMs = Date.now()) => someFiles(createdMs, randomBytes(8).toString("hex"));
const objects = async (version: string) => {
  const [files] = await bucket().getFiles({ prefix: `model_versions/${version}/` });
  return files.map(({ name }) => name.split("/").at(-1)).sort();
};

/** Takes a version out of quarantine, as an admin does in the console. */
async function lift(version: string): Promise<void> {
  const ref = db.doc(`model_versions/${version}`);
  const { quarantined: _, ...rest } = (await ref.get()).data() ?? {};
  await ref.set(rest);
}

describe("publishing a version", () => {
  it("stores every file and then the document, from which it answers", async () => {
    const { version, files } = fresh();
    const meta = await store.publish(somePublication(version), files);
    expect(await objects(version)).toEqual(["bundle.json", "reference.json"]);
    expect(await store.read(version)).toEqual(meta);
    const path = `model_versions/${version}/bundle.json`;
    expect(meta.artefacts["bundle.json"]).toMatchObject({ path, bytes: files.get("bundle.json")?.byteLength });
    const design = (await store.loadModel(version)).predict(extractFeatures(CONTEXT));
    expect(design.classes).toEqual({ density: 2, font: 0, theme: 1 });
  });

  it("twice, or by several at once, makes one version and the same document", async () => {
    const { version, files } = fresh();
    const publication = somePublication(version);
    const first = await store.publish(publication, files);
    const generation = async () =>
      (await bucket().file(`model_versions/${version}/bundle.json`).getMetadata())[0].generation;
    const before = await generation();
    const again = await Promise.all([1, 2, 3].map(() => store.publish(publication, files)));
    for (const meta of again) expect(meta).toEqual(first);
    expect(await generation()).toBe(before);
    expect((await store.list(100)).filter((meta) => meta.version === version).length).toBe(1);
  });

  it("goes on after a crash between the files and the document", async () => {
    const { version, files } = fresh();
    await bucket()
      .file(`model_versions/${version}/bundle.json`)
      .save(Buffer.from(files.get("bundle.json") ?? []));
    expect(await store.read(version)).toBeUndefined();
    await store.publish(somePublication(version), files);
    expect(await store.loadModel(version)).toBeDefined();
  });

  it("never overwrites a file, and shows no version whose file is another", async () => {
    const { version, files } = fresh();
    await bucket().file(`model_versions/${version}/reference.json`).save("something else");
    await expect(store.publish(somePublication(version), files)).rejects.toThrow(/reference\.json has 14 bytes/);
    expect((await bucket().file(`model_versions/${version}/reference.json`).download())[0].toString()).toBe(
      "something else",
    );
    expect(await store.read(version)).toBeUndefined();
  });

  it("refuses another document for the same files, and an id that is not theirs", async () => {
    const { version, files } = fresh();
    await store.publish(somePublication(version), files);
    const other = somePublication(version, { feature_schema: 2 });
    await expect(store.publish(other, files)).rejects.toThrow(CorruptError);
    await expect(store.publish(somePublication(version), fresh().files)).rejects.toThrow(
      /is not the id of these files/,
    );
  });

  it("is listed newest first, without documents that somebody spoilt", async () => {
    // In a future that no other test's version reaches.
    const [old, young] = [fresh(Date.parse("2099-01-01T00:00:00Z")), fresh(Date.parse("2099-01-01T00:00:01Z"))];
    for (const { version, files } of [young, old]) {
      await store.publish(somePublication(version, { gate: NOT_BETTER }), files);
    }
    const spoilt = fresh(Date.parse("2099-01-01T00:00:02Z"));
    await db.collection("model_versions").doc(spoilt.version).set({ version: spoilt.version, gate: "better" });
    expect((await store.list(2)).map((meta) => meta.version)).toEqual([young.version, old.version]);
    for (const { version } of [old, young, spoilt]) await db.collection("model_versions").doc(version).delete();
  });
});

const NOT_BETTER = { verdict: "not_better", reason: "equal", against: "rules", accuracy_difference: 0 } as const;

/** Bytes with one to eight of them changed, or some cut off or put in. */
function mutated(bytes: Uint8Array, random: ReturnType<typeof xoroshiro128plus>): Buffer {
  const up = (to: number): number => uniformInt(random, 0, to);
  const at = up(bytes.length - 1);
  const kind = up(3);
  if (kind === 0) return Buffer.from(bytes.subarray(0, at));
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + up(7), up(255)), bytes.subarray(at)]);
  const copy = Buffer.from(bytes);
  for (let i = up(7); i >= 0; i--) {
    const place = (at + i) % copy.length;
    copy[place] = (copy[place] ?? 0) ^ (1 + up(254));
  }
  return copy;
}

/** An instance of predict that has nothing in memory yet; each call answers a visit. */
function freshInstance(): () => Promise<Prediction> {
  const routing = new RoutingStore(db);
  const predictor = new Predictor({
    routing: new RoutingCache({ look: () => routing.look(), freshMs: 15_000, onFailure: () => {} }),
    models: new ModelCache({ load: (version) => store.loadModel(version), onFailure: () => {} }),
    counters: new CounterBuffer(async () => {}),
    receiptKeys: demoKeys(),
    pseudonymKey: "pseudonyms",
    virtualTime: false,
  });
  return () => {
    const startMs = Date.now();
    const predictionId = randomBytes(16).toString("base64url");
    return predictor.predict(
      { user_context: CONTEXT },
      { nowMs: startMs, predictionId, elapsedMs: () => Date.now() - startMs },
    );
  };
}

describe("a damaged version", () => {
  /** Overwrites a file of a published version, as no code of ours would. */
  async function damaged(file: string, damage: (bytes: Buffer) => Buffer | null): Promise<string> {
    const { version, files } = fresh();
    await store.publish(somePublication(version, { gate: NOT_BETTER }), files);
    const object = bucket().file(`model_versions/${version}/${file}`);
    const bytes = damage(Buffer.from(files.get(file) ?? []));
    if (bytes === null) await object.delete();
    else await object.save(bytes);
    return version;
  }
  const flipped = (bytes: Buffer) => {
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    return bytes;
  };

  it.each<[string, string, (bytes: Buffer) => Buffer | null, RegExp]>([
    ["one flipped bit", "bundle.json", flipped, /bundle\.json has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}/],
    ["a missing byte", "bundle.json", (bytes) => bytes.subarray(1), /bundle\.json has \d+ bytes, not \d+/],
    ["a file that only others read", "reference.json", () => Buffer.from("{}"), /reference\.json has 2 bytes/],
    ["a missing file", "reference.json", () => null, /reference\.json is missing/],
  ])("is not loaded: %s", async (_what, file, damage, message) => {
    const loading = store.loadModel(await damaged(file, damage));
    await expect(loading).rejects.toThrow(CorruptError);
    await expect(loading).rejects.toThrow(message);
  });

  it("is not loaded: whatever is done to the bytes of any of its files", async () => {
    const { version, files } = fresh();
    await store.publish(somePublication(version, { gate: NOT_BETTER }), files);
    const random = xoroshiro128plus(1);
    for (let i = 0; i < 60; i++) {
      const [file, bytes] = [...files][i % files.size] ?? ["", new Uint8Array()];
      const object = bucket().file(`model_versions/${version}/${file}`);
      await object.save(mutated(bytes, random));
      await expect(store.loadModel(version)).rejects.toThrow(new RegExp(`${file} has (SHA-256|\\d+ bytes)`));
      await object.save(Buffer.from(bytes));
      // It was put in quarantine, where it stays until a person who has put the file back says so.
      await expect(store.loadModel(version)).rejects.toThrow(new RegExp(`is in quarantine since .*${file} has`));
      await lift(version);
    }
    await expect(store.loadModel(version)).resolves.toBeDefined();
  });

  it("is not loaded: one that does not exist", async () => {
    await expect(store.loadModel("v_20200101T000000Z_000000000000")).rejects.toThrow(/there is no model_versions/);
  });

  it("in service costs no visitor an answer: predict falls back to previous_good", async () => {
    const good = fresh();
    await store.publish(somePublication(good.version, { gate: NOT_BETTER }), good.files);
    const bad = await damaged("bundle.json", flipped);
    const { revision } = await putRouting({ stable: bad, previous_good: good.version, holdback_share: 0 });
    // Until previous_good is loaded the rules answer; a visitor sees an answer either way.
    await vi.waitFor(
      async () => {
        const { prediction, receipt } = await predictAt(revision);
        expect(receipt.assigned_version).toBe(bad);
        expect(prediction.model_version).toBe(good.version);
      },
      { timeout: 20_000, interval: 200 },
    );
    expect((await store.read(bad))?.quarantined?.file).toBe(`model_versions/${bad}/bundle.json`);
    const [alert] = (await db.collection("alerts").where("details.version", "==", bad).limit(2).get()).docs;
    expect(alert?.data()).toMatchObject({ kind: "version_quarantined", severity: "high" });
    expect(alert?.get("message")).toContain(`model_versions/${bad}/bundle.json has SHA-256`);
    await putRouting();
  });

  it("is found by monitorHealth in any of its files, those too that no answer needs, and with one alert", async () => {
    const { version, files } = fresh();
    files.set("density.xgb.json", Buffer.from(JSON.stringify({ learner: "for other programs, and of some length" })));
    files.set("model-card.md", Buffer.from("# A card that nobody's answer needs, of some length"));
    const named = versionId({ createdMs: versionTime(version), artefacts: checksums(files) });
    await store.publish(somePublication(named, { gate: NOT_BETTER }), files);
    await putRouting({ stable: named as ServedVersion, holdback_share: 0 });
    expect(await verifyRoutedVersions(db, bucket())).toEqual([]);
    for (const [file, bytes] of files) {
      const object = bucket().file(`model_versions/${named}/${file}`);
      const bad = Buffer.from(bytes);
      bad.writeUInt8(bad.readUInt8(10) ^ 1, 10);
      await object.save(bad);
      expect(await verifyRoutedVersions(db, bucket())).toEqual([
        expect.stringContaining(`${named}/${file} has SHA-256`),
      ]);
      // Again, it changes nothing and says the same.
      const quarantined = (await store.read(named))?.quarantined;
      expect(await verifyRoutedVersions(db, bucket())).toEqual([expect.stringContaining(`${file} has SHA-256`)]);
      expect((await store.read(named))?.quarantined).toEqual(quarantined);
      await object.save(Buffer.from(bytes));
      await lift(named);
    }
    const alerts = await db.collection("alerts").where("details.version", "==", named).limit(10).get();
    expect(alerts.docs.map((doc) => String(doc.get("details.file")).split("/").at(-1)).sort()).toEqual(
      [...files.keys()].sort(),
    );
    await putRouting();
  });

  it("costs no visitor an answer, whichever file is damaged: a fresh instance goes on with previous_good", async () => {
    const good = fresh();
    await store.publish(somePublication(good.version, { gate: NOT_BETTER }), good.files);
    for (const file of good.files.keys()) {
      const bad = await damaged(file, (bytes) => {
        bytes.writeUInt8(bytes.readUInt8(10) ^ 1, 10);
        return bytes;
      });
      await putRouting({
        stable: bad as ServedVersion,
        previous_good: good.version as ServedVersion,
        holdback_share: 0,
      });
      const predictor = freshInstance();
      const answers = [await predictor(), await predictor()];
      // The first waits for its own version only; the one to fall back to is at hand by the second.
      expect(answers.map(({ model_version }) => model_version)[1]).toBe(good.version);
      expect((await store.read(bad))?.quarantined?.file).toBe(`model_versions/${bad}/${file}`);
      const alerts = await db.collection("alerts").where("details.version", "==", bad).limit(2).get();
      expect(alerts.docs.map((doc) => doc.get("details.file"))).toEqual([`model_versions/${bad}/${file}`]);
    }
    await putRouting();
  });

  it("that is damaged or removed after the look and before the write is not put in use", async () => {
    class Late extends VersionStore {
      override async load(version: string, which?: "needed" | "every") {
        const loaded = await super.load(version, which);
        await this.bury(version, "a test", async () => true);
        return loaded;
      }
    }
    await putRouting();
    const before = await new RoutingStore(db).read();
    const tools = {
      deployments: new DeploymentStore(db),
      versions: new Late(db, bucket()),
      routing: new RoutingStore(db),
    };
    const late = async () => {
      const { version, files } = fresh();
      await store.publish(somePublication(version, { gate: NOT_BETTER }), files);
      return version;
    };
    const reason = "a test";
    await expect(rollBack(tools, { target: await late(), reason }, "someone")).rejects.toThrow(/was removed/);
    const change = { change: { stable: await late() }, reason };
    await expect(changeRouting(tools, change, { uid: "someone", nowMs: Date.now() })).rejects.toThrow(/was removed/);
    expect(await tools.routing.read()).toEqual(before);
  });

  it("is nothing to return to, or to route to", async () => {
    const bad = await damaged("bundle.json", flipped);
    await expect(store.loadModel(bad)).rejects.toThrow();
    const tools = { deployments: new DeploymentStore(db), versions: store, routing: new RoutingStore(db) };
    await expect(rollBack(tools, { target: bad, reason: "a test" }, "someone")).rejects.toThrow(
      /cannot be returned to: .* is in quarantine/,
    );
    const change = { change: { stable: bad }, reason: "a test" };
    await expect(changeRouting(tools, change, { uid: "someone", nowMs: Date.now() })).rejects.toThrow(/in quarantine/);
  });
});

describe("what served when", () => {
  it("is on record for every change of the model in service, and told for any time", async () => {
    const { version, files } = fresh();
    await store.publish(somePublication(version, { gate: NOT_BETTER }), files);
    const tools = { versions: store, routing: new RoutingStore(db) };
    const first = await putRouting();
    const second = await putRouting({ stable: version as ServedVersion });
    // A change that leaves the model where it is.
    await putRouting({ stable: version as ServedVersion, holdback_share: 0 });
    const last = await putRouting();

    const changes = await tools.routing.changeLog(2);
    expect(changes).toMatchObject([
      { revision: last.revision, from: version, to: "rules", who: "system", why: "a test", deployment: null },
      { revision: second.revision, from: "rules", to: version, at: second.updated_at },
    ]);
    const list = await listVersionsOn(tools, { limit: 100, at: second.updated_at });
    expect(list.served).toMatchObject({ stable: version, revision: second.revision });
    expect(list.in_service).toBe("rules");
    expect(list.versions.find((of) => of.version === version)).toMatchObject({ state: "not_better", kind: "full" });
    expect(list.history).toContain(`the rules → ${version}`);
    const before = await listVersionsOn(tools, { limit: 1, at: first.updated_at });
    expect(before.served?.stable).toBe("rules");
    expect((await tools.routing.servedAt(0)).revision).toBe(0);
  });

  it("is for admins to ask", async () => {
    expect(await callFunction("listVersions", {})).toMatchObject({ ok: false, status: "UNAUTHENTICATED" });
    const { idToken } = await signUp("admin");
    expect(await callFunction("listVersions", { limit: 0 }, idToken)).toMatchObject({ status: "INVALID_ARGUMENT" });
    expect(await callFunction("listVersions", {}, idToken)).toMatchObject({ ok: true });
  });
});

describe("a clean-up", () => {
  const DAY = 86_400_000;
  const long = Date.parse("2026-01-01T00:00:00Z");

  /** 50 versions, a minute apart, the oldest first; some are named by what is in use. */
  async function fifty(): Promise<string[]> {
    const made = Array.from({ length: 50 }, (_, i) => fresh(long + i * 60_000));
    for (const { version, files } of made) {
      await store.publish(somePublication(version, { gate: NOT_BETTER }), files);
    }
    return made.map(({ version }) => version);
  }
  const left = async (versions: readonly string[]) => {
    const stored = new Set(await store.stored());
    const listed = new Set((await store.history(200)).filter(({ removed }) => !removed).map(({ version }) => version));
    expect(versions.filter((version) => stored.has(version))).toEqual(
      versions.filter((version) => listed.has(version)),
    );
    return versions.filter((version) => listed.has(version));
  };

  /** A bucket whose n-th deletion, and everything after it, fails. */
  function dying(after: number): ReturnType<typeof bucket> {
    let deletions = 0;
    return new Proxy(bucket(), {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (name !== "deleteFiles") return typeof value === "function" ? value.bind(target) : value;
        return async (query: { prefix: string }) => {
          if (deletions++ >= after) throw new Error("killed");
          return target.deleteFiles(query);
        };
      },
    });
  }

  it("keeps exactly what is needed, though it is killed in the middle, and done twice it changes nothing", async () => {
    await db.recursiveDelete(db.collection("model_versions"));
    await db.recursiveDelete(db.collection("deployments"));
    await bucket().deleteFiles({ prefix: "model_versions/" });
    const versions = await fifty();
    const of = (i: number) => versions[i] as ServedVersion;
    await putRouting({
      stable: of(3),
      previous_good: of(7),
      shadow: { deployment: "d.test", version: of(9) },
      canary: { deployment: "d.test", version: of(11), share: 0.05, salt: "s" },
      experiment: {
        id: "e",
        salt: "s",
        arms: [25, 27].map((i) => ({ name: `arm${i}`, version: of(i), from: (i - 25) / 4, to: (i - 23) / 4 })),
      },
    });
    // The version in service is the child of the child of a full one.
    await db.doc(`model_versions/${of(3)}`).update({ "lineage.kind": "incremental", "lineage.parent": of(2) });
    await db.doc(`model_versions/${of(2)}`).update({ "lineage.kind": "incremental", "lineage.parent": of(1) });
    await db.doc(`model_versions/${of(20)}`).update({ "gate.verdict": "awaiting_evidence", "gate.against": of(19) });
    const wanted = { id: "admin.cleaning", kind: "full", requested_by: "system", reason: "a test" } as const;
    await db.recursiveDelete(db.collection("retraining_jobs"));
    await new JobStore(db).create({ ...wanted, evaluation: null, as_of: iso(long), in_service: of(15) });
    // One of the newest is damaged: it is not one of the ten.
    await db.doc(`model_versions/${of(45)}`).update({ quarantined: { at: iso(long), file: "f", reason: "r" } });
    await bucket().file("model_versions/v_20260101T000000Z_aaaaaaaaaaaa/bundle.json").save("an orphan");
    const release = { requestedBy: "someone", reason: "a test", stages: [1], nowMs: long };
    await new DeploymentStore(db).open({ version: of(23), ...release });
    const expected = [1, 2, 3, 7, 9, 11, 15, 19, 20, 23, 25, 27, 39, 40, 41, 42, 43, 44, 46, 47, 48, 49].map(of);

    const young = await cleanUpVersions({ db, bucket: bucket() }, long + 3_600_000);
    expect(young).toMatchObject({ remove: [], leftovers: [] });

    // Somebody spoils a document: its version, and whatever that may need, keeps its files.
    const spoilt = db.doc(`model_versions/${of(3)}`);
    const whole = (await spoilt.get()).data() ?? {};
    await spoilt.set({ gate: "better" });
    const careful = await cleanUpVersions({ db, bucket: bucket() }, long + 2 * DAY);
    expect(careful).toMatchObject({ remove: [], leftovers: ["v_20260101T000000Z_aaaaaaaaaaaa"] });
    expect(await store.stored()).toEqual(versions);
    expect(await store.deleteFiles(of(3))).toBe(false);
    expect((await db.doc(`alerts/version_unreadable.${of(3)}`).get()).get("severity")).toBe("medium");
    await spoilt.set(whole);

    await expect(cleanUpVersions({ db, bucket: dying(9) }, long + 2 * DAY)).rejects.toThrow("killed");
    const done = await cleanUpVersions({ db, bucket: bucket() }, long + 2 * DAY);
    expect(await left(versions)).toEqual(expected);
    expect(done.keep.map(({ version }) => version).sort()).toEqual(expected);
    expect(done.keep.find(({ version }) => version === of(1))?.why).toBe(`${of(3)} goes on from it`);
    expect(await store.stored()).toEqual(expected);
    // What was removed stays on record, and cannot be loaded.
    expect((await store.read(of(30)))?.removed?.why).toMatch("older than the newest 10");
    await expect(store.loadModel(of(30))).rejects.toThrow(/was removed/);
    expect(await cleanUpVersions({ db, bucket: bucket() }, long + 2 * DAY)).toMatchObject({
      remove: [],
      leftovers: [],
    });
    expect(await left(versions)).toEqual(expected);

    await putRouting();
    await db.recursiveDelete(db.collection("deployments"));
    await db.recursiveDelete(db.collection("model_versions"));
    await db.recursiveDelete(db.collection("retraining_jobs"));
    await bucket().deleteFiles({ prefix: "model_versions/" });
  });
});
