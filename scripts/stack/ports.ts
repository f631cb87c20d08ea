import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import getPort, { portNumbers } from "get-port";
import { parse } from "jsonc-parser";
import { ROOT, SetupError } from "./project.ts";

/** The emulators that the local stack consists of, by their names in firebase.json. */
export const EMULATORS = [
  "hub",
  "logging",
  "auth",
  "functions",
  "firestore",
  "storage",
  "hosting",
  "tasks",
  "eventarc",
] as const;

/** Where each emulator listens on the loopback address. */
export type Ports = Record<(typeof EMULATORS)[number], number>;

/** The part of firebase.json that the scripts read or change. */
export interface FirebaseConfig {
  emulators: Record<string, { port?: number; enabled?: boolean; websocketPort?: number } | boolean>;
}

/** What firebase.json says, ours or that of another project; it may have comments, and no emulators. */
export function firebaseConfig(root = ROOT): FirebaseConfig {
  const config = parse(readFileSync(join(root, "firebase.json"), "utf8")) as Partial<FirebaseConfig>;
  return { ...config, emulators: config.emulators ?? {} };
}

/**
 * The port of an emulator in firebase.json, which is where `npm start` has it.
 * @throws {SetupError} if there is none
 */
export function fixedPort(name: string): number {
  const entry = firebaseConfig().emulators[name];
  const port = typeof entry === "object" ? entry.port : undefined;
  if (port === undefined) throw new SetupError(`firebase.json has no port for "${name}" under "emulators": add one.`);
  return port;
}

/**
 * The same, for who wants to listen there.
 * @throws {SetupError} if somebody else does
 */
export async function fixedFreePort(name: string): Promise<number> {
  const port = fixedPort(name);
  if (await isFreePort(port)) return port;
  throw new SetupError(
    `Port ${port} (${name}) is in use, perhaps by another npm start: stop what holds it (lsof -i :${port} tells), or change "${name}" under "emulators" in firebase.json.`,
  );
}

/** A port for each emulator: those of firebase.json, or any. */
export async function choosePorts(kind: "fixed" | "free"): Promise<Ports> {
  const ports: Partial<Ports> = {};
  for (const name of EMULATORS) ports[name] = await (kind === "fixed" ? fixedFreePort(name) : freePort());
  return ports as Ports;
}

/**
 * A port that nobody listens on. It lies below those that systems give to outgoing connections (from 32768 on), one of which
 * might take it before the emulator does, and at random, so that two runs at once hardly choose the same.
 */
export async function freePort(): Promise<number> {
  const first = 15_000 + Math.floor(Math.random() * 16_000);
  return getPort({ port: portNumbers(first, first + 500), host: "127.0.0.1" });
}

/** True if nobody listens on the port of the loopback address. */
export async function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((settle) => {
    server.once("error", () => settle(false));
    server.listen(port, "127.0.0.1", () => server.close(() => settle(true)));
  });
}
