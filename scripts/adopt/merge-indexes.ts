import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../functions/src/collect/stored-fields.ts";
import { RefusedError } from "../cli/command-line.ts";
import { JsonFile } from "./json-file.ts";

/** What a project without an indexes file begins with. */
export const EMPTY_INDEXES = `{
  "indexes": [],
  "fieldOverrides": []
}
`;

/** A part of firestore.indexes.json. */
export interface Indexes {
  indexes: readonly Record<string, unknown>[];
  fieldOverrides: readonly (Record<string, unknown> & { collectionGroup: string; fieldPath: string })[];
}

/**
 * Their indexes with those of ours that they do not have.
 * @throws {RefusedError} they index a field that ours index in another way
 */
export function mergeIndexes(file: string, text: string, ours: Indexes): string {
  const json = new JsonFile(file, text);
  for (const kind of ["indexes", "fieldOverrides"] as const) {
    const theirs = json.get([kind]);
    if (theirs !== undefined && !Array.isArray(theirs)) throw new RefusedError(`${file}: ${kind} must be an array.`);
    if (theirs === undefined) json.set([kind], []);
    const there = (theirs ?? []) as unknown[];
    for (const one of ours[kind]) {
      if (there.some((other) => isDeepStrictEqual(other, one))) continue;
      const other = there.find((entry) => isRecord(entry) && kind === "fieldOverrides" && isSameField(entry, one));
      if (other !== undefined) {
        throw new RefusedError(
          `${file} says of ${String(one["collectionGroup"])}.${String(one["fieldPath"])} something else than Perennial needs: adopt with --database perennial.`,
        );
      }
      json.insert([kind], "last", one);
    }
  }
  return json.text;
}

function isSameField(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  return one["collectionGroup"] === other["collectionGroup"] && one["fieldPath"] === other["fieldPath"];
}
