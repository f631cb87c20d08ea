import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  createWriteStream,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { cachedJar, EMULATOR_CACHE, type FirestoreEmulator, findFirestore } from "./find-firestore.ts";
import { choosePorts, EMULATORS, firebaseConfig, fixedFreePort, freePort, type Ports } from "./ports.ts";
import { PROJECT, ROOT, SetupError } from "./project.ts";

const REGION = "us-central1";
const LOCAL = join(ROOT, ".local");

/** How to start the stack. */
export interface StackOptions {
  /** `fixed`: those of firebase.json, for people; `free`: any, so that tests can run beside them. */
  ports: "fixed" | "free";
  /** An exported state to begin with. */
  importFrom?: string;
  /** A Firebase project other than ours. Its id must begin with `demo-`, which keeps the emulators from touching a real one. */
  project?: { root: string; id: string };
  /** What of it is emulated, in the words of firebase-tools; everything by default. */
  only?: string;
  /** Names the file of what the emulators print; like the ports by default, which two stacks at once would share. */
  logName?: string;
  /** Shows what takes long. */
  say: (line: string) => void;
}

/** A running local stack. */
export interface Stack {
  functionsUrl: string;
  hostingUrl: string;
  /** The emulators' own page, where firebase-tools has it. */
  uiUrl: string | null;
  ports: Ports;
  /** Variables that point SDKs, tests and scripts to this stack. */
  env: Record<string, string>;
  /** What emulates Firestore, and what else is not the official emulator, in words. */
  notes: readonly string[];
  /** What the emulators printed. */
  logFile: string;
  /** Writes the state of Firestore, Storage and Auth into a folder. */
  exportTo(folder: string): Promise<void>;
  /** Resolves when the emulators have ended, by themselves or not. */
  ended: Promise<void>;
  /** Ends every process that was started. */
  stop(): Promise<void>;
}

/**
 * Starts the Firebase emulators and waits until they serve. They end with this process at the latest, unless it is killed.
 * @throws {SetupError} in one sentence: a tool is missing, a port is busy, the emulators did not start
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(LOCAL, { recursive: true });
  const firestore = await findFirestore(options.say);
  const ports = await choosePorts(options.ports);
  const project = options.project ?? { root: ROOT, id: PROJECT };
  const config = firebaseConfig(project.root);
  for (const name of EMULATORS) config.emulators[name] = { port: ports[name] };
  config.emulators["firestore"] = { port: ports.firestore, websocketPort: await freePort() };
  const uiPort = options.ports === "fixed" && hasUi() ? await fixedFreePort("ui") : null;
  config.emulators["ui"] = uiPort === null ? { enabled: false } : { enabled: true, port: uiPort };
  // firebase-tools takes the folder of its config file for the project's root, so the file cannot lie in .local.
  const configFile = join(project.root, `.firebase.${process.pid}.json`);
  writeFileSync(configFile, JSON.stringify(config));

  // The Storage emulator keeps its objects in the temporary folder, under one name for all stacks of a machine. A short path
  // of its own, since sockets lie there too, and theirs may have about a hundred characters.
  const temporary = mkdtempSync(join(tmpdir(), "perennial-"));
  const logFile = join(LOCAL, `emulators.${options.logName ?? options.ports}.log`);
  const log = createWriteStream(logFile);
  const firebase = join(ROOT, "node_modules/firebase-tools/lib/bin/firebase.js");
  const args = [firebase, "emulators:start", "--project", project.id, "--config", configFile];
  if (options.only !== undefined) args.push("--only", options.only);
  if (options.importFrom !== undefined) args.push("--import", options.importFrom);
  const child = spawn(process.execPath, args, {
    // Emulators write their own logs into the current folder.
    cwd: LOCAL,
    env: { ...toolEnv(firestore), TMPDIR: temporary },
    // A process group of its own: a Ctrl-C in the terminal reaches only us, and we end the emulators in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = once(child, "exit").then(() => undefined);
  const endNow = (): void => {
    endGroup(child, "SIGKILL");
    rmSync(configFile, { force: true });
    rmSync(temporary, { recursive: true, force: true });
  };
  process.once("exit", endNow);
  const stop = async (): Promise<void> => {
    endGroup(child, "SIGINT");
    await Promise.race([ended, new Promise((late) => setTimeout(late, STOP_MS))]);
    endNow();
    process.off("exit", endNow);
  };
  try {
    await ready(child, logFile, options.say);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    functionsUrl: `http://127.0.0.1:${ports.functions}/${project.id}/${REGION}`,
    hostingUrl: `http://127.0.0.1:${ports.hosting}`,
    uiUrl: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
    ports,
    env: stackEnv(ports, project.id),
    notes: notesOn(firestore),
    logFile,
    exportTo: (folder) => exportState(ports.hub, folder),
    ended,
    stop,
  };
}

/** Google's libraries then ask no metadata server, which would tell who they are on a machine of Google's. */
const OFFLINE = { METADATA_SERVER_DETECTION: "none" };

