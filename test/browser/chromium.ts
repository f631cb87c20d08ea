import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
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

declare const axe: { run: () => Promise<AxeResults> };

/** axe for a page, put in before its own scripts: a page's policy may let in no other. */
export const AXE = { content: readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8") };

/** What axe objects to in a page that was opened with AXE, in words. */
export async function faults(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() => axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

/** CSS pixels by which a page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The sum of all layout shifts of a page so far, as Core Web Vitals have it. */
export function layoutShift(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) =>
          resolve(list.getEntries().reduce((sum, entry) => sum + (entry as unknown as { value: number }).value, 0)),
        ).observe({ type: "layout-shift", buffered: true });
        // Without any there is no entry to hear of.
        setTimeout(() => resolve(0), 500);
      }),
  );
}
