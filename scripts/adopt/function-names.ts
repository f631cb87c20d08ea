import { withoutComments } from "./rules-text.ts";

/** Where the functions of a folder are exported. The first that exists is read. */
export const ENTRY_FILES = ["src/index.ts", "src/index.js", "index.ts", "index.js", "index.mjs", "lib/index.js"];

/**
 * Names that a module exports, as far as a glance tells: `export const a`, `exports.a =`, `export { a, b as c }`. It does not
 * follow `export *`.
 */
export function exportedNames(source: string): string[] {
  const text = withoutComments(source);
  const single = [
    /\bexport\s+(?:async\s+)?(?:const|let|var|function\*?|class)\s+(\w+)/g,
    /\b(?:module\.)?exports\.(\w+)\s*=(?!=)/g,
  ].flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = ""]) => name));
  const lists = [/\bexport\s*\{([^}]*)\}/g, /\bmodule\.exports\s*=\s*\{([^}]*)\}/g].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([, list = ""]) => list.split(",").map(nameInList)),
  );
  return [...new Set([...single, ...lists])].filter((name) => /^\w+$/.test(name));
}

/** `b` of `a as b`, `a` of `a`, of `a: b` and of `a`. */
function nameInList(item: string): string {
  const [before = "", after] = item.trim().split(/\s+as\s+/);
  return after ?? before.split(":")[0]?.trim() ?? "";
}
