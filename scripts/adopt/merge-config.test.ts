import { describe, expect, it } from "vitest";
import { JsonFile } from "./json-file.ts";
import { mergeEmulators } from "./merge-emulators.ts";
import { addDatabase, defaultDatabaseFiles } from "./merge-firestore.ts";
import { functionsFolders, mergeFunctions } from "./merge-functions.ts";
import { mergeHosting } from "./merge-hosting.ts";
import { mergeIndexes } from "./merge-indexes.ts";

const config = (value: unknown) => new JsonFile("firebase.json", JSON.stringify(value, null, 2));

/** What a merge makes of a firebase.json; the second time it must change nothing. */
function merged(value: unknown, merge: (json: JsonFile) => void): Record<string, unknown> {
  const json = config(value);
  merge(json);
  const once = json.text;
  merge(json);
  expect(json.text).toBe(once);
  return JSON.parse(once) as Record<string, unknown>;
}

describe("mergeFunctions", () => {
  const ours = expect.objectContaining({ source: "perennial/functions", codebase: "perennial" }) as unknown;

  it.each([
    ["none", {}, [ours]],
    ["an object", { functions: { source: "functions" } }, [{ source: "functions" }, ours]],
    [
      "an array",
      { functions: [{ source: "a" }, { source: "b", codebase: "b" }] },
      [{ source: "a" }, { source: "b", codebase: "b" }, ours],
    ],
    [
      "an older one of ours",
      { functions: [{ source: "perennial/functions", codebase: "perennial", runtime: "x" }] },
      [ours],
    ],
  ])("adds a codebase to %s", (_, before, functions) => {
    expect(merged(before, mergeFunctions)).toEqual({ functions });
  });

  it.each([
    [[{ source: "old", codebase: "perennial" }], 'a functions codebase "perennial" already, with the source old'],
    [{ source: "old", codebase: "perennial" }, 'a functions codebase "perennial" already, with the source old'],
    ["functions.json", '"functions" must be an object or an array'],
  ])("refuses %j", (functions, message) => {
    expect(() => mergeFunctions(config({ functions }))).toThrow(message);
  });

  it("knows the folders of theirs", () => {
    const functions = [{ source: "a" }, {}, { source: "perennial/functions" }, { remoteSource: {} }];
    expect(functionsFolders(config({ functions }))).toEqual(["a", "functions"]);
  });
});

describe("the default database", () => {
  it.each([
    ["none", {}, { rules: "firestore.rules", indexes: "firestore.indexes.json" }],
    ["rules alone", { firestore: { rules: "r" } }, { rules: "r", indexes: "firestore.indexes.json" }],
    ["both", { firestore: { rules: "r", indexes: "i" } }, { rules: "r", indexes: "i" }],
  ])("has its files named where there are %s", (_, before, firestore) => {
    expect(merged(before, defaultDatabaseFiles)).toEqual({ firestore });
  });

  it("is found among others", () => {
    const firestore = [
      { database: "x", rules: "x" },
      { database: "(default)", rules: "r", indexes: "i" },
    ];
    const json = config({ firestore });
    expect(defaultDatabaseFiles(json).rules).toEqual({ path: "r", isNew: false });
  });

  it.each([[[{ database: "x", rules: "r" }]], [{ database: "x", rules: "r" }]])("is missed in %j", (firestore) => {
    expect(() => defaultDatabaseFiles(config({ firestore }))).toThrow('no entry for the database "(default)"');
  });
});

describe("addDatabase", () => {
  const ours = { database: "p", rules: "perennial/firestore.rules", indexes: "perennial/firestore.indexes.json" };
  const theirs = { rules: "r", indexes: "i" };

  it.each([
    ["none", {}, [ours]],
    ["an object", { firestore: theirs }, [{ database: "(default)", ...theirs }, ours]],
    ["a named one", { firestore: { database: "x", ...theirs } }, [{ database: "x", ...theirs }, ours]],
    ["several", { firestore: [{ target: "t", ...theirs }] }, [{ target: "t", ...theirs }, ours]],
  ])("puts one beside %s", (_, before, firestore) => {
    expect(merged(before, (json) => addDatabase(json, "p"))).toEqual({ firestore });
  });

  it("refuses one that they have", () => {
    const firestore = [{ database: "p", rules: "r" }];
    expect(() => addDatabase(config({ firestore }), "p")).toThrow('has the database "p" already');
  });
});

