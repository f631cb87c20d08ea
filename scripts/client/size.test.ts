import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { MODULE, SCRIPT } from "./build-options.ts";

/** Bytes that a page may have to load for it. */
const LIMIT = 6 * 1024;

it.each([
  { name: "the ES module", options: MODULE },
  { name: "the script-tag file", options: SCRIPT },
])("$name is under 6 KB gzipped", async ({ options }) => {
  const { outputFiles } = await build({ ...options, write: false });
  const bytes = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(LIMIT);
});
