import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findChromium } from "../../scripts/stack/find-chromium.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/**
 * A Chromium, by default as its users have it: with its back/forward cache, which Playwright would switch off. With it every page
 * has a process of its own, whose start would be measured.
 */
export async function launch({ backForwardCache = true } = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("no Chrome or Chromium was found: install one, or set CHROME_PATH");
  const ignoreDefaultArgs = backForwardCache ? ["--disable-back-forward-cache"] : [];
  return chromium.launch({ executablePath, args: FLAGS, ignoreDefaultArgs });
}

/** A visitor's browser with nothing stored, and its first page. */
export async function visitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  return context.newPage();
}
