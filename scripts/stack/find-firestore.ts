import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, globSync, realpathSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { ROOT, SetupError } from "./project.ts";

/** How Firestore is emulated on this machine. */
export interface FirestoreEmulator {
  /** What starts it; the official emulator's flags follow. */
  command: readonly [string, ...string[]];
  /** In words, for people. */
  name: string;
  /** A Java of at least version 21, if there is one. */
  java: string | null;
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
function findJava(): string | null {
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
  return (
    globSync(join(EMULATOR_CACHE, `${name}-v*.jar`))
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
export async function findFirestore(say: (line: string) => void): Promise<FirestoreEmulator> {
  const java = findJava();
  if (java !== null) {
    const official = (jar: string): FirestoreEmulator => ({
      command: [java, "-jar", jar],
      name: "the official emulator",
      java,
    });
    const jar = cachedJar("cloud-firestore-emulator");
    if (jar !== null) return official(jar);
    const sdkJar = gcloudJar();
    if (sdkJar !== null) {
      // This jar has no main manifest.
      const command = [java, "-cp", sdkJar, "com.google.cloud.datastore.emulator.firestore.CloudFirestore"] as const;
      return { command, name: "the official emulator, from the gcloud SDK", java };
    }
    say("Downloading the Firestore emulator (once) …");
    const downloaded = await download();
    if (downloaded !== null) return official(downloaded);
  }
  const hidane = (binary: string): FirestoreEmulator => ({
    command: [binary],
    name: "hidane, an emulator without Java",
    java,
  });
  const installed = [...onPath("hidane"), join(ROOT, ".local/hidane/bin/hidane")].find((file) => existsSync(file));
  if (installed !== undefined) return hidane(installed);
  if (onPath("cargo").length > 0) return hidane(await installHidane(say));
  throw new SetupError(
    java === null
      ? `Firestore cannot be emulated here: install Java >= ${LEAST_JAVA} (for example Temurin), or hidane, or cargo (Rust), and start again.`
      : "The Firestore emulator could not be downloaded: check the network and start again, or install hidane or cargo (Rust).",
  );
}

async function download(): Promise<string | null> {
  const firebase = join(ROOT, "node_modules/firebase-tools/lib/bin/firebase.js");
  try {
    await promisify(execFile)(process.execPath, [firebase, "setup:emulators:firestore"], { timeout: 300_000 });
  } catch {
    return null;
  }
  return cachedJar("cloud-firestore-emulator");
}

async function installHidane(say: (line: string) => void): Promise<string> {
  const target = join(ROOT, ".local/hidane");
  // What was compiled stays when it is interrupted, so that the next start goes on from there.
  const compiled = join(ROOT, ".local/hidane-compiled");
  say("No Firestore emulator here: compiling hidane, one without Java (once, 3-6 minutes) …");
  const child = spawn("cargo", ["install", "hidane", "--locked", "--root", target, "--target-dir", compiled], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const endWithUs = (): void => void child.kill();
  process.once("exit", endWithUs);
  const started = Date.now();
  let last = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    last = text.trim().split("\n").at(-1) ?? last;
  });
  const ticking = setInterval(() => {
    say(`  … ${Math.round((Date.now() - started) / 1000)} s, ${last.trim().slice(0, 60)}`);
  }, 20_000);
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null));
    child.on("exit", resolve);
  });
  clearInterval(ticking);
  process.off("exit", endWithUs);
  if (code !== 0) {
    throw new SetupError(
      `hidane could not be compiled (${last}): install Java >= ${LEAST_JAVA}, or hidane by other means, and start again.`,
    );
  }
  rmSync(compiled, { recursive: true, force: true });
  return join(target, "bin/hidane");
}
