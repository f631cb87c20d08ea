import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { CLASSES, FEATURE_NAMES } from "../functions/src/design/schema.ts";
import { engagementTarget } from "../functions/src/design/targets.ts";
import { parseBooster } from "../functions/src/model/format.ts";
import { writeBooster } from "../functions/src/model/write-booster.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { checksums, versionId } from "../functions/src/registry/version-id.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import type { Comparison } from "../functions/src/train/compare-versions.ts";
import { callFunction, signUp } from "../scripts/stack/client.ts";
import { boosterBytes, leafTree, splitTree } from "./booster-bytes.ts";
import { learnableLogs, removeLogs, storeLogs } from "./seeded-logs.ts";
import { CONSTANT_BUNDLE, someFiles, somePublication } from "./some-version.ts";

const DAY_MS = 86_400_000;
const SESSIONS = 200;
/** A stretch of time in which no other story has visits. */
const END_MS = Date.parse("2026-03-06T00:00:00.000Z");
const WINDOW = { from: new Date(END_MS - 3 * DAY_MS).toISOString(), to: new Date(END_MS).toISOString() };

const db = database();
const versions = new VersionStore(db, bucket());
const made: string[] = [];
let logs: InteractionLog[];
let admin: { idToken: string };
/** Answers densidad-alta to sharp screens and densidad-media to others, of all else the same as `constant`. */
let keen: string;
let constant: string;

async function publish({ version, files }: { version: string; files: ReadonlyMap<string, Uint8Array> }) {
  await versions.publish(somePublication(version), files);
  made.push(version);
  return version;
}

function keenFiles() {
  const split = (right: 1 | -1) => {
    const feature = FEATURE_NAMES.indexOf("device_pixel_ratio");
    return splitTree({ feature, threshold: 1.5, left: -right, right });
  };
  const trees = [leafTree(-1), split(-1), split(1)];
  const shape = { objective: "multi:softprob", numClass: CLASSES.density.length, features: FEATURE_NAMES.length };
  const booster = parseBooster(boosterBytes({ ...shape, trees }));
  booster.gain.fill(2);
  const classes = { ...CONSTANT_BUNDLE.classes, density: { kind: "trees", file: "density.xgb" } };
  const files = new Map<string, Uint8Array>([
    ["bundle.json", Buffer.from(JSON.stringify({ ...CONSTANT_BUNDLE, classes }))],
    ["density.xgb", writeBooster(booster)],
  ]);
  return { version: versionId({ createdMs: Date.now(), artefacts: checksums(files) }), files };
}

async function compare(data: object): Promise<Comparison> {
  const outcome = await callFunction("compareVersions", { ...WINDOW, ...data }, admin.idToken);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.result as Comparison;
}

beforeAll(async () => {
  admin = await signUp("admin");
  // Imported, so that they count for nothing but this.
  const seeded = learnableLogs("compare", { sessions: SESSIONS, endMs: END_MS });
  logs = seeded.map((log) => ({ ...log, source: "import" }));
  await storeLogs(logs);
  keen = await publish(keenFiles());
  constant = await publish(someFiles(Date.now(), "compare"));
});

afterAll(async () => {
  for (const version of made) await db.doc(`model_versions/${version}`).delete();
  await removeLogs(logs);
});

describe("two versions on the same visits", () => {
  let compared: Comparison;

  beforeAll(async () => {
    compared = await vi.waitFor(
      async () => {
        const found = await compare({ a: keen, b: constant });
        expect(found.rows).toBe(logs.length);
        return found;
      },
      { timeout: 30_000, interval: 1000 },
    );
  });

  it("have the figures that the visits give when they are counted one by one", () => {
    // A session has the same end on each of its visits: its first one stands for all.
    const accuracyOf = (among: readonly InteractionLog[], densityOf: (log: InteractionLog) => number): number => {
      const right = among.filter((log) => engagementTarget(log).classes.density === densityOf(log));
      return right.length / among.length;
    };
    const sessions = logs.slice(0, SESSIONS);
    const keenSays = (log: InteractionLog) => (log.user_context.device_pixel_ratio === 2 ? 2 : 1);
    const { a, b, difference } = compared.classes.density;
    expect(compared.sessions).toBe(SESSIONS);
    expect(a.accuracy.value).toBeCloseTo(accuracyOf(sessions, keenSays), 9);
    expect(b.accuracy.value).toBeCloseTo(
      accuracyOf(sessions, () => 2),
      9,
    );
    expect(difference.accuracy.value).toBeCloseTo(a.accuracy.value - b.accuracy.value, 9);
    expect(difference.accuracy.low).toBeGreaterThan(0);
    expect(difference.log_loss?.high).toBeLessThan(0);
    const small = sessions.filter((log) => log.user_context.viewport_width < 768);
    const phones = compared.segments.find((of) => of.segment === "device mobile" && of.group === "density");
    expect(phones?.sessions).toBe(small.length);
    expect(phones?.a).toBeCloseTo(accuracyOf(small, keenSays), 9);
    expect(phones?.b).toBeCloseTo(
      accuracyOf(small, () => 2),
      9,
    );
    expect(compared.variables.font_size_base.difference).toEqual({ value: 0, low: 0, high: 0 });
    expect(compared).toMatchObject({ a: keen, b: constant, window: WINDOW, target_policy: "engagement" });
    expect(compared.importance).toMatchObject({ a: { device_pixel_ratio: 1 }, b: {} });
    expect(compared.summary).toContain(`${keen} is right, compared with ${constant}, more often for density`);
  });

  it("may be one version and the rules", async () => {
    const { classes, importance, data_until: until } = await compare({ a: "rules", b: keen });
    expect(classes.density.b).toEqual(compared.classes.density.a);
    expect(classes.density.a.log_loss).toBeNull();
    expect([importance.a, importance.change, until.a]).toEqual([null, null, null]);
  });

  it.each<[string, () => object | Promise<object>, string, RegExp]>([
    ["a version twice", () => ({ a: keen, b: keen }), "b", /another version/],
    ["no version id", () => ({ a: keen, b: "yesterday's" }), "b", /version id/],
    [
      "a version that there is not",
      () => ({ a: `v_20200101T000000Z_${"0".repeat(12)}`, b: "rules" }),
      "a",
      /there is no/,
    ],
    ["a window that ends before it begins", () => ({ a: keen, b: "rules", to: WINDOW.from }), "from", /must be before/],
    ["a version whose files are gone", gone, "b", /bundle\.json is missing/],
  ])("are refused by field: %s", async (_what, data, path, message) => {
    const outcome = await callFunction("compareVersions", { ...WINDOW, ...(await data()) }, admin.idToken);
    expect(outcome).toMatchObject({ ok: false, status: "INVALID_ARGUMENT" });
    expect(outcome).toMatchObject({ details: { issues: [{ path, message: expect.stringMatching(message) }] } });
  });

  async function gone() {
    const version = await publish(someFiles(Date.now(), "gone"));
    await bucket().file(`model_versions/${version}/bundle.json`).delete();
    return { a: keen, b: version };
  }

  it("need visits to be compared on", async () => {
    const before = { from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z" };
    const outcome = await callFunction("compareVersions", { a: keen, b: constant, ...before }, admin.idToken);
    expect(outcome).toMatchObject({ ok: false, status: "FAILED_PRECONDITION" });
  });

  it("are for admins", async () => {
    const viewer = await signUp("viewer");
    const outcome = await callFunction("compareVersions", { a: keen, b: constant }, viewer.idToken);
    expect(outcome).toMatchObject({ ok: false, status: "PERMISSION_DENIED" });
  });
});
