// npm test: every check of the project, one after the other; the first lines tell what failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ROOT } from "./stack/emulators.ts";

interface Check {
  name: string;
  command: readonly [string, ...string[]];
}

const CHECKS: readonly Check[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings"] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "dead code and dependencies", command: ["knip"] },
  { name: "unit tests", command: ["vitest", "run", "--project", "unit"] },
  {
    name: "emulator tests",
    command: ["node", "scripts/with-emulators.ts", "--", "vitest", "run", "--project", "emulator"],
  },
];

/** Runs a command; its output appears as it comes, for the longer ones show progress by themselves. */
async function run([program, ...args]: Check["command"]): Promise<{ ok: boolean; passed: number; failed: number }> {
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    process.stdout.write(text);
    printed = (printed + text).slice(-20_000);
  });
  const [code] = (await once(child, "exit")) as [number | null];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  const summary = /^\s*Tests\s+(.*)$/m.exec(printed.replaceAll(/\u001b\[[0-9;]*m/g, ""))?.[1] ?? "";
  const counted = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  return { ok: code === 0, passed: counted("passed"), failed: counted("failed") };
}

const failures: string[] = [];
let passed = 0;
let failed = 0;
for (const { name, command } of CHECKS) {
  const started = performance.now();
  console.log(`\n> ${name}`);
  const result = await run(command);
  passed += result.passed;
  failed += result.failed;
  if (!result.ok) failures.push(name);
  console.log(`${result.ok ? "ok" : "FAILED"}: ${name}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
if (failures.length > 0) console.log(`\nFailed: ${failures.join(", ")}.`);
// A check that fails without a failed test (a type error, say) counts as one, so that this line never looks green.
console.log(`\n${passed} passed, ${Math.max(failed, failures.length)} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
