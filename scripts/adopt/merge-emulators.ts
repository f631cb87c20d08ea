import { isRecord } from "../../functions/src/collect/stored-fields.ts";
import type { JsonFile } from "./json-file.ts";

/** Emulators that a visit, its log and a retraining need. */
const NEEDED = ["auth", "functions", "firestore", "storage", "hosting", "tasks", "eventarc"];

/** Where those listen by default that firebase.json of ours does not speak of. */
const OTHER_PORTS = { database: 9000, pubsub: 8085, apphosting: 5002, dataconnect: 9399 };

/** Always there, named or not. */
const ALWAYS = ["ui", "hub", "logging"];

/**
 * Adds the emulators that ours need and theirs lack, on ports that clash with none; a project that names no emulators has
 * another way of running, which is left alone.
 * @param defaults where Firebase has them
 */
export function mergeEmulators(config: JsonFile, defaults: Readonly<Record<string, number>>): void {
  const emulators = config.get(["emulators"]);
  if (!isRecord(emulators)) return;
  const usual: Record<string, number> = { ...OTHER_PORTS, ...defaults };
  const portsOf = (name: string): number[] => {
    const entry = emulators[name];
    if (!isRecord(entry)) return [usual[name] ?? 0];
    const { port = usual[name], websocketPort } = entry;
    return [port, websocketPort].filter((value) => typeof value === "number");
  };
  const taken = new Set([...Object.keys(emulators), ...ALWAYS].flatMap(portsOf));
  const hasHosting = config.get(["hosting"]) !== undefined;
  for (const name of NEEDED) {
    if (name in emulators || (name === "hosting" && !hasHosting)) continue;
    let port = usual[name] ?? 0;
    while (taken.has(port)) port++;
    taken.add(port);
    config.set(["emulators", name], { port });
  }
}
