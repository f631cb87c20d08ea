import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../functions/src/collect/stored-fields.ts";
import { RefusedError } from "../cli/command-line.ts";
import type { JsonFile } from "./json-file.ts";

const ENTRY = {
  source: "perennial/functions",
  codebase: "perennial",
  ignore: ["node_modules", ".git", "*.log", ".secret.local", ".env.local"],
};

/**
 * Makes our functions a codebase of firebase.json, last of all: a deploy of theirs leaves it alone, and the other way round.
 * @throws {RefusedError} they have another codebase of that name
 */
export function mergeFunctions(config: JsonFile): void {
  const functions = config.get(["functions"]);
  if (functions === undefined) {
    config.set(["functions"], [ENTRY]);
    return;
  }
  if (isRecord(functions)) {
    refuseOther(config, [functions]);
    if (functions["codebase"] === ENTRY.codebase) return;
    config.wrap(["functions"]);
  } else if (!Array.isArray(functions)) {
    throw new RefusedError(`${config.name}: "functions" must be an object or an array of objects.`);
  }
  const entries = Array.isArray(functions) ? (functions as unknown[]) : [];
  refuseOther(config, entries);
  const index = entries.findIndex((entry) => isRecord(entry) && entry["codebase"] === ENTRY.codebase);
  if (index === -1) config.insert(["functions"], "last", ENTRY);
  else if (!isDeepStrictEqual(entries[index], ENTRY)) config.set(["functions", index], ENTRY);
}

function refuseOther(config: JsonFile, entries: readonly unknown[]): void {
  const other = entries.find(
    (entry) => isRecord(entry) && entry["codebase"] === ENTRY.codebase && entry["source"] !== ENTRY.source,
  );
  if (other === undefined) return;
  const source = String((other as Record<string, unknown>)["source"]);
  throw new RefusedError(
    `${config.name} has a functions codebase "perennial" already, with the source ${source}: give it another name.`,
  );
}

/** Folders with functions of theirs, each relative to the project. */
export function functionsFolders(config: JsonFile): string[] {
  const functions = config.get(["functions"]);
  const entries: unknown[] = Array.isArray(functions) ? functions : [functions];
  return entries.flatMap((entry) => {
    if (!isRecord(entry) || entry["source"] === ENTRY.source || "remoteSource" in entry) return [];
    return [typeof entry["source"] === "string" ? entry["source"] : "functions"];
  });
}
