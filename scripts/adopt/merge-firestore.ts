import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../functions/src/collect/stored-fields.ts";
import { RefusedError } from "../cli/command-line.ts";
import type { JsonFile } from "./json-file.ts";

/** Id of the database that every project has. */
export const DEFAULT_DATABASE = "(default)";

const NEW_FILES = { rules: "firestore.rules", indexes: "firestore.indexes.json" };

/** A file that firebase.json names. */
export interface NamedFile {
  path: string;
  /** Whether it is named since now. */
  isNew: boolean;
}

/**
 * Where the rules and indexes of the default database are, which are to hold ours, too. Names them if firebase.json does not.
 * @throws {RefusedError} firebase.json speaks of other databases only
 */
export function defaultDatabaseFiles(config: JsonFile): Record<"rules" | "indexes", NamedFile> {
  const firestore = firestoreOf(config);
  if (firestore === undefined) {
    config.set(["firestore"], NEW_FILES);
    return { rules: { path: NEW_FILES.rules, isNew: true }, indexes: { path: NEW_FILES.indexes, isNew: true } };
  }
  const entries = Array.isArray(firestore) ? firestore : [firestore];
  const index = entries.findIndex(
    ({ database, target }) => (database ?? DEFAULT_DATABASE) === DEFAULT_DATABASE && target === undefined,
  );
  const entry = entries[index];
  if (entry === undefined) {
    throw new RefusedError(
      `${config.name} has no entry for the database "(default)" under "firestore": add one, or adopt with --database perennial.`,
    );
  }
  const path = Array.isArray(firestore) ? ["firestore", index] : ["firestore"];
  const file = (kind: "rules" | "indexes"): NamedFile => {
    const named = entry[kind];
    if (typeof named === "string") return { path: named, isNew: false };
    config.set([...path, kind], NEW_FILES[kind]);
    return { path: NEW_FILES[kind], isNew: true };
  };
  return { rules: file("rules"), indexes: file("indexes") };
}

/**
 * Gives Perennial a database of its own beside theirs, with rules and indexes from its folder.
 * @throws {RefusedError} they have that database already
 */
export function addDatabase(config: JsonFile, database: string): void {
  const entry = { database, rules: "perennial/firestore.rules", indexes: "perennial/firestore.indexes.json" };
  const firestore = firestoreOf(config);
  if (firestore === undefined) {
    config.set(["firestore"], [entry]);
    return;
  }
  const entries = Array.isArray(firestore) ? firestore : [firestore];
  const there = entries.find((one) => one["database"] === database);
  if (there !== undefined) {
    if (isDeepStrictEqual(there, entry)) return;
    throw new RefusedError(
      `${config.name} has the database "${database}" already: choose another name with --database.`,
    );
  }
  if (!Array.isArray(firestore)) {
    config.wrap(["firestore"]);
    // In an array every entry must say which it is.
    if (!("database" in firestore)) config.set(["firestore", 0, "database"], DEFAULT_DATABASE, true);
  }
  config.insert(["firestore"], "last", entry);
}

function firestoreOf(config: JsonFile): Record<string, unknown> | Record<string, unknown>[] | undefined {
  const firestore = config.get(["firestore"]);
  if (firestore === undefined || isRecord(firestore)) return firestore;
  if (Array.isArray(firestore) && firestore.every(isRecord)) return firestore;
  throw new RefusedError(`${config.name}: "firestore" must be an object or an array of objects.`);
}

/** Every rules file that a part of firebase.json names. */
export function rulesFiles(config: JsonFile, part: "firestore" | "storage"): string[] {
  const value = config.get([part]);
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  return entries.flatMap((entry) => (isRecord(entry) && typeof entry["rules"] === "string" ? [entry["rules"]] : []));
}
