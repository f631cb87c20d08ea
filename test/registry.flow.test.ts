import { randomBytes } from "node:crypto";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, it, vi } from "vitest";
import { extractFeatures } from "../functions/src/design/features.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { CorruptError } from "../functions/src/shared/errors.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { CONTEXT, predictAt } from "./predict-client.ts";
import { putRouting } from "./routing.ts";
import { someFiles, somePublication } from "./some-version.ts";

const db = database();
const store = new VersionStore(db, bucket());
const fresh = (createdMs = Date.now()) => someFiles(createdMs, randomBytes(8).toString("hex"));
const objects = async (version: string) => {
  const [files] = await bucket().getFiles({ prefix: `model_versions/${version}/` });
  return files.map(({ name }) => name.split("/").at(-1)).sort();
};

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
    expect((await store.list(3)).map((meta) => meta.version)).toEqual([young.version, old.version]);
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
    await putRouting();
  });
});
