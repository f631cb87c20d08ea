import { resolve } from "node:path";
import type { BuildOptions } from "esbuild";
import { Lifecycle } from "../../functions/src/config.ts";
import { ROOT } from "../stack/project.ts";

/** The folder of the dashboard. */
export const DASHBOARD = resolve(ROOT, "dashboard");

/** What is copied as it stands. */
export const STATIC = ["index.html", "style.css", "icon.svg"] as const;

/** The page's one script, with Firebase's SDK in it. */
export const PAGE = {
  bundle: true,
  minify: true,
  // What has light-dark() has all that is used: Chrome 123, Firefox 120, Safari 17.5 and newer.
  target: "es2023",
  legalComments: "eof",
  entryPoints: [resolve(DASHBOARD, "src/main.ts")],
  format: "esm",
  outfile: resolve(DASHBOARD, "dist/main.js"),
  // The policy's default, so that the page holds no second one; its schema is no code for a browser.
  define: { DEAD_MAN_MINUTES: String(Lifecycle.parse({}).monitoring.dead_man_minutes) },
} satisfies BuildOptions;
