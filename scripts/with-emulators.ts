// node scripts/with-emulators.ts -- COMMAND: runs a command beside emulators on free ports, for tests and benches.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ROOT, startStack } from "./stack/emulators.ts";
import { SetupError } from "./stack/find-firestore.ts";

const [program, ...args] = process.argv.slice(process.argv.indexOf("--") + 1);
if (program === undefined || !process.argv.includes("--")) {
  console.error("usage: node scripts/with-emulators.ts -- COMMAND [ARGUMENT ...]");
  process.exit(2);
}
try {
  const importFrom = process.env["PERENNIAL_IMPORT"];
  const stack = await startStack({
    ports: "free",
    ...(importFrom === undefined ? {} : { importFrom }),
    say: (line) => console.error(line),
  });
  for (const note of stack.notes) console.error(note);
  const child = spawn(program, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...stack.env } });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  await stack.stop();
  process.exitCode = code ?? 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
