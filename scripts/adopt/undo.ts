import { RefusedError } from "../cli/command-line.ts";
import type { Adopted } from "./adopted.ts";
import { without } from "./adopted.ts";
import type { Edit } from "./adoption.ts";
import { filesBelow } from "./copies.ts";
import { ADOPTED, FOLDER, type ProjectFolder } from "./project.ts";

/** Everything that undoing an adoption is going to do. */
export interface Undoing {
  edits: readonly Edit[];
  /** Files that were edited so that our lines cannot be told from theirs: they stay, and so does our folder. */
  left: readonly { path: string; lines: readonly { line: number; text: string }[] }[];
  /** Files in our folder that are not ours, which go with it. */
  foreign: readonly string[];
  record: Adopted;
}

/**
 * Looks at what an adoption has left in a project. Nothing is written.
 * @throws {RefusedError} there was none
 */
export function prepareUndo(folder: ProjectFolder): Undoing {
  const record = folder.adopted();
  if (record === null) throw new RefusedError(`The project has no ${ADOPTED}: there is nothing to undo.`);
  const edits: Edit[] = [];
  const left: { path: string; lines: readonly { line: number; text: string }[] }[] = [];
  for (const file of record.files) {
    const before = folder.read(file.path);
    const back = without(before, file);
    if (!back.ok) left.push({ path: file.path, lines: back.lines });
    else if (back.text !== before) edits.push({ path: file.path, before, after: back.text });
  }
  const ours = new Set([ADOPTED, ...Object.keys(record.copied)]);
  const foreign = filesBelow(folder.locate(FOLDER))
    .map((path) => `${FOLDER}/${path}`)
    .filter((path) => !ours.has(path) && !path.includes("/node_modules/"));
  return { edits, left, foreign, record };
}

/** Does it. Our folder, with what is needed to do it again, goes last. */
export function applyUndo(folder: ProjectFolder, { edits, left, record }: Undoing): void {
  for (const { path, after } of edits) folder.write(path, after);
  if (left.length === 0) folder.remove(FOLDER);
  else folder.record({ ...record, files: record.files.filter(({ path }) => left.some((one) => one.path === path)) });
}
