import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { applyAdoption, prepareAdoption } from "./adoption.ts";
import { oursFrom } from "./ours.ts";
import type { Wants } from "./plan.ts";
import { ProjectFolder } from "./project.ts";
import { applyUndo, prepareUndo } from "./undo.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const OURS = oursFrom(ROOT);
const TEMPORARY = mkdtempSync(join(tmpdir(), "adopt-"));
afterAll(() => rmSync(TEMPORARY, { recursive: true }));
let folders = 0;

/** A folder with these files. */
function folderOf(files: Record<string, string>): ProjectFolder {
  const root = join(TEMPORARY, String(++folders));
  mkdirSync(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return new ProjectFolder(root);
}

/** A copy of a project of test/adopt. */
function copyOf(name: string): ProjectFolder {
  const root = join(TEMPORARY, String(++folders));
  cpSync(join(ROOT, "test/adopt", name), root, { recursive: true });
  return new ProjectFolder(root);
}

/** Just enough of Perennial to be copied. */
const PERENNIAL = folderOf({
  "functions/package.json": "{}",
  "functions/package-lock.json": "{}",
  "functions/.env.local": "REGION=us-central1\nDATABASE_ID=(default)\n",
  "functions/.secret.local": "A=b\n",
  "functions/lib/index.js": "export {};",
  "functions/lib/index.js.map": "{}",
  "functions/src/index.ts": "export {};",
  "client/dist/perennial.js": "0;",
  "client/package.json": "{}",
  "dashboard/dist/index.html": '<meta name="perennial-database" content="(default)" />',
  "dashboard/dist/main.js": "0;",
  "storage.rules": "",
  "firestore.rules": OURS.rules,
  "firestore.indexes.json": "{}",
}).root;

const prepare = (folder: ProjectFolder, wants: Partial<Wants> = {}, ours = OURS) =>
  prepareAdoption(folder, PERENNIAL, ours, { database: null, site: null, ...wants });

function adopt(folder: ProjectFolder, wants: Partial<Wants> = {}, ours = OURS): void {
  applyAdoption(folder, prepare(folder, wants, ours));
}

function contents(folder: ProjectFolder): Record<string, string> {
  const paths = readdirSync(folder.root, { recursive: true, encoding: "utf8" });
  const text = (path: string): string => (statSync(path).isFile() ? readFileSync(path, "base64") : "a folder");
  return Object.fromEntries(paths.map((path) => [path, text(join(folder.root, path))]));
}

function edit(folder: ProjectFolder, path: string, change: (text: string) => string): void {
  const before = folder.read(path) ?? "";
  const after = change(before);
  expect(after).not.toBe(before);
  folder.write(path, after);
}

const RULES = "service cloud.firestore {\n  match /databases/{database}/documents {\n  }\n}\n";
const TABS = '{\r\n\t// ours\r\n\t"firestore": { "rules": "f.rules" },\r\n\t"hosting": { "public": "p" }\r\n}';

const PROJECTS: [string, () => ProjectFolder, Partial<Wants>][] = [
  ["the shop", () => copyOf("shop"), {}],
  ["the magazine", () => copyOf("magazine"), { database: "perennial", site: "reader" }],
  ["an empty project", () => folderOf({ "firebase.json": "{}" }), {}],
  ["an empty project, with a database", () => folderOf({ "firebase.json": "{}\n" }), { database: "own-one" }],
  [
    "tabs, Windows line ends, comments and no last one",
    () => folderOf({ "firebase.json": TABS, "f.rules": RULES }),
    {},
  ],
];

describe("an adoption", () => {
  it.each(PROJECTS)("is undone to the byte: %s", (_, make, wants) => {
    const folder = make();
    const before = contents(folder);
    adopt(folder, wants);
    expect(contents(folder)).not.toEqual(before);
    applyUndo(folder, prepareUndo(folder));
    expect(contents(folder)).toEqual(before);
  });

  it.each(PROJECTS)("made again changes nothing, and needs no options: %s", (_, make, wants) => {
    const folder = make();
    adopt(folder, wants);
    const once = contents(folder);
    const again = prepare(folder);
    expect([again.edits, [...again.copies], again.stale]).toEqual([[], [], []]);
    applyAdoption(folder, again);
    expect(contents(folder)).toEqual(once);
  });

  it("copies what deploys, and nothing else", () => {
    const folder = copyOf("magazine");
    adopt(folder, { database: "own-one", site: "editor" });
    expect(
      Object.keys(contents(folder))
        .filter((path) => path.startsWith("perennial") && /\.\w+$/.test(path))
        .sort(),
    ).toEqual([
      "perennial/adopted.json",
      "perennial/client/dist/perennial.js",
      "perennial/client/package.json",
      "perennial/dashboard/dist/index.html",
      "perennial/dashboard/dist/main.js",
      "perennial/firestore.indexes.json",
      "perennial/firestore.rules",
      "perennial/functions/.env",
      "perennial/functions/.env.local",
      "perennial/functions/.secret.local",
      "perennial/functions/lib/index.js",
      "perennial/functions/package-lock.json",
      "perennial/functions/package.json",
    ]);
    expect(folder.read("perennial/functions/.env")).toBe("DATABASE_ID=own-one\n");
    expect(folder.read("perennial/functions/.env.local")).toBe("REGION=us-central1\nDATABASE_ID=own-one\n");
    expect(folder.read("perennial/dashboard/dist/index.html")).toBe(
      '<meta name="perennial-database" content="own-one" />',
    );
  });

  it("of a newer Perennial replaces what the older one has brought, and keeps settings that were edited", () => {
    const folder = copyOf("shop");
    const before = contents(folder);
    const old = OURS.rewrites.map((rewrite) => ({ ...rewrite, source: rewrite.source.replace("logs", "old-logs") }));
    adopt(folder, {}, { ...OURS, rules: OURS.rules.replaceAll("windows", "panes"), rewrites: old });
    edit(folder, "firestore.rules", (text) => text.replace("// What is on sale", "// All that is on sale"));
    edit(folder, "perennial/functions/.env.local", (text) => `${text}LOG_SHARDS=2\n`);
    adopt(folder);
    const rules = folder.read("firestore.rules");
    expect(rules).toContain("match /windows/");
    expect(rules).not.toContain("panes");
    expect(folder.read("firebase.json")).toContain("/api/logs");
    expect(folder.read("firebase.json")).not.toContain("/api/old-logs");
    expect(folder.read("perennial/functions/.env.local")).toContain("LOG_SHARDS=2");
    applyUndo(folder, prepareUndo(folder));
    edit(folder, "firestore.rules", (text) => text.replace("// All that is on sale", "// What is on sale"));
    expect(contents(folder)).toEqual(before);
  });

  it("made again moves nothing of ours that has something of theirs behind it now", () => {
    const folder = copyOf("shop");
    adopt(folder);
    edit(folder, "firestore.rules", (text) => text.replace(/(perennial: end\n)/, "$1    match /later/{id} {\n    }\n"));
    expect(prepare(folder).edits).toEqual([]);
  });

  it("that was broken off at any file is made again, or undone", () => {
    for (const finish of ["adopt", "undo"] as const) {
      for (let writes = 0; ; writes++) {
        const folder = copyOf("shop");
        const before = contents(folder);
        adopt(folder, {}, { ...OURS, rewrites: OURS.rewrites.slice(0, 1) });
        const write = folder.write.bind(folder);
        let left = writes;
        folder.write = (path, content) => {
          if (left-- === 0) throw new Error("no power");
          write(path, content);
        };
        let ended = false;
        try {
          adopt(folder);
          ended = true;
        } catch {
          // As it was meant.
        }
        folder.write = write;
        if (finish === "adopt") adopt(folder);
        if (finish === "adopt") expect(folder.read("firebase.json")).toContain("/api/logs");
        applyUndo(folder, prepareUndo(folder));
        expect(contents(folder)).toEqual(before);
        if (ended) break;
      }
    }
  });

  it("is undone around what was edited since", () => {
    const folder = copyOf("shop");
    adopt(folder);
    const change = (text: string): string => text.replace('"runtime": "nodejs24"', '"runtime": "nodejs22"');
    edit(folder, "firestore.rules", (text) => text.replace("// What is on sale", "// All that is on sale"));
    edit(folder, "firebase.json", (text) => text.replace('"source": "/assets/**"', '"source": "/files/**"'));
    applyUndo(folder, prepareUndo(folder));
    const shop = copyOf("shop");
    edit(shop, "firestore.rules", (text) => text.replace("// What is on sale", "// All that is on sale"));
    edit(shop, "firebase.json", (text) => text.replace('"source": "/assets/**"', '"source": "/files/**"'));
    expect(contents(folder)).toEqual(contents(shop));

    adopt(folder);
    // Within the lines that were moved into an array.
    edit(folder, "firebase.json", change);
    const undoing = prepareUndo(folder);
    expect(undoing.left.map(({ path }) => path)).toEqual(["firebase.json"]);
    expect(undoing.left[0]?.lines.map(({ text }) => text)).toContain('"codebase": "perennial"');
    applyUndo(folder, undoing);
    expect(folder.read("firestore.rules")).toBe(shop.read("firestore.rules"));
    expect(folder.read("firebase.json")).toContain("perennial");
    expect(existsSync(folder.locate("perennial/functions"))).toBe(true);
    const [rewrite] = OURS.rewrites;
    if (rewrite === undefined) throw new Error("firebase.json has no rewrites");
    const newer = { ...OURS, rewrites: [...OURS.rewrites, { ...rewrite, source: "/api/other" }] };
    expect(() => prepare(folder, {}, newer)).toThrow("firebase.json was edited where our lines are");

    folder.write("firebase.json", change(shop.read("firebase.json") ?? ""));
    applyUndo(folder, prepareUndo(folder));
    expect(existsSync(folder.locate("perennial"))).toBe(false);
  });

  it.each<[string, Record<string, string>, Partial<Wants>, string]>([
    ["no firebase.json", {}, {}, "The folder has no firebase.json"],
    [
      "a folder of our name",
      { "firebase.json": "{}", "perennial/a": "" },
      {},
      "a folder perennial/ that is not from an adoption",
    ],
    [
      "rules that do not exist",
      { "firebase.json": '{"firestore": {"rules": "f.rules"}}' },
      {},
      "firebase.json names f.rules, which does not exist",
    ],
    [
      "rules that nobody names",
      { "firebase.json": "{}", "firestore.rules": "" },
      {},
      "firestore.rules is there, but firebase.json does not name it",
    ],
    [
      "rules elsewhere",
      { "firebase.json": '{"firestore": {"rules": "../f.rules"}}' },
      {},
      "../f.rules lies outside of the project",
    ],
  ])("refuses %s", (_, files, wants, message) => {
    expect(() => prepare(folderOf(files), wants)).toThrow(message);
  });

  it.each([
    [
      "match /{document=**} { allow read: if true; }",
      "f.rules, line 3: /databases/{d}/documents/{document=**} matches Perennial's documents",
    ],
    [
      "match /alerts/{id} { allow read: if false; }",
      "/alerts/{id} is a collection of yours, and one of Perennial's, too",
    ],
    [
      "match /users/{u}/windows/{w} { allow read; }",
      "you have a collection windows, and Perennial turns the indexes off",
    ],
  ])("refuses the default database where the rules say %s, and takes one of its own", (rule, message) => {
    const rules = `service cloud.firestore {\n match /databases/{d}/documents {\n${rule}\n }\n}\n`;
    const folder = folderOf({ "firebase.json": '{"firestore": {"rules": "f.rules"}}', "f.rules": rules });
    expect(() => prepare(folder)).toThrow(message);
    expect(() => prepare(folder)).toThrow("adopt with --database perennial");
    adopt(folder, { database: "perennial" });
    expect(folder.read("f.rules")).toBe(rules);
    expect(() => prepare(folder, { database: "another-one" })).toThrow("with the database perennial: --undo first");
  });

  it("keeps the mode of a file and the link that it is", () => {
    const folder = folderOf({ "firebase.json": '{"firestore": {"rules": "f.rules"}}', "shared/f.rules": RULES });
    symlinkSync("shared/f.rules", join(folder.root, "f.rules"));
    chmodSync(join(folder.root, "firebase.json"), 0o640);
    adopt(folder);
    expect(lstatSync(join(folder.root, "f.rules")).isSymbolicLink()).toBe(true);
    expect(statSync(join(folder.root, "firebase.json")).mode & 0o777).toBe(0o640);
    expect(folder.read("shared/f.rules")).toContain("perennialIsAdmin");
  });

  it.each([
    ["lib/\n", 1],
    ["dist\r\nfunctions/lib\n", 1],
    ["*.log\n", 0],
  ])("tells what .gitignore keeps out: %j", (text, count) => {
    const { notes } = prepare(folderOf({ "firebase.json": "{}", ".gitignore": text }));
    expect(notes.filter((note) => note.startsWith(".gitignore"))).toHaveLength(count);
  });

  it("tells which of their rules and functions come near ours", () => {
    const storage =
      "service firebase.storage {\n match /b/{bucket}/o {\n  match /{all=**} {\n   allow read;\n  }\n }\n}\n";
    const notesOf = (rules: string): readonly string[] =>
      prepare(
        folderOf({
          "firebase.json":
            '{"hosting": {}, "functions": {"source": "f"}, "storage": [{"bucket": "b", "rules": "s.rules"}]}',
          "s.rules": rules,
          "f/index.js": "exports.predict = 1;",
        }),
      ).notes;
    expect(notesOf(storage)).toEqual([
      expect.stringContaining("f/index.js exports predict, as Perennial does"),
      expect.stringContaining("firebase.json names no Firestore rules"),
      expect.stringContaining("s.rules, line 4: /b/{bucket}/o/{all=**} reaches model_versions/"),
    ]);
    expect(notesOf(storage.replace("read", "read, write: if false"))).toHaveLength(2);
    expect(notesOf(storage.replace("{all=**}", "pictures/{all=**}"))).toHaveLength(2);
  });
});
