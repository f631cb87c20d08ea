// node scripts/with-emulators.ts [--import FOLDER] [--name NAME] -- COMMAND: runs a command beside emulators on free ports. The name
// is that of their log file: two runs at once have one each.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { startStack } from "./stack/emulators.ts";
import { ROOT, SetupError } from "./stack/project.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { import: { type: "string" }, name: { type: "string" } },
});
const [program, ...args] = positionals;
if (program === undefined) {
  console.error("usage: node scripts/with-emulators.ts [--import FOLDER] [--name NAME] -- COMMAND [ARGUMENT ...]");
  process.exit(2);
}
// Until the command runs there is nothing to put away but the emulators, which end with this process.
const quit = (): never => process.exit(130);
for (const signal of SIGNALS) process.once(signal, quit);
try {
  const say = (line: string): void => console.error(line);
  const stack = await startStack({
    ports: "free",
    ...(values.import && { importFrom: resolve(values.import) }),
    ...(values.name && { logName: values.name }),
    say,
  });
  for (const note of stack.notes) say(note);
  const child = spawn(program, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...stack.env } });
  for (const signal of SIGNALS) process.off(signal, quit).on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  await stack.stop();
  if (code !== 0) say(`What the emulators said is in ${stack.logFile}.`);
  process.exitCode = code ?? 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
