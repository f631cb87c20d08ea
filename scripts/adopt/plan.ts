import { RefusedError } from "../cli/command-line.ts";
import { ENTRY_FILES, exportedNames } from "./function-names.ts";
import { JsonFile } from "./json-file.ts";
import { mergeEmulators } from "./merge-emulators.ts";
import { addDatabase, DEFAULT_DATABASE, defaultDatabaseFiles, type NamedFile, rulesFiles } from "./merge-firestore.ts";
import { functionsFolders, mergeFunctions } from "./merge-functions.ts";
import { mergeHosting, type Rewrite } from "./merge-hosting.ts";
import { EMPTY_INDEXES, type Indexes, mergeIndexes } from "./merge-indexes.ts";
import { EMPTY_RULES, mergeRules, theirRules } from "./merge-rules.ts";
import { flatMatches, openings, samplePaths, sharedGroups } from "./open-rules.ts";
import { parseRules } from "./rules-text.ts";

/** What Perennial brings along. */
export interface Ours {
  rules: string;
  indexes: Indexes;
  rewrites: readonly Rewrite[];
  /** Ports of the emulators, which are those that Firebase has by default. */
  ports: Readonly<Record<string, number>>;
  functions: readonly string[];
}

/** What was asked for. */
export interface Wants {
  /** Id of a Firestore database of its own; null shares the default one. */
  database: string | null;
  /** Hosting site or target; null where there is one. */
  site: string | null;
}

/** What an adoption makes of a project's own files. */
export interface Plan {
  /** Texts by path: those that change, and those that stay as they are. */
  merged: ReadonlyMap<string, string>;
  /** Whether the project has no storage rules and takes ours. */
  storageRules: boolean;
  /** What people should know. */
  notes: readonly string[];
}

/** Text of a file of the project, or null if there is none. */
export type Read = (path: string) => string | null;

/** What our objects lie under in the default bucket. */
const OUR_OBJECTS = ["b/x/o/model_versions/x/bundle.json", "b/x/o/retraining_jobs/x/x"];

/**
 * What merging Perennial into a project changes in its files.
 * @throws {RefusedError} in one sentence: what of theirs is in the way, and what to do
 */
export function planAdoption(read: Read, ours: Ours, wants: Wants): Plan {
  const text = read("firebase.json");
  if (text === null) throw new RefusedError("The folder has no firebase.json: name that of a Firebase project.");
  const config = new JsonFile("firebase.json", text);
  const merged = new Map<string, string>();
  const notes = nameClashes(read, functionsFolders(config), ours.functions);
  mergeFunctions(config);
  notes.push(...mergeHosting(config, ours.rewrites, wants.site), ...ignoredByGit(read));
  if (wants.database === null) notes.push(...shareDatabase(config, { read, ours, merged }));
  else {
    addDatabase(config, wants.database);
    if (config.get(["emulators"]) !== undefined) {
      notes.push(
        'With several databases the Firestore emulator loads no rules; with --only "functions,firestore:(default),…" it loads yours.',
      );
    }
  }
  const storage = rulesFiles(config, "storage");
  // An earlier adoption's are no rules of theirs.
  const storageRules = storage.every((path) => path === STORAGE_RULES);
  if (storage.length === 0) {
    if (config.get(["storage"]) === undefined) config.set(["storage"], { rules: STORAGE_RULES });
    else config.set(["storage", "rules"], STORAGE_RULES);
    notes.push(
      "firebase.json names no storage rules, so ours are added, which deny every client: if the Firebase console has others, name them there before you deploy storage.",
    );
  } else if (!storageRules) notes.push(...storage.flatMap((path) => openStorage(path, named(read, path))));
  mergeEmulators(config, ours.ports);
  merged.set("firebase.json", config.text);
  return { merged, storageRules, notes };
}

const STORAGE_RULES = "perennial/storage.rules";

interface Shared {
  read: Read;
  ours: Ours;
  merged: Map<string, string>;
}