/** The environment of firebase-tools: java.cjs as its `java`, no look-ups on the network, the jars that are here. */
function toolEnv(firestore: FirestoreEmulator): NodeJS.ProcessEnv {
  const bin = join(LOCAL, "bin");
  mkdirSync(bin, { recursive: true });
  const java = join(bin, "java");
  if (!existsSync(java)) {
    rmSync(java, { force: true });
    symlinkSync(join(ROOT, "scripts/stack/java.cjs"), java);
  }
  // firebase-tools makes the file executable, which it could not do with a jar of the system's.
  const placeholder = (name: string): string => {
    const file = join(LOCAL, name);
    if (!existsSync(file)) writeFileSync(file, "");
    return file;
  };
  return {
    ...process.env,
    PATH: [bin, join(ROOT, "node_modules/node/bin"), process.env["PATH"]].join(delimiter),
    PERENNIAL_JAVA: firestore.java ?? "",
    PERENNIAL_FIRESTORE: JSON.stringify(firestore.command),
    FIRESTORE_EMULATOR_BINARY_PATH: placeholder("firestore-stand-in.jar"),
    ...(hasRulesRuntime(firestore) ? {} : { STORAGE_EMULATOR_BINARY_PATH: placeholder("storage-rules-stand-in.jar") }),
    ...OFFLINE,
    NO_UPDATE_NOTIFIER: "1",
    // firebase-tools then asks nothing and looks for no news.
    CI: "true",
  };
}

function hasRulesRuntime({ java }: FirestoreEmulator): boolean {
  return java !== null && cachedJar("cloud-storage-rules-runtime") !== null;
}

function notesOn(firestore: FirestoreEmulator): string[] {
  const notes = [`Firestore: ${firestore.name}`];
  if (!hasRulesRuntime(firestore)) {
    notes.push("Storage rules: a stand-in that denies every client, as storage.rules does");
  }
  return notes;
}

function stackEnv(ports: Ports, projectId: string): Record<string, string> {
  const at = (name: keyof Ports): string => `127.0.0.1:${ports[name]}`;
  return {
    ...OFFLINE,
    GCLOUD_PROJECT: projectId,
    GOOGLE_CLOUD_PROJECT: projectId,
    FIREBASE_CONFIG: JSON.stringify({ projectId, storageBucket: `${projectId}.appspot.com` }),
    FIRESTORE_EMULATOR_HOST: at("firestore"),
    FIREBASE_AUTH_EMULATOR_HOST: at("auth"),
    FIREBASE_STORAGE_EMULATOR_HOST: at("storage"),
    STORAGE_EMULATOR_HOST: `http://${at("storage")}`,
    CLOUD_TASKS_EMULATOR_HOST: at("tasks"),
    FIREBASE_EMULATOR_HUB: at("hub"),
    PERENNIAL_FUNCTIONS_URL: `http://${at("functions")}/${projectId}/${REGION}`,
    PERENNIAL_HOSTING_URL: `http://${at("hosting")}`,
  };
}

/** Whether firebase-tools has downloaded the emulators' own page before: nothing depends on it, so it is not waited for. */
function hasUi(): boolean {
  return globSync(join(EMULATOR_CACHE, "ui-v*")).length > 0;
}

/** Longest start that was seen is 60 s, on a busy machine; a stack that needs more is broken. */
const START_MS = 180_000;
/** A clean end takes 1-3 s; with requests under way firebase-tools would wait for them, and there is nothing to lose. */
const STOP_MS = 5_000;

async function ready(child: ChildProcess, logFile: string, say: (line: string) => void): Promise<void> {
  const started = Date.now();
  const ticking = setInterval(() => {
    say(`  … the emulators are starting: ${Math.round((Date.now() - started) / 1000)} s`);
  }, 10_000);
  const late = AbortSignal.timeout(START_MS);
  try {
    await new Promise<void>((done, fail) => {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("All emulators ready")) done();
      });
      late.addEventListener("abort", () => fail(notStarted("did not start within 3 minutes", logFile)));
      child.once("error", (error) => {
        fail(new SetupError(`The emulators could not be started: ${error.message}.`, { cause: error }));
      });
      // "close", not "exit": what it said last has been written then.
      child.once("close", () => fail(notStarted("ended at once", logFile)));
    });
  } finally {
    clearInterval(ticking);
  }
}

function notStarted(how: string, logFile: string): SetupError {
  return new SetupError(`The emulators ${how}; ${logFile} has all they said, which ends so:\n  ${lastLines(logFile)}`);
}

function lastLines(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").slice(-12).join("\n  ") : "";
}

async function exportState(hubPort: number, folder: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${hubPort}/_admin/export`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path: folder, initiatedBy: "perennial" }),
  });
  if (!answer.ok) throw new Error(`the emulators' export failed: ${answer.status} ${await answer.text()}`);
}

function endGroup({ pid }: ChildProcess, signal: "SIGINT" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left, which is what is wanted.
  }
}
