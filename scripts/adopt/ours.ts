import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exportedNames } from "./function-names.ts";
import type { Rewrite } from "./merge-hosting.ts";
import type { Indexes } from "./merge-indexes.ts";
import type { Ours } from "./plan.ts";

/** What a checkout of Perennial brings into a project, as its own firebase.json, rules and indexes have it. */
export function oursFrom(root: string): Ours {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const { hosting, emulators } = JSON.parse(read("firebase.json")) as {
    hosting: { rewrites: Rewrite[] };
    emulators: Record<string, { port?: number } | boolean>;
  };
  const ports = Object.entries(emulators).flatMap(([name, entry]) =>
    typeof entry === "object" && entry.port !== undefined ? [[name, entry.port] as const] : [],
  );
  const index = ["functions/lib/index.js", "functions/src/index.ts"].find((path) => existsSync(join(root, path)));
  return {
    rules: read("firestore.rules"),
    indexes: JSON.parse(read("firestore.indexes.json")) as Indexes,
    // The example site has one of its own.
    rewrites: hosting.rewrites.filter((rewrite) => "function" in rewrite),
    ports: Object.fromEntries(ports),
    functions: index === undefined ? [] : exportedNames(read(index)),
  };
}