/** Puts our rules and indexes into those of the default database. */
function shareDatabase(config: JsonFile, { read, ours, merged }: Shared): string[] {
  const files = defaultDatabaseFiles(config);
  const rules = startOf(read, files.rules, EMPTY_RULES);
  refuseOpen(files.rules.path, rules, ours);
  merged.set(files.rules.path, mergeRules(files.rules.path, rules, ours.rules));
  const indexes = startOf(read, files.indexes, EMPTY_INDEXES);
  merged.set(files.indexes.path, mergeIndexes(files.indexes.path, indexes, ours.indexes));
  if (!files.rules.isNew) return [];
  return [
    "firebase.json names no Firestore rules, so a file is added that allows nobody anything but ours: if the Firebase console has others, put them there before you deploy.",
  ];
}

function startOf(read: Read, { path, isNew }: NamedFile, empty: string): string {
  if (!isNew) return named(read, path);
  if (read(path) === null) return empty;
  throw new RefusedError(
    `${path} is there, but firebase.json does not name it: name it under "firestore", or remove it.`,
  );
}

function named(read: Read, path: string): string {
  const text = read(path);
  if (text === null) throw new RefusedError(`firebase.json names ${path}, which does not exist.`);
  return text;
}

const WAY_OUT = "adopt with --database perennial, which gives Perennial a database of its own";

function refuseOpen(path: string, text: string, ours: Ours): void {
  const own = parseRules("firestore.rules", ours.rules);
  const groups = ours.indexes.fieldOverrides.map(({ collectionGroup }) => collectionGroup);
  const documents = [...samplePaths(own), ...groups.map((group) => `${group}/x`)];
  const theirs = flatMatches(parseRules(path, theirRules(text)), "cloud.firestore");
  const [opening] = openings(
    theirs,
    documents.map((document) => `databases/${DEFAULT_DATABASE}/documents/${document}`),
  );
  if (opening !== undefined) {
    const { line, byName } = opening;
    const reached = opening.reaches.split("/").slice(3).join("/");
    throw new RefusedError(
      byName
        ? `${path}, line ${line}: ${opening.path} is a collection of yours, and one of Perennial's, too: ${WAY_OUT}.`
        : `${path}, line ${line}: ${opening.path} matches Perennial's documents, too (${reached}), and what one rule allows no other can deny: ${WAY_OUT}.`,
    );
  }
  const [shared] = sharedGroups(theirs, groups);
  if (shared === undefined) return;
  throw new RefusedError(
    `${path}, line ${shared.line}: you have a collection ${shared.group}, and Perennial turns the indexes off for its own of that name: ${WAY_OUT}.`,
  );
}

function openStorage(path: string, text: string): string[] {
  return openings(flatMatches(parseRules(path, text), "firebase.storage"), OUR_OBJECTS)
    .filter(({ allows }) => allows)
    .map(
      ({ line, path: pattern }) =>
        `${path}, line ${line}: ${pattern} reaches model_versions/ and retraining_jobs/, too, where Perennial keeps its models: whoever is allowed here can touch them; name your own folders instead.`,
    );
}

/** What is compiled is often kept out of git; a deploy from a checkout would lack ours then. */
function ignoredByGit(read: Read): string[] {
  const lines = (read(".gitignore") ?? "").split(/\r?\n/).map((line) => line.trim());
  const ignored = lines.filter((line) => /^(?:\*\*\/)?(?:lib|dist)\/?$/.test(line));
  return ignored.map(
    (line) =>
      `.gitignore: ${line} keeps what Perennial deploys out of git, too: add "!perennial/**/${line.replaceAll(/[*/]/g, "")}/" below it if you deploy from a checkout.`,
  );
}

function nameClashes(read: Read, folders: readonly string[], ours: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const file = ENTRY_FILES.map((name) => `${folder}/${name}`).find((path) => read(path) !== null);
    if (file === undefined) return [];
    const both = exportedNames(read(file) ?? "").filter((name) => ours.includes(name));
    return both.map(
      (name) =>
        `${file} exports ${name}, as Perennial does, and Firebase deploys no two functions of one name: rename yours.`,
    );
  });
}
