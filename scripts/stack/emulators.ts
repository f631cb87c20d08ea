import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  createWriteStream,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { delimiter, join, resolve } from "node:path";
import getPort from "get-port";
import { cachedJar, EMULATOR_CACHE, findFirestore, SetupError } from "./find-firestore.ts";

/** The project's root folder. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** The emulators' project: the prefix `demo-` keeps them from ever touching a real one. */
export const PROJECT = "demo-perennial";

const REGION = "us-central1";
const NAMES = ["hub", "logging", "auth", "functions", "firestore", "storage", "hosting", "tasks", "eventarc"] as const;
type EmulatorName = (typeof NAMES)[number];

/** How to start the stack. */
export interface StackOptions {
  /** `fixed`: those of firebase.json, for people; `free`: any, so that tests can run beside them. */
  ports: "fixed" | "free";
  /** An exported state to begin with. */
  importFrom?: string;
  /** Shows what takes long. */
  say: (line: string) => void;
}

/** A running local stack. */
export interface Stack {
  functionsUrl: string;
  hostingUrl: string;
  ports: Record<EmulatorName, number>;
  /** Variables that point SDKs, tests and scripts to this stack. */
  env: Record<string, string>;
  /** The parts that are not the official emulators, in words. */
  notes: readonly string[];
  /** What the emulators printed. */
  logFile: string;
  /** Writes the state of Firestore, Storage and Auth into a folder. */
  exportTo(folder: string): Promise<void>;
  /** Resolves when the emulators end by themselves. */
  ended: Promise<void>;
  /** Ends every process that was started. */
  stop(): Promise<void>;
}

interface FirebaseConfig {
  emulators: Record<string, { port?: number; enabled?: boolean; websocketPort?: number } | boolean>;
}

/**
 * Starts the Firebase emulators and waits until they serve.
 * @throws {SetupError} in one sentence: a tool is missing, a port is busy, the emulators did not start
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const local = join(ROOT, ".local");
  mkdirSync(local, { recursive: true });
  const firestore = await findFirestore(ROOT, options.say);
  const config = JSON.parse(readFileSync(join(ROOT, "firebase.json"), "utf8")) as FirebaseConfig;
  const ports = await choosePorts(config, options.ports);
  for (const name of NAMES) config.emulators[name] = { port: ports[name] };
  config.emulators["firestore"] = { port: ports.firestore, websocketPort: await getPort() };
  // The emulators' own page comes from a download of its own: it is left out unless it is there already.
  if (options.ports === "free" || !hasUi()) config.emulators["ui"] = { enabled: false };
  // firebase-tools takes the folder of its config file for the project's root.
  const configFile = join(ROOT, `.firebase.${process.pid}.json`);
  writeFileSync(configFile, JSON.stringify(config));

  const shim = join(local, "bin");
  mkdirSync(shim, { recursive: true });
  rmSync(join(shim, "java"), { force: true });
  symlinkSync(join(ROOT, "scripts/stack/java.cjs"), join(shim, "java"));
  const notes: string[] = [];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: [shim, join(ROOT, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
    PERENNIAL_JAVA: firestore.java ?? "",
    FIREBASE_CLI_DISABLE_UPDATE_CHECK: "true",
    NO_UPDATE_NOTIFIER: "1",
    CI: "true",
  };
  if (firestore.kind === "official") {
    env["FIRESTORE_EMULATOR_BINARY_PATH"] = firestore.jar;
    if (firestore.fromGcloud) {
      env["PERENNIAL_GCLOUD_JAR"] = firestore.jar;
      notes.push("Firestore: the official emulator from the gcloud SDK");
    }
  } else {
    notes.push("Firestore: hidane stands in for the official emulator");
  }
  if (firestore.java === null || cachedJar("cloud-storage-rules-runtime") === null) {
    const placeholder = join(local, "storage-rules-stand-in.jar");
    writeFileSync(placeholder, "");
    env["STORAGE_EMULATOR_BINARY_PATH"] = placeholder;
    notes.push("Storage rules: a stand-in that denies every client, as storage.rules does");
  }

  const firebase = [process.execPath, join(ROOT, "node_modules/firebase-tools/lib/bin/firebase.js")];
  const command = [...(firestore.kind === "hidane" ? [firestore.binary, "exec", "--"] : []), ...firebase];
  const [program = "", ...programArgs] = command;
  const args = ["emulators:start", "--project", PROJECT, "--config", configFile];
  if (options.importFrom !== undefined) args.push("--import", options.importFrom);
  const logFile = join(local, `emulators.${options.ports}.log`);
  const log = createWriteStream(logFile);
  // A process group of its own: a Ctrl-C in the terminal reaches only us, and the whole group can be ended for sure.
  const child = spawn(program, [...programArgs, ...args], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = once(child, "exit").then(() => undefined);
  const stop = () => stopGroup(child, ended, configFile);
  try {
    await ready(child, logFile);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    functionsUrl: `http://127.0.0.1:${ports.functions}/${PROJECT}/${REGION}`,
    hostingUrl: `http://127.0.0.1:${ports.hosting}`,
    ports,
    env: stackEnv(ports),
    notes,
    logFile,
    exportTo: (folder) => exportState(ports.hub, folder),
    ended,
    stop,
  };
}

function stackEnv(ports: Record<EmulatorName, number>): Record<string, string> {
  const at = (name: EmulatorName): string => `127.0.0.1:${ports[name]}`;
  return {
    GCLOUD_PROJECT: PROJECT,
    GOOGLE_CLOUD_PROJECT: PROJECT,
    FIREBASE_CONFIG: JSON.stringify({ projectId: PROJECT, storageBucket: `${PROJECT}.appspot.com` }),
    FIRESTORE_EMULATOR_HOST: at("firestore"),
    FIREBASE_AUTH_EMULATOR_HOST: at("auth"),
    FIREBASE_STORAGE_EMULATOR_HOST: at("storage"),
    STORAGE_EMULATOR_HOST: `http://${at("storage")}`,
    CLOUD_TASKS_EMULATOR_HOST: at("tasks"),
    FIREBASE_EMULATOR_HUB: at("hub"),
    PERENNIAL_FUNCTIONS_URL: `http://${at("functions")}/${PROJECT}/${REGION}`,
    PERENNIAL_HOSTING_URL: `http://${at("hosting")}`,
  };
}

async function choosePorts(config: FirebaseConfig, kind: "fixed" | "free"): Promise<Record<EmulatorName, number>> {
  const ports: Partial<Record<EmulatorName, number>> = {};
  for (const name of NAMES) {
    const entry = config.emulators[name];
    const wanted = typeof entry === "object" ? entry.port : undefined;
    if (kind === "fixed" && wanted !== undefined) {
      if (!(await isFreePort(wanted))) {
        throw new SetupError(
          `Port ${wanted} (${name}) is in use: stop what holds it (lsof -i :${wanted}), or change "${name}" under "emulators" in firebase.json.`,
        );
      }
      ports[name] = wanted;
    } else {
      ports[name] = await getPort();
    }
  }
  return ports as Record<EmulatorName, number>;
}

/** True if nobody listens on the port of the loopback address. */
export async function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((settle) => {
    server.once("error", () => settle(false));
    server.listen(port, "127.0.0.1", () => server.close(() => settle(true)));
  });
}

