import { existsSync, globSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];
const PLAYWRIGHT = [
  ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
  "Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
];

/** A Chrome or Chromium of this machine: CHROME_PATH, on PATH, in its usual place, or Playwright's; null if there is none. */
export function findChromium(): string | null {
  const { CHROME_PATH: named, PATH = "" } = process.env;
  if (named !== undefined) return named;
  const onPath = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = [...onPath, ...PLACES].find((file) => existsSync(file));
  return found ?? PLAYWRIGHT.flatMap((pattern) => globSync(join(homedir(), pattern))).at(-1) ?? null;
}
