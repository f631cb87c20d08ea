import { applyPatch, reversePatch, structuredPatch } from "diff";
import { sha256 } from "../../functions/src/shared/canonical.ts";

/** A text with the hash by which it is recognized. */
interface Hashed {
  sha256: string;
  text: string;
}

/** A file of the project that an adoption has changed. */
export interface AdoptedFile {
  path: string;
  /** As it was without Perennial; null if it did not exist. */
  original: string | null;
  /** As we wrote it. */
  written: Hashed;
  /** What we found instead, while it is not sure that what we wrote is there: a run may be broken off. */
  replaced: Hashed | null;
}

/** perennial/adopted.json: everything that undoing an adoption needs. */
export interface Adopted {
  schema_version: 1;
  /** Of the options, so that an upgrade needs none. */
  database: string | null;
  site: string | null;
  files: readonly AdoptedFile[];
  /** SHA-256 of each file that was copied, by its path. */
  copied: Readonly<Record<string, string>>;
}

/** A text with its hash. */
export function hashed(text: string): Hashed {
  return { sha256: sha256(text), text };
}

/** What a file would be without Perennial. */
export type Without =
  /** `text` is null where there would be no file. */
  | { ok: true; text: string | null }
  /** It was edited so that our lines cannot be told from theirs any more. */
  | { ok: false; text: string; lines: readonly { line: number; text: string }[] };

/**
 * Takes back what we wrote into a file. As we left it, it becomes what it was to the byte; edited since, it keeps the edits where
 * they are apart from ours.
 * @param text as it is now; null if it was removed
 */
export function without(text: string | null, { original, written, replaced }: AdoptedFile): Without {
  if (text === null || text === original) return { ok: true, text };
  const left = [written, ...(replaced === null ? [] : [replaced])];
  if (left.some((one) => one.sha256 === sha256(text))) return { ok: true, text: original };
  for (const one of left) {
    // One line of context, so that edits two lines away are no obstacle; our own lines must all be there anyway.
    const patch = structuredPatch("", "", original ?? "", one.text, undefined, undefined, { context: 1 });
    const back = applyPatch(text, reversePatch(patch));
    if (back !== false) return { ok: true, text: back === "" && original === null ? null : back };
  }
  const lines = ownLines(text, original ?? "", written.text);
  // Somebody has taken our lines out by hand.
  return lines.length === 0 ? { ok: true, text } : { ok: false, text, lines };
}

/** Lines of a text that came with what we wrote and tell something: a bracket alone does not. */
function ownLines(text: string, original: string, written: string): { line: number; text: string }[] {
  const told = (whole: string): string[] => whole.split(/\r?\n/).map((line) => line.trim().replace(/,$/, ""));
  const theirs = new Set(told(original));
  const ours = new Set(told(written).filter((line) => /\w/.test(line) && !theirs.has(line)));
  return told(text).flatMap((line, i) => (ours.has(line) ? [{ line: i + 1, text: line }] : []));
}
