import type { Allow, RulesBlock } from "./rules-text.ts";

/** A match of a rules file with its whole path. */
interface FlatMatch {
  path: readonly string[];
  line: number;
  allows: readonly Allow[];
}

/** A rule that reaches documents or objects of ours. */
export interface Opening {
  /** As it is written: `/{document=**}`. */
  path: string;
  line: number;
  /** The path of ours that it reaches. */
  reaches: string;
  /** Whether it names a collection of ours, as if it were its own. */
  byName: boolean;
  /** Whether it may allow something. */
  allows: boolean;
}

/** Every match of a service, each with the path from the service on. */
export function flatMatches(file: RulesBlock, service: string): FlatMatch[] {
  const inside = (block: RulesBlock, before: readonly string[]): FlatMatch[] =>
    block.blocks.flatMap((child) => {
      const path = [...before, ...child.path];
      return [{ path, line: child.line, allows: child.allows }, ...inside(child, path)];
    });
  return file.blocks.filter((block) => block.service === service).flatMap((block) => inside(block, []));
}

/** Paths of documents that a Firestore rules file speaks of, below `documents`: one sample of each match. */
export function samplePaths(file: RulesBlock): string[] {
  return flatMatches(file, "cloud.firestore")
    .filter(({ allows }) => allows.length > 0)
    .map(({ path }) => path.slice(3).map((segment) => (segment.startsWith("{") ? "x" : segment)))
    .map((path) => path.join("/"));
}

/**
 * Rules that may allow what ours deny: all rules that match a path are asked, and one that allows is enough. What a condition
 * says is not looked into, except that `if false` allows nothing.
 * @param ours paths from the service on
 */
export function openings(matches: readonly FlatMatch[], ours: readonly string[]): Opening[] {
  return matches.flatMap(({ path, line, allows }) => {
    const reaches = ours.find((sample) => isMatched(path, sample.split("/")));
    if (reaches === undefined) return [];
    const last = path.findLastIndex((segment) => !segment.startsWith("{"));
    // Behind databases/{database}/documents the first segment is the collection.
    const byName = last >= 3;
    const allowing = allows.find(({ condition }) => !isNever(condition));
    if (allowing === undefined && !byName) return [];
    const allowed = { line: allowing?.line ?? line, allows: allowing !== undefined };
    return [{ path: `/${path.join("/")}`, reaches, byName, ...allowed }];
  });
}

/** Collections of theirs, at any depth, that have the id of one whose fields ours exempt from indexes. */
export function sharedGroups(
  matches: readonly FlatMatch[],
  groups: readonly string[],
): { group: string; line: number }[] {
  return matches.flatMap(({ path, line }) => {
    const group = path.slice(3).find((segment) => groups.includes(segment));
    return group === undefined ? [] : [{ group, line }];
  });
}

function isNever(condition: string): boolean {
  return condition.replaceAll(/[\s()]/g, "") === "false";
}

/** Whether a match's path, with wildcards, is that of a document. */
function isMatched(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (/^\{.*=\s*\*\*\s*\}$/.test(first)) {
    return Array.from({ length: path.length + 1 }, (_, taken) => path.slice(taken)).some((left) =>
      isMatched(rest, left),
    );
  }
  return path.length > 0 && (first.startsWith("{") || first === path[0]) && isMatched(rest, path.slice(1));
}
