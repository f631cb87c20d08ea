import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { JSONPath } from "jsonc-parser";
import { isRecord } from "../../functions/src/collect/stored-fields.ts";
import { RefusedError } from "../cli/command-line.ts";
import type { JsonFile } from "./json-file.ts";

/** A rewrite of Hosting to a function. */
export interface Rewrite {
  source: string;
  function: { functionId: string; region: string };
}

/**
 * Puts our rewrites before theirs, of which the first that matches wins. Returns what people should know.
 * @param site by its site or target; needed where there are several
 * @throws {RefusedError} it is not clear which site, or something of theirs answers these paths
 */
export function mergeHosting(config: JsonFile, ours: readonly Rewrite[], site: string | null): string[] {
  const path = sitePath(config, site);
  if (path === null) {
    return [
      `${config.name} has no hosting: pages reach the functions predict and ingest by their own URLs (https://us-central1-<project>.cloudfunctions.net/predict), which answer pages of every origin.`,
    ];
  }
  const notes: string[] = [];
  const redirects = listOf(config, [...path, "redirects"]);
  const rewrites = listOf(config, [...path, "rewrites"]);
  const missing = ours.filter((one) => !rewrites.some((other) => isDeepStrictEqual(one, other)));
  for (const { source, function: own } of missing) {
    refuseMatching(config, [...path, "redirects"], redirects, (rule) => matches(rule, source), source);
    refuseMatching(config, [...path, "rewrites"], rewrites, (rule) => isExactly(rule, source), source);
    const wider = rewrites.findIndex((rule) => !("destination" in rule) && matches(rule, source));
    if (wider !== -1) {
      const line = config.lineOf([...path, "rewrites", wider]);
      notes.push(
        `${config.name}, line ${line}: ${source} was answered by this rewrite; from now on it is by ${own.functionId}.`,
      );
    }
  }
  if (["", ".", "/"].includes(String(config.get([...path, "public"])).replace(/^\.\//, ""))) {
    notes.push(
      `${config.name}, line ${config.lineOf([...path, "public"])}: this publishes the whole project, with perennial/ in it: add "perennial/**" to the site's "ignore".`,
    );
  }
  if (config.get([...path, "rewrites"]) === undefined) config.set([...path, "rewrites"], ours);
  else for (const one of missing.toReversed()) config.insert([...path, "rewrites"], "first", one);
  return notes;
}

function sitePath(config: JsonFile, site: string | null): JSONPath | null {
  const hosting = config.get(["hosting"]);
  if (hosting === undefined) return null;
  const entries: unknown[] = Array.isArray(hosting) ? hosting : [hosting];
  if (!entries.every(isRecord)) {
    throw new RefusedError(`${config.name}: "hosting" must be an object or an array of objects.`);
  }
  const names = entries.map((entry) => entry["target"] ?? entry["site"]).filter((name) => typeof name === "string");
  const at = (index: number): JSONPath => (Array.isArray(hosting) ? ["hosting", index] : ["hosting"]);
  if (site === null && entries.length === 1) return at(0);
  const index = entries.findIndex((entry) => site !== null && (entry["target"] === site || entry["site"] === site));
  if (index !== -1) return at(index);
  const choice = names.length === 0 ? "leave --site out" : `choose one with --site ${names.join(" | ")}`;
  throw new RefusedError(
    site === null
      ? `${config.name} has several hosting sites: ${choice}.`
      : `${config.name} has no hosting site "${site}": ${choice}.`,
  );
}

function listOf(config: JsonFile, path: JSONPath): Record<string, unknown>[] {
  const list = config.get(path);
  if (list === undefined) return [];
  if (Array.isArray(list) && list.every(isRecord)) return list;
  throw new RefusedError(`${config.name}, line ${config.lineOf(path)}: this must be an array of objects.`);
}

function refuseMatching(
  config: JsonFile,
  path: JSONPath,
  rules: readonly Record<string, unknown>[],
  isMatch: (rule: Record<string, unknown>) => boolean,
  source: string,
): void {
  const index = rules.findIndex(isMatch);
  if (index === -1) return;
  throw new RefusedError(
    `${config.name}, line ${config.lineOf([...path, index])}: ${source} is answered by this already, and Perennial needs it.`,
  );
}

function patternOf(rule: Record<string, unknown>): string {
  const pattern = rule["source"] ?? rule["glob"];
  return typeof pattern === "string" ? `/${pattern.replace(/^\//, "")}` : "";
}

function isExactly(rule: Record<string, unknown>, path: string): boolean {
  return patternOf(rule) === path;
}

/** Whether a rewrite or redirect takes this path: globs, segments with a name (`:rest*`) and regular expressions. */
function matches(rule: Record<string, unknown>, path: string): boolean {
  if (typeof rule["regex"] === "string") {
    try {
      return new RegExp(rule["regex"]).test(path);
    } catch {
      // RE2 knows a few things that JavaScript does not; such a pattern is not looked into.
      return false;
    }
  }
  const glob = patternOf(rule)
    .replaceAll(/:\w+\*/g, "**")
    .replaceAll(/:\w+/g, "*");
  return glob !== "" && posix.matchesGlob(path, glob);
}
