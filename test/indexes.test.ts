import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type QueryShape, queryShapes, textConstants } from "./query-shapes.ts";

// The emulator answers any query, production only those it has an index for: the queries in the source are compared with
// firestore.indexes.json here.

interface Indexes {
  indexes: { collectionGroup: string; queryScope: string; fields: { fieldPath: string; order: string }[] }[];
  fieldOverrides: { collectionGroup: string; fieldPath: string; ttl?: boolean; indexes: unknown[] }[];
}

const root = resolve(import.meta.dirname, "..");
const declared = JSON.parse(readFileSync(resolve(root, "firestore.indexes.json"), "utf8")) as Indexes;
const sources = globSync("functions/src/**/*.ts", { cwd: root })
  .filter((file) => !file.endsWith(".test.ts"))
  .map((file) => ({ file, source: readFileSync(resolve(root, file), "utf8") }));
const constants = new Map(sources.flatMap(({ source }) => [...textConstants(source)]));
const shapes = sources.flatMap(({ file, source }) => queryShapes(file, source, constants));

const exempt = (collection: string) =>
  declared.fieldOverrides.some((field) => field.collectionGroup === collection && field.fieldPath === "*");

const inWords = ({ collection, equal, ordered }: Pick<QueryShape, "collection" | "equal" | "ordered">) =>
  `${collection}: ${[...equal.toSorted().map((field) => `${field} ==`), ...ordered.map((o) => `${o.field} ${o.order}`)].join(", ")}`;

/** The index that a query needs in production, in words; undefined if it needs none of its own. */
function needed(shape: QueryShape): string | undefined {
  const { collection = "", equal } = shape;
  // An index ends in ids, ordered as its last field.
  const last = shape.ordered.at(-2)?.order ?? "ASCENDING";
  const tail = shape.ordered.at(-1);
  const idsImplied = tail?.field === "__name__" && tail.order === last;
  const ordered = idsImplied ? shape.ordered.slice(0, -1) : shape.ordered;
  const fields = equal.length + ordered.length;
  if (fields === 0) return undefined;
  const automatic =
    !exempt(collection) && (fields === 1 || ordered.length === 0) && (idsImplied || tail?.field !== "__name__");
  return automatic ? undefined : inWords({ collection, equal, ordered });
}

const available = new Set(
  declared.indexes.map(({ collectionGroup, fields }) => {
    const ordered = fields.slice(-1).map(({ fieldPath, order }) => ({ field: fieldPath, order: order as "ASCENDING" }));
    return inWords({ collection: collectionGroup, equal: fields.slice(0, -1).map((f) => f.fieldPath), ordered });
  }),
);

/** Declared before their queries exist: what is said of one person is found by these. */
const FOR_ERASURE = [
  "interaction_logs: subject ==, received_at ASCENDING",
  "interaction_logs: unit ==, received_at ASCENDING",
];

describe("queries", () => {
  it("are found in the source, with their collections", () => {
    expect(shapes.length).toBeGreaterThanOrEqual(4);
    expect(shapes.filter(({ collection }) => collection === undefined)).toEqual([]);
    expect(shapes.map(inWords)).toContain("interaction_logs: shard ==, fold_after ASCENDING, __name__ ASCENDING");
  });

  it("have the indexes they need", () => {
    const missing = shapes.flatMap((shape) => {
      const index = needed(shape);
      return index === undefined || available.has(index) ? [] : `${shape.file}:${shape.line} ${index}`;
    });
    expect(missing).toEqual([]);
  });

  it("are limited", () => {
    expect(shapes.filter(({ limited }) => !limited)).toEqual([]);
    const unbounded = sources.filter(({ source }) => /\.collection\([^()]*\)\s*\.get\(\)/.test(source));
    expect(unbounded.map(({ file }) => file)).toEqual([]);
  });

  it("use every index that is declared", () => {
    const used = new Set([...FOR_ERASURE, ...shapes.flatMap((shape) => needed(shape) ?? [])]);
    expect([...available].filter((index) => !used.has(index))).toEqual([]);
  });

  it.each([
    { source: 'db.collection("windows").where("arm", "==", a).limit(1)', needs: "windows: arm ==" },
    { source: 'db.collection("jobs").where("a", "==", 1).orderBy("b", "desc")', needs: "jobs: a ==, b DESCENDING" },
    { source: 'db.collection("jobs").orderBy(FieldPath.documentId(), "desc")', needs: "jobs: __name__ DESCENDING" },
    { source: 'db.collection("jobs").orderBy("__name__", "desc")', needs: "jobs: __name__ DESCENDING" },
    { source: 'db.collection("jobs").orderBy("a").orderBy("b")', needs: "jobs: a ASCENDING, b ASCENDING" },
    { source: 'db.collection("jobs").orderBy("a", "desc").limit(1)', needs: undefined },
    { source: 'db.collection("jobs").where("a", "==", 1).where("b", "==", 2)', needs: undefined },
    { source: 'db.collection("windows").orderBy(FieldPath.documentId()).limit(1)', needs: undefined },
    { source: 'const jobs = this.db.collection("jobs");\njobs.where("a", ">", f(1)).orderBy("a")', needs: undefined },
  ])("are understood: $source", ({ source, needs }) => {
    const [shape] = queryShapes("file.ts", source, new Map());
    expect(shape && needed(shape)).toBe(needs);
  });
});

describe("a query that a method returns", () => {
  const helper = (use: string) =>
    `open() {\n return this.db.collection("jobs").where("a", "==", 1);\n}\nf() { ${use} }`;

  it.each([
    { use: "this.open().limit(1).get();", limited: true },
    { use: "this.open().get();", limited: false },
    { use: "this.open().limit(1).get(); this.open().get();", limited: false },
    { use: "", limited: false },
  ])("is limited if all its callers limit it: $use", ({ use, limited }) => {
    expect(queryShapes("file.ts", helper(use), new Map())[0]?.limited).toBe(limited);
  });
});

describe("exemptions", () => {
  it.each(["interaction_logs", "quarantined_logs", "windows", "ingest_windows", "serving_windows"])(
    "spare %s the indexes of single fields, which grow with every write",
    (collection) => {
      expect(exempt(collection)).toBe(true);
    },
  );

  it("let what expires be deleted", () => {
    const ttl = declared.fieldOverrides.filter((field) => field.ttl === true);
    expect(ttl.map((field) => `${field.collectionGroup}.${field.fieldPath}`)).toEqual([
      "interaction_logs.expire_at",
      "quarantined_logs.expire_at",
      "windows.expire_at",
      "traffic.expire_at",
      "ingest_windows.expire_at",
      "serving_windows.expire_at",
      "evaluations.expire_at",
    ]);
    expect(declared.fieldOverrides.every((field) => field.indexes.length === 0)).toBe(true);
  });
});
