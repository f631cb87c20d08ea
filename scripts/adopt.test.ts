import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
let shop: string;

beforeEach(() => {
  shop = mkdtempSync(join(tmpdir(), "adopt-cli-"));
  cpSync(join(ROOT, "test/adopt/shop"), shop, { recursive: true });
});
afterEach(() => rmSync(shop, { recursive: true }));

/** Runs the command without a terminal. */
function adopt(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts/adopt.ts"), ...args], {
    encoding: "utf8",
    // npm tells where it was called.
    env: { ...process.env, INIT_CWD: shop },
  });
  return { status, stdout, stderr: stderr.trim() };
}

it("shows diffs and added files, and asks for --yes where nobody can be asked", () => {
  const { status, stdout, stderr } = adopt(".");
  expect(stdout).toContain("--- a/firebase.json\n+++ b/firebase.json\n@@ -3,17 +3,26 @@\n");
  expect(stdout).toContain('+      { "source": "/api/predict", "function": { "functionId": "predict"');
  expect(stdout).toMatch(
    /Files that are added:\n {2}perennial\/functions\/package\.json\n[\s\S]*functions\/lib\/ \(\d+ files\)/,
  );
  expect(stderr).toBe("Nothing was changed, since there is no terminal to ask on: --yes says that you agree.");
  expect([status, existsSync(join(shop, "perennial"))]).toEqual([2, false]);
});

it("changes nothing in a dry run", () => {
  const { status, stdout } = adopt(shop, "--dry-run");
  expect(stdout).toMatch(/\nA dry run: nothing was changed\.\n$/);
  expect([status, existsSync(join(shop, "perennial"))]).toEqual([0, false]);
});

it("says what is left to do, that nothing is, and on undoing which lines are to be removed", () => {
  expect(adopt(shop, "--yes").stdout).toContain("npx firebase deploy --only functions:perennial,firestore,hosting\n");
  expect(adopt(shop)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^The project has adopted this version/),
  });
  const config = join(shop, "firebase.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"nodejs24"', '"nodejs22"'));
  const undone = adopt(shop, "--undo", "--yes");
  expect(undone.status).toBe(1);
  expect(undone.stdout).toContain('  firebase.json, line 15: "codebase": "perennial"\n');
  expect([existsSync(join(shop, "perennial")), existsSync(join(shop, "firestore.rules"))]).toEqual([true, true]);
});

it.each([
  [["nowhere"], "nowhere has no firebase.json: name the folder of a Firebase project."],
  [[ROOT], `${ROOT} is Perennial itself: name the folder of your project.`],
  [[".", "--undo"], "The project has no perennial/adopted.json: there is nothing to undo."],
  [[".", "--site", "x"], 'firebase.json has no hosting site "x": leave --site out.'],
  [[".", "--database", "X"], "Not an id of 4 to 63 lower-case letters"],
  [[], "missing required argument 'path'"],
])("refuses %j in one sentence", (args, sentence) => {
  const { status, stderr } = adopt(...args);
  expect(stderr.split("\n")).toEqual([expect.stringContaining(sentence)]);
  expect(status).toBe(2);
});