describe("mergeHosting", () => {
  const of = (source: string, functionId: string) => ({ source, function: { functionId, region: "us-central1" } });
  const OURS = [of("/api/predict", "predict"), of("/api/logs", "ingest")];
  const spa = { source: "**", destination: "/index.html" };
  const onto = (hosting: unknown, site: string | null = null) =>
    merged({ hosting }, (json) => void mergeHosting(json, OURS, site));

  it.each([
    ["no rewrites", { public: "p" }, { public: "p", rewrites: OURS }],
    ["a catch-all", { rewrites: [spa] }, { rewrites: [...OURS, spa] }],
    ["one of ours", { rewrites: [OURS[1], spa] }, { rewrites: [OURS[0], OURS[1], spa] }],
    ["one site in an array", [{ target: "a" }], [{ target: "a", rewrites: OURS }]],
  ])("puts ours before %s", (_, before, hosting) => {
    expect(onto(before)).toEqual({ hosting });
  });

  it.each(["b", "site-b"])("chooses among several by site or target: %s", (site) => {
    const others = [{ target: "a" }, site === "b" ? { target: "b" } : { site: "site-b" }];
    expect(onto(others, site)).toEqual({ hosting: [others[0], { ...others[1], rewrites: OURS }] });
  });

  it("leaves a project without hosting as it is, and says how pages get there", () => {
    const json = config({});
    expect(mergeHosting(json, OURS, null)).toEqual([expect.stringContaining("has no hosting")]);
    expect(json.text).toBe("{}");
  });

  it.each([
    ["which of several", [{ target: "a" }, { site: "b" }], null, "choose one with --site a | b"],
    ["a site that is not there", { site: "a" }, "b", 'no hosting site "b": choose one with --site a'],
    [
      "a rewrite of theirs",
      { rewrites: [{ source: "/api/logs", function: "mine" }] },
      null,
      "line 4: /api/logs is answered by this already",
    ],
    ["one without a slash", { rewrites: [{ source: "api/logs", function: "mine" }] }, null, "/api/logs is answered"],
    ["a redirect", { redirects: [{ source: "/api/:rest*", destination: "/x" }] }, null, "/api/predict is answered"],
    ["something else", "public", null, '"hosting" must be an object'],
  ])("refuses %s", (_, hosting, site, message) => {
    expect(() => mergeHosting(config({ hosting }), OURS, site)).toThrow(message);
  });

  it.each([".", "./", "public"])("tells whether %s publishes our folder", (folder) => {
    const notes = mergeHosting(config({ hosting: { public: folder } }), OURS, null);
    expect(notes).toEqual(folder === "public" ? [] : [expect.stringContaining('add "perennial/**"')]);
  });

  it.each([
    ["a glob to a function", of("/api/**", "api"), 2],
    ["an expression", { regex: "^/api/.*$", function: "api" }, 2],
    ["an expression that only RE2 knows", { regex: "(?i)^/api/.*$", function: "api" }, 0],
    ["other paths", of("/orders/**", "orders"), 0],
    ["a file", spa, 0],
  ])("tells what it takes from %s", (_, rewrite, notes) => {
    expect(mergeHosting(config({ hosting: { rewrites: [rewrite] } }), OURS, null)).toHaveLength(notes);
  });
});

describe("mergeEmulators", () => {
  const PORTS = { ui: 4000, hub: 4400, logging: 4500, auth: 9099, functions: 5001, firestore: 8080, storage: 9199 };
  const DEFAULTS = { ...PORTS, hosting: 5000, tasks: 9499, eventarc: 9299 };
  const onto = (value: object) => merged(value, (json) => mergeEmulators(json, DEFAULTS));

  it("leaves a project without emulators", () => {
    expect(onto({ hosting: {} })).toEqual({ hosting: {} });
  });

  it("adds what is missing on ports that nobody has", () => {
    const emulators = {
      functions: { port: 9099 },
      firestore: { port: 9100, websocketPort: 9199 },
      pubsub: { port: 5000 },
      ui: { enabled: true },
      singleProjectMode: true,
    };
    expect(onto({ hosting: {}, emulators })).toEqual({
      hosting: {},
      emulators: {
        ...emulators,
        auth: { port: 9101 },
        storage: { port: 9200 },
        hosting: { port: 5001 },
        tasks: { port: 9499 },
        eventarc: { port: 9299 },
      },
    });
  });
});

describe("mergeIndexes", () => {
  const index = { collectionGroup: "logs", queryScope: "COLLECTION", fields: [] };
  const override = { collectionGroup: "logs", fieldPath: "*", indexes: [] };
  const OURS = { indexes: [index], fieldOverrides: [override] };
  const onto = (value: object) => JSON.parse(mergeIndexes("i.json", JSON.stringify(value), OURS)) as unknown;

  it.each([
    ["nothing", {}, OURS],
    [
      "others",
      { indexes: [{ collectionGroup: "a" }] },
      { indexes: [{ collectionGroup: "a" }, index], fieldOverrides: [override] },
    ],
    ["the same", OURS, OURS],
  ])("adds ours to %s", (_, before, after) => {
    expect(onto(before)).toEqual(after);
  });

  it.each([
    [{ fieldOverrides: [{ ...override, ttl: true }] }, "i.json says of logs.* something else than Perennial needs"],
    [{ indexes: {} }, "i.json: indexes must be an array"],
  ])("refuses %j", (before, message) => {
    expect(() => onto(before)).toThrow(message);
  });
});
