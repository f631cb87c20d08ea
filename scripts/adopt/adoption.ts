import { existsSync, readFileSync } from "node:fs";
import { sha256 } from "../../functions/src/shared/canonical.ts";
import { RefusedError } from "../cli/command-line.ts";
import { type Adopted, type AdoptedFile, hashed, without } from "./adopted.ts";
import { copiedFiles, SETTINGS, withDatabase } from "./copies.ts";
import { type Ours, type Plan, planAdoption, type Read, type Wants } from "./plan.ts";
import { FOLDER, type ProjectFolder } from "./project.ts";

/** A file of the project that is to change; null where there is none. */
export interface Edit {
  path: string;
  before: string | null;
  after: string | null;
}

/** Everything that an adoption is going to do. */
export interface Adoption {
  edits: readonly Edit[];
  /** Files in our folder that are written, whole. */
  copies: ReadonlyMap<string, string | Uint8Array>;
  /** Paths of those that were not there before. */
  added: readonly string[];
  /** Files in our folder that no longer belong to Perennial. */
  stale: readonly string[];
  record: Adopted;
  notes: readonly string[];
}

/**
 * Looks at a project and says what adopting Perennial, or a newer Perennial, changes there. Nothing is written.
 * @param root of Perennial
 * @throws {RefusedError} in one sentence: what is in the way, and what to do
 */
export function prepareAdoption(folder: ProjectFolder, root: string, ours: Ours, wants: Wants): Adoption {
  const earlier = folder.adopted();
  if (earlier !== null && wants.database !== null && wants.database !== earlier.database) {
    throw new RefusedError(
      `The project has adopted Perennial with the database ${earlier.database ?? "(default)"}: --undo first.`,
    );
  }
  const options = { database: wants.database ?? earlier?.database ?? null, site: wants.site ?? earlier?.site ?? null };
  const { plan, edits, files } = mergedFiles(folder, earlier, (read) => planAdoption(read, ours, options));
  const copied = copiedFiles(root, { database: options.database, storageRules: plan.storageRules });
  const copies = new Map<string, string | Uint8Array>();
  const notes = [...plan.notes];
  for (const [path, content] of copied) {
    const there = bytesOf(folder, path);
    if (there === null || !there.equals(content)) {
      if (there !== null && SETTINGS.includes(path) && earlier?.copied[path] !== sha256(there)) {
        notes.push(`${path} was edited and stays as it is.`);
      } else copies.set(path, content);
    }
  }
  if (options.database !== null) {
    const path = `${FOLDER}/functions/.env`;
    const env = folder.read(path) ?? "";
    const after = withDatabase(env, options.database);
    if (after !== env) copies.set(path, after);
  }
  const hashes = Object.fromEntries([...copied].map(([path, content]) => [path, sha256(content)]));
  return {
    edits,
    copies,
    added: [...copies.keys()].filter((path) => bytesOf(folder, path) === null),
    stale: Object.keys(earlier?.copied ?? {}).filter((path) => !copied.has(path)),
    record: { schema_version: 1, ...options, files, copied: hashes },
    notes,
  };
}

function bytesOf(folder: ProjectFolder, path: string): Buffer | null {
  const file = folder.locate(path);
  return existsSync(file) ? readFileSync(file) : null;
}

interface MergedFiles {
  plan: Plan;
  edits: Edit[];
  files: AdoptedFile[];
}

function mergedFiles(folder: ProjectFolder, earlier: Adopted | null, planOf: (read: Read) => Plan): MergedFiles {
  const now: Read = (path) => folder.read(path);
  // Ours is merged into what the files would be without it, so that nothing of an older Perennial is left behind.
  const entries = new Map(earlier?.files.map((file) => [file.path, file]));
  const base = new Map([...entries].map(([path, entry]) => [path, without(now(path), entry)]));
  const plan = planOf((path) => (base.has(path) ? (base.get(path)?.text ?? null) : now(path)));
  const edits: Edit[] = [];
  const files: AdoptedFile[] = [];
  for (const path of new Set([...plan.merged.keys(), ...entries.keys()])) {
    const before = now(path);
    const known = base.get(path);
    const original = known === undefined ? before : known.text;
    const after = plan.merged.get(path) ?? original;
    if (after !== before) edits.push({ path, before, after });
    const entry = entries.get(path);
    if (known?.ok === false && entry !== undefined) {
      if (after !== before) {
        throw new RefusedError(
          `${path} was edited where our lines are, so that they cannot be replaced: --undo says which, then adopt again.`,
        );
      }
      files.push(entry);
    } else if (after !== null && after !== original) {
      const replaced = before === null || before === after ? null : hashed(before);
      files.push({ path, original, written: hashed(after), replaced });
    }
  }
  return { plan, edits, files };
}

/** Does it. Broken off anywhere, it can be done again or undone: what is needed for that is written first. */
export function applyAdoption(folder: ProjectFolder, { edits, copies, stale, record }: Adoption): void {
  folder.record(record);
  for (const [path, content] of copies) folder.write(path, content);
  for (const path of stale) folder.write(path, null);
  for (const { path, after } of edits) folder.write(path, after);
  folder.record({ ...record, files: record.files.map((file) => ({ ...file, replaced: null })) });
}
