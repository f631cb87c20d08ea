import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import getPort from "get-port";
import { ROOT } from "../stack/project.ts";

/** Settings of the functions as a project has them by default, with keys of no value. */
export const SETTINGS = {
  REGION: "us-central1",
  DATABASE_ID: "(default)",
  ROUTING_FRESH_SECONDS: "15",
  VIRTUAL_TIME: "false",
  LOG_SHARDS: "1",
  RECEIPT_KEYS: `bench:${"k".repeat(32)}`,
  PSEUDONYM_KEY: "pseudonyms",
} as const;

/** One function, served by the functions framework as Cloud Run functions serve it. */
export interface ServedFunction {
  url: string;
  /** Ends it, by default as Cloud Run does, with SIGTERM, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Serves one exported function in a process of its own, on a free port.
 * @param options.source a built module, relative to the project's root
 */
export async function serveFunction(options: {
  source: string;
  target: string;
  env: Record<string, string>;
}): Promise<ServedFunction> {
  const port = await getPort();
  const framework = join(ROOT, "node_modules/@google-cloud/functions-framework/build/src/main.js");
  const args = [framework, `--source=${join(ROOT, options.source)}`, `--target=${options.target}`, `--port=${port}`];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    // NODE_ENV as on Cloud Run; the emulators' own variables are not ours to pass on.
    env: { ...process.env, FUNCTIONS_EMULATOR: "false", NODE_ENV: "production", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  process.once("exit", () => child.kill("SIGKILL"));
  let printed = "";
  const read = (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-4000);
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${options.target} is not served: ${printed}`);
    await setTimeout(50);
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      await ended;
    },
  };
}

/** True if somebody listens on a port of this machine. */
async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
