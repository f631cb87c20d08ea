import { resolve } from "node:path";
import type { BuildOptions } from "esbuild";
import { ROOT } from "../stack/project.ts";

/** The folder of the browser library. */
export const CLIENT = resolve(ROOT, "client");

// Browsers of the last three years: Chrome 111, Firefox 114, Safari 16.4 and newer have all that is used.
const COMMON = { bundle: true, minify: true, target: "es2022", legalComments: "none" } as const;

/** The ES module, for bundlers. */
export const MODULE = {
  ...COMMON,
  entryPoints: [resolve(CLIENT, "src/index.ts")],
  format: "esm",
  outfile: resolve(CLIENT, "dist/index.js"),
} satisfies BuildOptions;

/** The script-tag file. */
export const SCRIPT = {
  ...COMMON,
  entryPoints: [resolve(CLIENT, "src/script.ts")],
  format: "iife",
  outfile: resolve(CLIENT, "dist/perennial.js"),
} satisfies BuildOptions;
