import { posix } from "node:path";

/** Every folder, in the order of the journey: each may import those before it. The first four are no contexts. */
export const FOLDERS = [
  ["stats", "design", "model", "shared"],
  ["registry", "serve", "collect", "validate", "evaluate", "train", "deploy", "experiment", "monitor", "govern"],
].flat();

/** The folder that writes each collection, by its first path segment. */
const WRITERS: Record<string, string> = {
  interaction_logs: "collect",
  quarantined_logs: "collect",
  ingest_windows: "collect",
  pipeline: "collect",
  windows: "collect",
  traffic: "collect",
  log_inbox: "collect",
  serving_windows: "serve",
  routing: "serve",
  evaluations: "evaluate",
  retraining_jobs: "train",
  reviews: "train",
  model_versions: "registry",
  change_log: "serve",
  deployments: "deploy",
  experiments: "experiment",
  history: "monitor",
  health: "monitor",
  heartbeats: "shared",
  alerts: "shared",
  alert_deliveries: "shared",
  audit: "shared",
  config: "govern",
  roles: "govern",
  erasures: "govern",
};
const EDGE = /^(index|config)\.ts$|^shared\/|\/(functions|store|[a-z-]+-store)\.ts$/;
const STORE = /^shared\/|\/(store|[a-z-]+-store)\.ts$/;
const EDGE_PACKAGES = /^(firebase-admin|firebase-functions|@google-cloud)(\/|$)/;
const EDGE_WORDS =
  /\bprocess\.env\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\b(randomUUID|randomBytes|randomInt|getRandomValues)\b/g;
/** Loaded only when it is used: a cold start of `predict` must not pay for training. */
export const LAZY = /^train\/(module|wasm)\.ts$/;
/** The same of packages that are slow to load: whoever needs them asks `stats/distributions.ts`. */
const LAZY_PACKAGES = /^@stdlib\//;

/** Source text by path under functions/src. */
export type Sources = Record<string, string>;

interface Import {
  specifier: string;
  /** Path under functions/src, for a relative one. */
  target: string | undefined;
  /** Named bindings, `* as x` and all. */
  names: string;
  kind: "type" | "value" | "lazy";
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function importsOf(path: string, source: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, names: string, kind: Import["kind"]): void => {
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
    found.push({ specifier, target, names, kind });
  };
  const code = withoutComments(source);
  for (const [, keyword = "", names = "", specifier = ""] of code.matchAll(
    /^\s*(import type|export type|import|export)\s+([^;"']*?)\s*from\s*["']([^"']+)["']/gm,
  )) {
    add(specifier, names, keyword.endsWith("type") ? "type" : "value");
  }
  for (const [, specifier = ""] of code.matchAll(/^\s*import\s*["']([^"']+)["']/gm)) add(specifier, "", "value");
  for (const [, specifier = ""] of code.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) add(specifier, "", "lazy");
  return found;
}

/** First folder of a path under functions/src; empty for a file beside the folders. */
export function folderOf(path: string): string {
  return path.includes("/") ? (path.split("/")[0] ?? "") : "";
}

/**
 * Rule 1: imports go back along the journey, never forward, except to documents' schemas. Statistics know nothing of ours, and
 * no import loads their distributions at once.
 */
export function importFaults(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, source]) =>
    importsOf(path, source).flatMap(({ target, names, specifier, kind }) => {
      const fault = (why: string): string[] => [`${path} imports ${specifier}: ${why}`];
      if (target === undefined) {
        return kind === "value" && LAZY_PACKAGES.test(specifier) ? fault("loaded only when it is used") : [];
      }
      if (sources[target] === undefined) return fault("no file under functions/src");
      if (target === "index.ts") return fault("nobody imports the index");
      if (path === "index.ts")
        return target.endsWith("/functions.ts") ? [] : fault("the index exports functions, nothing else");
      if (target.endsWith("/functions.ts")) return fault("triggers are imported by the index alone");
      if (target === "config.ts") {
        return EDGE.test(path) || !/\b[A-Z][A-Z_]+\b/.test(names) ? [] : fault("params are read at the edges");
      }
      if (path === "config.ts") return fault("config comes before everything");
      if (folderOf(path) === "stats" && folderOf(target) !== "stats") return fault("statistics know nothing of ours");
      if (target.endsWith("/schema.ts")) return [];
      const [from, to] = [FOLDERS.indexOf(folderOf(path)), FOLDERS.indexOf(folderOf(target))];
      if (from < 0 || to < 0) return fault("unknown folder");
      return to <= from ? [] : fault("a later context");
    }),
  );
}

/** Rule 2: Firebase, environment, randomness and the clock only at the edges. Types of Firebase may pass through. */
export function edgeFaults(sources: Sources): string[] {
  return Object.entries(sources)
    .filter(([path]) => !EDGE.test(path))
    .flatMap(([path, source]) => [
      ...importsOf(path, source)
        .filter(({ specifier, kind }) => EDGE_PACKAGES.test(specifier) && kind !== "type")
        .map(({ specifier }) => `${path} imports ${specifier}`),
      ...[...withoutComments(source).matchAll(EDGE_WORDS)].map(([word]) => `${path} uses ${word}`),
    ]);
}

/**
 * Rule 3, as far as text can tell: a collection is named by the stores of the context that writes it. Stores of earlier
 * contexts, which cannot import those, may name it in a statement that reads it there and then.
 */
export function collectionFaults(sources: Sources): string[] {
  const constants = new Map(
    Object.values(sources).flatMap((source) =>
      [...source.matchAll(/\bconst ([A-Z][A-Z_]*) = "([^"]*)"/g)].map(([, name, value]) => [name, value] as const),
    ),
  );
  const resolve = (argument: string): string | undefined => {
    const text = /^["'`](.*)["'`]$/s.exec(argument)?.[1] ?? constants.get(argument);
    return text?.replace(/\$\{([A-Z_]+)\}/g, (all, name: string) => constants.get(name) ?? all);
  };
  return Object.entries(sources).flatMap(([path, source]) =>
    withoutComments(source)
      .split(";")
      .flatMap((statement) =>
        [...statement.matchAll(/\.(collection|collectionGroup|doc)\(\s*([^()]*?)\s*\)/g)].flatMap(
          ([call, method, argument = ""]) => {
            const name = resolve(argument);
            // `.doc(id)` continues a collection that is named elsewhere.
            if (method === "doc" && name?.includes("/") !== true) return [];
            const writer = WRITERS[name?.split("/")[0] ?? ""];
            if (writer === undefined) return [`${path}: ${call} names no known collection`];
            const [from, to] = [FOLDERS.indexOf(folderOf(path)), FOLDERS.indexOf(writer)];
            const reads = /\.get\(/.test(statement) && !/\.(set|create|update|delete|add)\(/.test(statement);
            if (STORE.test(path) && (from === to || (from < to && reads))) return [];
            return [`${path}: ${call} is for the stores of ${writer}`];
          },
        ),
      ),
  );
}

/** Files that are loaded as soon as the index is, over all imports that are neither types nor lazy. */
export function loadedAtOnce(sources: Sources): string[] {
  const reached = new Set<string>();
  const open = ["index.ts"];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { target, kind } of importsOf(path, sources[path] ?? "")) {
      if (target !== undefined && kind === "value") open.push(target);
    }
  }
  return [...reached];
}
