// npm test: every check of the project; each says how it went, and the last line counts the tests.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { findChromium } from "./stack/find-chromium.ts";
import { ROOT } from "./stack/project.ts";

interface Check {
  name: string;
  command: readonly [string, ...string[]];
}

/** A project of vitest.config.ts in an emulator run of its own. */
function besideEmulators(name: string, ...options: string[]): Check {
  const vitest = ["vitest", "run", "--project", name];
  return { name, command: ["node", "scripts/with-emulators.ts", "--name", name, ...options, "--", ...vitest] };
}

const browser = findChromium();
if (browser === null && process.env["CI"] !== undefined)
  throw new Error("CI has no Chrome or Chromium for the browser tests");

/** Seconds each, one after the other; they speak only if they fail. */
const QUICK: readonly Check[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings"] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "types of what is deployed", command: ["tsc", "-p", "functions/tsconfig.json", "--noEmit"] },
  { name: "types of the browser library", command: ["tsc", "-p", "client/tsconfig.json"] },
  { name: "types of the dashboard", command: ["tsc", "-p", "dashboard/tsconfig.json"] },
  { name: "types of the browser tests", command: ["tsc", "-p", "test/browser/tsconfig.json"] },
  { name: "dead code and dependencies", command: ["knip"] },
];

/** Takes all cores. */
const UNIT: Check = { name: "unit", command: ["vitest", "run", "--project", "unit"] };

/**
 * Minutes each, and they show what they print. Beside emulators a test mostly waits: one keeps a core busy at best, so two go on at
 * once, the longest first.
 */
const LONG: readonly Check[] = [
  besideEmulators("retraining"),
  besideEmulators("emulator"),
  besideEmulators("counting"),
  besideEmulators("emulator-data", "--import", "emulator-data"),
];

/** By themselves: pages, and other people's projects, wait for something to happen in so many seconds. */
const ALONE: readonly Check[] = [
  ...(browser === null ? [] : [besideEmulators("browser")]),
  { name: "adoption", command: ["vitest", "run", "--project", "adoption"] },
];
const AT_ONCE = Math.min(2, availableParallelism());
/** Emulators have their ports by then: two that start together might choose the same. */
const APART_MS = 15_000;

const left = [...LONG];
const running = new Set<ChildProcess>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, async () => {
    // Each check puts its own things away, and none is begun any more.
    left.length = 0;
    const ends = [...running].map((child) => once(child, "close"));
    for (const child of running) child.kill(signal);
    await Promise.all(ends);
    process.exit(130);
  });
}

async function run({ command: [program, ...args] }: Check, show: (line: string) => void): Promise<Outcome> {
  const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...colour },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  running.add(child);
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      show(line);
      printed.push(line);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  running.delete(child);
  return { ok: code === 0, printed };
}

interface Outcome {
  ok: boolean;
  printed: readonly string[];
}

/** The figure before a word in vitest's summary, `Tests  2 failed | 120 passed (122)`. */
function counted(printed: string, word: "passed" | "failed"): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  const summary = /^\s*Tests\s+(.*)$/m.exec(printed.replaceAll(/\u001b\[[0-9;]*m/g, ""))?.[1] ?? "";
  return Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
}

const failures: { name: string; printed: readonly string[] }[] = [];
let passed = 0;
let failed = 0;
async function check(one: Check, show: (line: string) => void): Promise<void> {
  const started = performance.now();
  console.log(`> ${one.name} …`);
  const outcome = await run(one, show);
  const printed = outcome.printed.join("\n");
  passed += counted(printed, "passed");
  // A check that fails without a failed test (a type error, say) counts as one, so that the last line never looks green.
  failed += outcome.ok ? 0 : Math.max(1, counted(printed, "failed"));
  if (!outcome.ok) failures.push({ name: one.name, printed: outcome.printed });
  console.log(`${outcome.ok ? "✔" : "✘"} ${one.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

const live = (one: Check): Promise<void> => check(one, (line) => console.log(`${one.name} │ ${line}`));

for (const one of QUICK) await check(one, () => undefined);
await live(UNIT);
await Promise.all(
  Array.from({ length: AT_ONCE }, async (_, i) => {
    await setTimeout(i * APART_MS);
    for (let one = left.shift(); one !== undefined; one = left.shift()) await live(one);
  }),
);
for (const one of ALONE) await live(one);
if (browser === null) console.log("\nLeft out: the browser tests. Install Chrome or Chromium, or set CHROME_PATH.");
// What failed, once more, where it is looked for.
for (const { name, printed } of failures) console.log(`\n✘ ${name} ended so:\n${printed.slice(-100).join("\n")}`);
if (failures.length > 0) console.log(`\nFailed: ${failures.map(({ name }) => name).join(", ")}.`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