/** Whether firebase-tools has downloaded the emulators' own page before. */
function hasUi(): boolean {
  return globSync(join(EMULATOR_CACHE, "ui-v*")).length > 0;
}

/** Longest start that was seen is 40 s, on a loaded machine; a stack that needs more is broken. */
const START_MS = 180_000;

async function ready(child: ChildProcess, logFile: string): Promise<void> {
  await new Promise<void>((done, fail) => {
    const late = setTimeout(() => fail(notStarted("did not start within 3 minutes", logFile)), START_MS);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      if (!text.includes("All emulators ready")) return;
      clearTimeout(late);
      done();
    });
    child.once("error", (error) =>
      fail(new SetupError(`The emulators could not be started: ${error.message}.`, { cause: error })),
    );
    child.once("exit", () => {
      clearTimeout(late);
      // What it said last is written by the time its streams have closed.
      setTimeout(() => fail(notStarted("ended at once", logFile)), 200);
    });
  });
}

function notStarted(how: string, logFile: string): SetupError {
  const said = existsSync(logFile) ? readFileSync(logFile, "utf8").trim().split("\n").slice(-12).join("\n  ") : "";
  return new SetupError(`The emulators ${how}. They said (all of it in ${logFile}):\n  ${said}`);
}

async function exportState(hubPort: number, folder: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${hubPort}/_admin/export`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path: folder, initiatedBy: "perennial" }),
  });
  if (!answer.ok) throw new Error(`the emulators' export failed: ${answer.status} ${await answer.text()}`);
}

async function stopGroup(child: ChildProcess, ended: Promise<void>, configFile: string): Promise<void> {
  const { pid } = child;
  if (pid !== undefined && child.exitCode === null && child.signalCode === null) {
    // The whole group, as a Ctrl-C in a terminal would: hidane does not pass a signal on, and its emulator leaves the group.
    process.kill(-pid, "SIGINT");
    await Promise.race([ended, new Promise((late) => setTimeout(late, 5000))]);
  }
  if (pid !== undefined) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // Nobody of the group is left, which is what is wanted.
    }
  }
  rmSync(configFile, { force: true });
}
