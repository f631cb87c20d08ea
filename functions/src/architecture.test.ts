import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  collectionFaults,
  edgeFaults,
  FOLDERS,
  folderOf,
  importFaults,
  LAZY,
  loadedAtOnce,
  type Sources,
} from "../../test/architecture-rules.ts";

const ROOT = new URL(".", import.meta.url);
const SOURCES: Sources = Object.fromEntries(
  readdirSync(ROOT, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => [path.replaceAll("\\", "/"), readFileSync(new URL(path, ROOT), "utf8")]),
);

describe("the sources", () => {
  it("are found, and in known folders", () => {
    expect(Object.keys(SOURCES)).toContain("design/features.ts");
    const folders = new Set(Object.keys(SOURCES).map(folderOf));
    expect([...folders].filter((folder) => folder !== "" && !FOLDERS.includes(folder))).toEqual([]);
    expect(Object.keys(SOURCES).filter((path) => folderOf(path) === "")).toEqual(["config.ts", "index.ts"]);
  });

  it("import earlier contexts only, or schemas", () => {
    expect(importFaults(SOURCES)).toEqual([]);
  });

  it("touch Firebase, environment, clock and randomness at the edges only", () => {
    expect(edgeFaults(SOURCES)).toEqual([]);
  });

  it("leave each collection to one writer", () => {
    expect(collectionFaults(SOURCES)).toEqual([]);
  });

  it("load training when it is used, not with the index", () => {
    expect(loadedAtOnce(SOURCES).filter((path) => LAZY.test(path))).toEqual([]);
  });
});

describe("the rules", () => {
  const BASE: Sources = {
    "index.ts": 'export { predict } from "./serve/functions.ts";',
    "config.ts": 'export const REGION = 1;\nexport const PATH = "routing/live";',
    "serve/functions.ts": "",
    "serve/store.ts": "",
    "serve/schema.ts": "",
    "train/module.ts": "",
    "train/schema.ts": "",
  };

  it.each<[string, string, string]>([
    ["a later context", "serve/answer.ts", 'import { a } from "../train/module.ts";'],
    ["a later context over several lines", "serve/answer.ts", 'import {\n  a,\n  b,\n} from "../train/module.ts";'],
    ["a later context's type", "serve/answer.ts", 'import type { A } from "../train/module.ts";'],
    ["a later context, lazily", "serve/answer.ts", 'const a = await import("../train/module.ts");'],
    ["a later context, to export it", "serve/answer.ts", 'export { a } from "../train/module.ts";'],
    ["a context from the domain", "design/rules.ts", 'import { a } from "../serve/store.ts";'],
    ["a schema from statistics", "stats/psi.ts", 'import type { A } from "../train/schema.ts";'],
    ["distributions that are slow to load", "stats/psi.ts", 'import cdf from "@stdlib/stats-base-dists-t-cdf";'],
    ["a context from shared", "shared/alert.ts", 'import { a } from "../serve/store.ts";'],
    ["triggers", "train/run-job.ts", 'import { predict } from "../serve/functions.ts";'],
    ["the index", "train/run-job.ts", 'import { predict } from "../index.ts";'],
    ["what is outside", "serve/answer.ts", 'import { a } from "../../../scripts/start.ts";'],
    ["a param in a pure file", "serve/answer.ts", 'import { type Lifecycle, REGION } from "../config.ts";'],
    ["a folder without a place in the order", "utils/all.ts", 'import { a } from "../serve/store.ts";'],
  ])("refuse an import of %s", (_, path, source) => {
    expect(importFaults({ ...BASE, [path]: source })).toHaveLength(1);
  });

  it("take imports of earlier contexts, of any schema, and of params at the edges", () => {
    const fine = 'import { a } from "../serve/store.ts";\nimport type { B } from "../config.ts";';
    const edge = 'import { REGION } from "../config.ts";\nimport { Job } from "../train/schema.ts";';
    const statistics = 'import type cdf from "@stdlib/stats-base-dists-t-cdf";\nimport { a } from "./measured.ts";';
    const sources = { "train/run-job.ts": fine, "collect/functions.ts": edge, "stats/measured.ts": "" };
    expect(importFaults({ ...BASE, ...sources, "stats/welch-t.ts": statistics })).toEqual([]);
  });

  it.each([
    ["Firebase", 'import { getFirestore } from "firebase-admin/firestore";'],
    ["Storage", 'import { Storage } from "@google-cloud/storage";'],
    ["the logger, lazily", 'const { logger } = await import("firebase-functions");'],
    ["the environment", "const a = process.env.HOME;"],
    ["the clock", "const a = Date.now();"],
    ["the clock by another name", "const a = new Date();"],
    ["randomness", "const a = Math.random();"],
    ["random ids", 'import { randomUUID } from "node:crypto";'],
  ])("refuse %s in a pure file and take it in a store", (_, source) => {
    expect(edgeFaults({ "serve/answer.ts": source })).toHaveLength(1);
    expect(edgeFaults({ "serve/store.ts": source, "collect/log-store.ts": source, "shared/a.ts": source })).toEqual([]);
  });

  it("take types of Firebase, other dates and comments in a pure file", () => {
    const source =
      'import type { Firestore } from "firebase-admin/firestore";\nnew Date(0); // Date.now()\n/* Math.random */';
    expect(edgeFaults({ "serve/answer.ts": source })).toEqual([]);
  });

  it.each([
    ["another context's store", "train/store.ts", 'db.collection("interaction_logs")'],
    ["a pure file of its own context", "collect/fold.ts", 'db.collection("windows")'],
    ["a path", "train/store.ts", 'db.doc("routing/live")'],
    ["a path by a constant", "train/store.ts", "db.doc(PATH)"],
    ["a path that begins with one", "train/store.ts", `db.collection(\`\${PATH}/journal\`)`],
    ["a collection that is in no table", "train/store.ts", 'db.collection("things")'],
    ["a name that cannot be read", "train/store.ts", "db.collection(name)"],
    ["an earlier context that writes", "evaluate/store.ts", 'db.collection("deployments").doc(id).set({})'],
    ["an earlier context that keeps it", "evaluate/store.ts", 'const all = db.collection("deployments"); all.get();'],
    ["a later context that reads", "monitor/store.ts", 'db.collection("deployments").get()'],
  ])("refuse a collection named by %s", (_, path, source) => {
    expect(collectionFaults({ ...BASE, [path]: source })).toHaveLength(1);
  });

  it("take a collection in a store of its writer, and where an earlier store reads it", () => {
    const store = 'db.collection("windows").doc(id); tx.set(db.collection("pipeline").doc(id), state);';
    const reader = 'db.collection("roles").doc(uid).get(); seen.set(uid, role);';
    const earlier = 'const { docs } = await tx.get(db.collection("retraining_jobs").limit(1));';
    const sources = { "collect/fold-store.ts": store, "shared/callable.ts": reader, "evaluate/store.ts": earlier };
    expect(collectionFaults(sources)).toEqual([]);
  });

  it("follow what the index loads, but not types nor lazy imports", () => {
    const reached = (source: string) =>
      loadedAtOnce({ ...BASE, "serve/functions.ts": source }).filter((p) => LAZY.test(p));
    expect(reached('import { a } from "../train/module.ts";')).toEqual(["train/module.ts"]);
    expect(reached('import type { A } from "../train/module.ts"; await import("../train/module.ts");')).toEqual([]);
  });
});
