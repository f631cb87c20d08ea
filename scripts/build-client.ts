// Builds client/dist (an ES module with its types, and the script-tag file) and puts the script beside the example site.
import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";
import { CLIENT, MODULE, SCRIPT } from "./client/build-options.ts";

for (const options of [MODULE, SCRIPT]) await build({ ...options, write: true });
await copyFile(resolve(CLIENT, "dist/perennial.js"), resolve(CLIENT, "example/perennial.js"));
