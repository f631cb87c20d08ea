import { RefusedError } from "../cli/command-line.ts";
import { parseRules, type RulesBlock } from "./rules-text.ts";
import { newlineOf } from "./text.ts";

const BEGIN = "// perennial: begin. Written by `npm run adopt`, which replaces it.";
const END = "// perennial: end";
const MERGED = /^[^\S\n]*\/\/ perennial: begin[\s\S]*?^[^\S\n]*\/\/ perennial: end[^\S\n]*(?:\n|$)/m;

/** A rules file with blanks for what `mergeRules` has put into it: theirs alone, each line where it is. */
export function theirRules(text: string): string {
  return text.replace(MERGED, (block) => block.replaceAll(/[^\n]/g, " "));
}

/** What a project without any rules begins with. */
export const EMPTY_RULES = `rules_version = "2";

service cloud.firestore {
  match /databases/{database}/documents {
  }
}
`;

/**
 * Their Firestore rules with our match blocks in them, between comments, at the end of their documents' block, or where an
 * earlier adoption has put them. Our helper functions get names that none of theirs has.
 * @param ours our rules file
 * @throws {RefusedError} theirs have no block for the documents
 */
export function mergeRules(file: string, text: string, ours: string): string {
  const theirs = parseRules(file, theirRules(text));
  const documents = documentsOf(theirs);
  if (documents === undefined) {
    throw new RefusedError(`${file} has no "match /databases/{database}/documents" in a "service cloud.firestore".`);
  }
  const now = text.match(MERGED);
  const [, unit = "  "] = /^service[^\n]*\n([^\S\n]+)match/m.exec(text) ?? [];
  const named = renamed(bodyOf(ours), { taken: functionsOf(theirs), database: documents.path[1] ?? "" });
  const block = indented([BEGIN, ...named, END], unit)
    .map((line) => line + newlineOf(text))
    .join("");
  if (now !== null) return text.replace(MERGED, () => block);
  // Before the line of the closing brace, or before the brace where it has no line of its own.
  const end = documents.bodyEnd;
  const line = text.lastIndexOf("\n", end - 1) + 1;
  if (text.slice(line, end).trim() === "") return text.slice(0, line) + gap(text, line) + block + text.slice(line);
  return text.slice(0, end) + newlineOf(text) + block + unit + text.slice(end);
}

/** An empty line after what stands before, unless a block begins there. */
function gap(text: string, at: number): string {
  const before = text.slice(0, at).trimEnd();
  return before.endsWith("{") || /\n\s*\n$/.test(text.slice(0, at)) ? "" : newlineOf(text);
}

function documentsOf(file: RulesBlock): RulesBlock | undefined {
  return file.blocks
    .filter(({ service }) => service === "cloud.firestore")
    .flatMap(({ blocks }) => blocks)
    .find(({ path }) => path.length === 3 && path[0] === "databases" && path[2] === "documents");
}

function functionsOf(block: RulesBlock): string[] {
  return [...block.functions, ...block.blocks.flatMap(functionsOf)];
}

/** Lines of what our rules say of documents, without their common indentation. */
function bodyOf(ours: string): string[] {
  const documents = documentsOf(parseRules("firestore.rules", ours));
  if (documents === undefined) throw new Error("firestore.rules of Perennial has no block for documents");
  const lines = ours.slice(documents.bodyStart, documents.bodyEnd).trimEnd().split("\n").slice(1);
  return lines.map((line) => line.replace(/^ {4}/, ""));
}

function renamed(lines: readonly string[], into: { taken: readonly string[]; database: string }): string[] {
  const [, database] = /^\{(\w+)\}$/.exec(into.database) ?? [];
  let text = lines
    .join("\n")
    .replaceAll("$(database)", () => (database === undefined ? into.database : `$(${database})`));
  for (const [, name = ""] of text.matchAll(/\bfunction (\w+)/g)) {
    let own = `perennial${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    while (into.taken.includes(own)) own += "_";
    text = text.replaceAll(new RegExp(`\\b${name}\\(`, "g"), `${own}(`);
  }
  return text.split("\n");
}

/** Lines with two levels before them, and with their unit instead of our two blanks. */
function indented(lines: readonly string[], unit: string): string[] {
  return lines.map((line) => {
    const [blanks = ""] = /^ */.exec(line) ?? [];
    return line === "" ? "" : unit.repeat(2 + blanks.length / 2) + line.slice(blanks.length);
  });
}
