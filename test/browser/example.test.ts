import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Perennial } from "../../client/src/index.ts";
import { database } from "../../functions/src/shared/firestore.ts";
import { AXE, faults, launch, layoutShift, overflow, visitor } from "./chromium.ts";

declare const perennial: Perennial;

const url = process.env["PERENNIAL_HOSTING_URL"] ?? "";
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(() => browser.close());

/** A page of the example site, with axe beside it. */
async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await visitor(browser, options);
  await page.addInitScript(AXE);
  await page.goto(url + path);
  return page;
}

const WIDTHS = { phone: 360, tablet: 820, desktop: 1440 } as const;

describe("the example site", () => {
  it.each(
    (["light", "dark"] as const).flatMap((theme) =>
      Object.entries(WIDTHS).map(([device, width]) => ({ theme, device, width })),
    ),
  )("has nothing for axe to find on a $device, $theme, and fits it", async ({ theme, width }) => {
    const page = await open("/", { viewport: { width, height: 900 }, colorScheme: theme, locale: "es-ES" });
    expect(await faults(page)).toEqual([]);
    await page.locator("[data-consent=yes]").click();
    await page.waitForFunction(() => perennial.state().prediction !== null);
    await page.locator("#settings-open").click();
    for (const density of ["low", "high"] as const) {
      await page.evaluate((chosen) => perennial.setPreference({ density: chosen, font: "mono" }), density);
      await page.evaluate((chosen) => perennial.setPreference({ theme: chosen }), theme);
      expect(await overflow(page)).toBe(0);
    }
    expect(await faults(page)).toEqual([]);
    await page.locator("#panel summary").click();
    await page.locator("#panel dl").first().waitFor();
    expect(await faults(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.goto(`${url}/getting-here.html`);
    expect(await faults(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });

  it.each([
    { locale: "fr-FR", title: "Un refuge au-dessus des derniers mélèzes" },
    { locale: "es-MX", title: "Un refugio por encima de los últimos alerces" },
    { locale: "de-DE", title: "A hut above the last larches" },
  ])("greets $locale with: $title", async ({ locale, title }) => {
    const page = await open("/", { locale });
    expect(await page.locator("h1").first().textContent()).toBe(title);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(
      title.startsWith("A ") ? "en" : locale.slice(0, 2),
    );
  });

  it("adapts, shows in its panel what is asked and told, and tells it when it is left", async () => {
    const page = await open("/");
    const faultsSeen: string[] = [];
    page.on("pageerror", (error) => faultsSeen.push(error.message));
    await page.locator("#panel summary").click();
    await page.locator("#panel-body", { hasText: "Nothing is asked" }).waitFor();
    await page.locator("[data-consent=yes]").click();
    await page.waitForFunction(() => perennial.state().prediction !== null);
    const id = await page.evaluate(() => perennial.state().prediction?.prediction_id ?? "");
    await page.locator("#panel-body", { hasText: id }).waitFor();
    await page.locator("#panel summary").click();
    await page.locator("[data-story='1']").click();
    expect(await page.locator("#story h1").textContent()).toBe("Tuesday's mule");
    expect(new URL(page.url()).pathname).toBe("/stories/2");
    await page.goBack();
    await page.locator("#home h1").waitFor();
    await page.locator("#settings-open").click();
    await page.locator("[data-choice=theme]").selectOption("dark");
    await page.locator("[data-mark='5']").click();
    expect(await page.evaluate(() => document.documentElement.className)).toContain("tema-oscuro");
    await page.goto(`${url}/stories/3`);
    expect(await page.locator("#story h1").textContent()).toBe("How to read the morning");
    expect(await page.evaluate(() => document.documentElement.className)).toContain("tema-oscuro");
    const log = await vi.waitFor(
      async () => {
        const stored = (await database().doc(`interaction_logs/${id}`).get()).data();
        expect(stored).toBeDefined();
        return stored;
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(log).toMatchObject({
      user_satisfaction: 5,
      bounce_rate: 0,
      ui_preference_feedback: { preferred: { theme: "tema-oscuro" } },
      consent: { granted: true, policy: "example-1" },
    });
    await page.locator("#settings-open").click();
    await page.locator("[data-forget]").click();
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
    expect(await page.locator("#consent").isVisible()).toBe(true);
    expect(faultsSeen).toEqual([]);
  });

  it("shifts nothing on a second visit", async () => {
    const page = await open("/");
    await page.locator("[data-consent=yes]").click();
    await page.waitForFunction(() => perennial.state().prediction !== null);
    await page.evaluate(() => perennial.setPreference({ density: "high", font: "serif" }));
    await page.goto(`${url}/getting-here.html`);
    await page.goto(url);
    await page.waitForFunction(() => perennial.state().prediction !== null);
    await page.waitForTimeout(500);
    const shift = await layoutShift(page);
    console.log(`layout shift of the example site: ${shift.toFixed(4)}`);
    expect(shift).toBeLessThan(0.02);
  });

  it("works without the library", async () => {
    const page = await visitor(browser);
    await page.route("**/perennial.js", (route) => route.abort());
    await page.goto(url);
    expect(await page.locator("h1").first().textContent()).toBe("A hut above the last larches");
    expect(await page.locator(".panel").count()).toBe(0);
  });
});
