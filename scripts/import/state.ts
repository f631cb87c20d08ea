import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Issue } from "../../functions/src/collect/schema.ts";
import { RefusedError } from "../cli/command-line.ts";

/** Rows that are named for each reason. */
const NAMED_ROWS = 5;
/** Reasons that are told apart. */
const MAX_REASONS = 200;

/** A reason for which rows were refused. */
interface Reason {
  code: Issue["code"];
  /** The field, at most two names deep; empty for the whole row. */
  field: string;
  rows: number;
  first_rows: number[];
}

/** What became of the rows so far. */
export interface Counts {
  rows: number;
  accepted: number;
  /** Stored already, or twice in the file. */
  duplicates: number;
  refused: number;
  /** Accepted or duplicate, and older than what a training collects. */
  old: number;
  reasons: Reason[];
}

/** How far an import has come: beside its file, so that one that was broken off goes on. */
export interface ImportState {
  schema_version: 1;
  /** What is imported where: a state of anything else is none. */
  key: string;
  /** Number of the last row that is done. */
  row: number;
  /** Time after which the rows behind it may have been stored, epoch ms. */
  since: number;
  /** Length of the file of refused rows. */
  rejected_bytes: number;
  counts: Counts;
}

export function noCounts(): Counts {
  return { rows: 0, accepted: 0, duplicates: 0, refused: 0, old: 0, reasons: [] };
}

/** Counts a row that was refused, once under each of its reasons. */
export function countRefused(counts: Counts, row: number, issues: readonly Issue[]): void {
  counts.refused++;
  const told = new Set<Reason>();
  for (const { code, path } of issues) told.add(reasonOf(counts, code, path));
  for (const reason of told) {
    reason.rows++;
    if (reason.first_rows.length < NAMED_ROWS) reason.first_rows.push(row);
  }
}

function reasonOf({ reasons }: Counts, code: Issue["code"], path: string): Reason {
  const names = path.split(".").filter((name) => !/^\d+$/.test(name));
  const field = names.slice(0, 2).join(".");
  const found = reasons.find((reason) => reason.code === code && reason.field === field);
  if (found !== undefined) return found;
  const full = reasons.length >= MAX_REASONS ? reasons.at(-1) : undefined;
  if (full !== undefined) return full;
  const reason: Reason = { code, field, rows: 0, first_rows: [] };
  reasons.push(reason);
  return reason;
}

/** The SHA-256 of a file's content, in hex. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Where the state of a file's import lies. */
export function statePath(file: string): string {
  return `${file}.import-state.json`;
}

/**
 * The state that an earlier run has left: undefined if there is none, or it is of something else.
 * @throws {RefusedError} it cannot be read
 */
export function readState(file: string, key: string): ImportState | undefined {
  const path = statePath(file);
  if (!existsSync(path)) return undefined;
  try {
    const state = JSON.parse(readFileSync(path, "utf8")) as ImportState;
    return state.schema_version === 1 && state.key === key ? state : undefined;
  } catch (cause) {
    throw new RefusedError(`${path} cannot be read: remove it to begin anew`, { cause });
  }
}

/** Writes the state whole or not at all. */
export function writeState(file: string, state: ImportState): void {
  const path = statePath(file);
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

export function forgetState(file: string): void {
  rmSync(statePath(file), { force: true });
}
