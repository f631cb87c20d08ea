// npm test: every check of the project, one after the other; each says how it went, and the last line counts the tests.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { findChromium } from "./stack/find-chromium.ts";
import { ROOT } from "./stack/project.ts";

interface Check {
  name: string;
  command: readonly [string, ...string[]];
  /** Shows its output as it comes, for what takes long; the others speak only if they fail. */
  live?: boolean;
}

/** A project of vitest.config.ts in an emulator run of its own. */
function besideEmulators(name: string, project: string, ...options: string[]): Check {
  const vitest = ["vitest", "run", "--project", project];
  return { name, command: ["node", "scripts/with-emulators.ts", ...options, "--", ...vitest], live: true };
}

const browser = findChromium();
if (browser === null && process.env["CI"] !== undefined)
  throw new Error("CI has no Chrome or Chromium for the browser tests");

const CHECKS: readonly Check[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings"] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "types of what is deployed", command: ["tsc", "-p", "functions/tsconfig.json", "--noEmit"] },
  { name: "types of the browser library", command: ["tsc", "-p", "client/tsconfig.json"] },
  { name: "types of the dashboard", command: ["tsc", "-p", "dashboard/tsconfig.json"] },
  { name: "types of the browser tests", command: ["tsc", "-p", "test/browser/tsconfig.json"] },
  { name: "dead code and dependencies", command: ["knip"] },
  { name: "unit tests", command: ["vitest", "run", "--project", "unit"], live: true },
  besideEmulators("emulator tests", "emulator"),
  besideEmulators("counting tests", "counting"),
  besideEmulators("retraining tests", "retraining"),
  ...(browser === null ? [] : [besideEmulators("browser tests", "browser")]),
  besideEmulators("emulator-data", "emulator-data", "--import", "emulator-data"),
  { name: "adoption by existing projects", command: ["vitest", "run", "--project", "adoption"], live: true },
];

let running: ChildProcess | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The check puts its own things away; then there is nothing left to do.
    running?.once("exit", () => process.exit(130));
    running?.kill(signal);
  });
}

async function run({ command: [program, ...args], live }: Check): Promise<{ ok: boolean; printed: string }> {
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...colour },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  running = child;
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      if (live) process.stdout.write(text);
      printed = (printed + text).slice(-30_000);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0 && !live) process.stdout.write(printed);
  return { ok: code === 0, printed };
}

/** The figure before a word in vitest's summary, `Tests  2 failed | 120 passed (122)`. */
function counted(printed: string, word: "passed" | "failed"): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  const summary = /^\s*Tests\s+(.*)$/m.exec(printed.replaceAll(/\u001b\[[0-9;]*m/g, ""))?.[1] ?? "";
  return Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
}

const failures: string[] = [];
let passed = 0;
let failed = 0;
for (const check of CHECKS) {
  const started = performance.now();
  console.log(`${check.live ? "\n" : ""}> ${check.name} …`);
  const { ok, printed } = await run(check);
  passed += counted(printed, "passed");
  // A check that fails without a failed test (a type error, say) counts as one, so that the last line never looks green.
  failed += ok ? 0 : Math.max(1, counted(printed, "failed"));
  if (!ok) failures.push(check.name);
  console.log(`${ok ? "✔" : "✘"} ${check.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}
if (browser === null) console.log("\nLeft out: the browser tests. Install Chrome or Chromium, or set CHROME_PATH.");
if (failures.length > 0) console.log(`\nFailed: ${failures.join(", ")}.`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
