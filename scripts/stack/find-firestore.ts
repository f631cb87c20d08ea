import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, globSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** How Firestore is emulated on this machine. */
export type FirestoreEmulator =
  | { kind: "official"; java: string; jar: string; fromGcloud: boolean }
  | { kind: "hidane"; binary: string; java: string | null };

/** A tool is missing or could not be fetched; the message is one sentence that says what to do. */
export class SetupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SetupError";
  }
}

const LEAST_JAVA = 21;

/** Where Java runtimes are usually installed beside PATH: JAVA_HOME, Linux, sdkman, macOS, Homebrew. */
const JAVA_PLACES = [
  "/usr/lib/jvm/*/bin/java",
  "/opt/java/*/bin/java",
  "/opt/*jdk*/bin/java",
  join(homedir(), ".sdkman/candidates/java/*/bin/java"),
  join(homedir(), ".jdks/*/bin/java"),
  "/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java",
  "/opt/homebrew/opt/openjdk*/bin/java",
  "/usr/local/opt/openjdk*/bin/java",
];

/** Major version in what `java -version` prints: 17 of `openjdk version "17.0.15"`, 8 of `"1.8.0_402"`; null if there is none. */
export function javaMajor(printed: string): number | null {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(printed) ?? [];
  if (first === undefined) return null;
  return first === "1" ? Number(second) : Number(first);
}

/** The newest Java of at least version 21 on this machine, on PATH or not. */
export function findJava(): string | null {
  const home = process.env["JAVA_HOME"];
  const candidates = new Set([
    ...(home === undefined ? [] : [join(home, "bin/java")]),
    ...onPath("java"),
    ...JAVA_PLACES.flatMap((place) => globSync(place)),
  ]);
  const found = [...candidates]
    .filter((java) => existsSync(java))
    .map((java) => ({ java, major: javaMajor(spawnSync(java, ["-version"], { encoding: "utf8" }).stderr ?? "") ?? 0 }))
    .filter(({ major }) => major >= LEAST_JAVA)
    .sort((a, b) => b.major - a.major);
  return found[0]?.java ?? null;
}

function onPath(tool: string): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, tool)).filter((file) => existsSync(file));
}

/** Where firebase-tools keeps what it downloads. */
export const EMULATOR_CACHE = process.env["FIREBASE_EMULATORS_PATH"] ?? join(homedir(), ".cache/firebase/emulators");

/** A jar that firebase-tools has downloaded before. */
export function cachedJar(name: "cloud-firestore-emulator" | "cloud-storage-rules-runtime"): string | null {
  const cache = process.env["FIREBASE_EMULATORS_PATH"] ?? join(homedir(), ".cache/firebase/emulators");
  return (
    globSync(join(cache, `${name}-v*.jar`))
      .sort()
      .at(-1) ?? null
  );
}

/** The Firestore emulator's jar in an installed gcloud SDK. */
function gcloudJar(): string | null {
  const roots = [
    ...onPath("gcloud").map((gcloud) => join(realpathSync(gcloud), "../..")),
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "/opt/homebrew/share/google-cloud-sdk",
    join(homedir(), "google-cloud-sdk"),
  ];
  const jars = roots.map((root) => join(root, "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"));
  return jars.find((jar) => existsSync(jar)) ?? null;
}

/**
 * Finds, or fetches, what can emulate Firestore here: the official emulator where there is a Java, else hidane.
 * @param say shows what takes long
 * @throws {SetupError} when there is neither
 */
export async function findFirestore(root: string, say: (line: string) => void): Promise<FirestoreEmulator> {
  const java = findJava();
  if (java !== null) {
    const jar = cachedJar("cloud-firestore-emulator");
    if (jar !== null) return { kind: "official", java, jar, fromGcloud: false };
    const fromSdk = gcloudJar();
    if (fromSdk !== null) return { kind: "official", java, jar: fromSdk, fromGcloud: true };
    say("downloading the Firestore emulator (once)");
    const downloaded = download(root);
    if (downloaded !== null) return { kind: "official", java, jar: downloaded, fromGcloud: false };
  }
  const installed = [...onPath("hidane"), join(root, ".local/hidane/bin/hidane")].find((file) => existsSync(file));
  if (installed !== undefined) return { kind: "hidane", binary: installed, java };
  if (onPath("cargo").length > 0) return { kind: "hidane", binary: await installHidane(root, say), java };
  throw new SetupError(
    java === null
      ? `Firestore cannot be emulated here: install Java >= ${LEAST_JAVA} (for example Temurin), or hidane, or cargo (Rust), and start again.`
      : "The Firestore emulator could not be downloaded: check the network and start again, or install hidane or cargo (Rust).",
  );
}

function download(root: string): string | null {
  const firebase = join(root, "node_modules/firebase-tools/lib/bin/firebase.js");
  try {
    execFileSync(process.execPath, [firebase, "setup:emulators:firestore"], {
      cwd: root,
      stdio: "ignore",
      timeout: 300_000,
    });
  } catch {
    return null;
  }
  return cachedJar("cloud-firestore-emulator");
}

async function installHidane(root: string, say: (line: string) => void): Promise<string> {
  const target = join(root, ".local/hidane");
  say("no Java >= 21 here: compiling hidane, a Firestore emulator without Java (once, some minutes)");
  const child = spawn("cargo", ["install", "hidane", "--locked", "--root", target], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let last = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    last = text.trim().split("\n").at(-1) ?? last;
  });
  const ticking = setInterval(() => say(`compiling hidane: ${last.slice(0, 80)}`), 15_000);
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null));
    child.on("exit", resolve);
  });
  clearInterval(ticking);
  if (code !== 0) {
    throw new SetupError(
      `hidane could not be compiled (${last}): install Java >= ${LEAST_JAVA}, or hidane by other means, and start again.`,
    );
  }
  return join(target, "bin/hidane");
}
