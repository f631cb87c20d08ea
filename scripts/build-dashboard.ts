// Builds dashboard/dist, a folder of static files, and puts a copy beside the example site, at /dashboard/.
import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";
import { CLIENT } from "./client/build-options.ts";
import { DASHBOARD, PAGE, STATIC } from "./dashboard/build-options.ts";

const dist = resolve(DASHBOARD, "dist");
const beside = resolve(CLIENT, "example/dashboard");
for (const folder of [dist, beside]) await rm(folder, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({ ...PAGE, write: true });
for (const name of STATIC) await copyFile(resolve(DASHBOARD, name), resolve(dist, name));
await cp(dist, beside, { recursive: true });
