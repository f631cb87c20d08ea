import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Perennial } from "../../client/src/index.ts";
import { InteractionLog } from "../../functions/src/collect/schema.ts";
import { database } from "../../functions/src/shared/firestore.ts";
import { CONTEXT } from "../predict-client.ts";
import { launch, layoutShift, visitor } from "./chromium.ts";
import { TestSite } from "./test-site.ts";

declare const perennial: Perennial;

const site = new TestSite();
const db = database();
let browser: Browser;

beforeAll(async () => {
  await site.start();
  browser = await launch();
  // The emulator's first answer takes longer than a page waits.
  await fetch(`${site.url}/api/predict`, { method: "POST", body: JSON.stringify({ user_context: CONTEXT }) });
});
beforeEach(() => site.reset());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  // What a page has asked last may be answered late.
  await vi.waitFor(() => expect(site.isIdle).toBe(true), { timeout: 20_000, interval: 100 });
});
afterAll(async () => {
  await browser.close();
  await site.stop();
});

const agree = (page: Page) => page.evaluate(() => perennial.setConsent(true));
const state = (page: Page) => page.evaluate(() => perennial.state());
const stored = (page: Page) => page.evaluate(() => Object.keys(localStorage).sort());
const classes = (page: Page) => page.evaluate(() => document.documentElement.className);

/** A page whose visitor has agreed and been answered. */
async function visited(page: Page, path = "/"): Promise<string> {
  await page.goto(site.url + path);
  if (!(await state(page)).consent) await agree(page);
  return answered(page);
}

/** Waits for the answer of predict, and gives its id. */
async function answered(page: Page): Promise<string> {
  await page.waitForFunction(() => perennial.state().prediction !== null, undefined, { timeout: 15_000 });
  return (await state(page)).prediction?.prediction_id ?? "";
}

/** What was stored of a prediction, once it is there. */
async function storedLog(id: string, isLast: (log: InteractionLog) => boolean = () => true): Promise<InteractionLog> {
  return vi.waitFor(
    async () => {
      const log = InteractionLog.parse((await db.doc(`interaction_logs/${id}`).get()).data());
      expect(isLast(log)).toBe(true);
      return log;
    },
    { timeout: 20_000, interval: 100 },
  );
}

const same = (a: string[] | undefined, b: string[] | undefined) => a?.join() === b?.join();

const quiet = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a visit", () => {
  it.each([
    { name: "a phone", options: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } },
    { name: "a tablet", options: { viewport: { width: 820, height: 1180 }, hasTouch: true } },
    { name: "a desktop", options: { viewport: { width: 1440, height: 900 } } },
  ])("on $name is told by one log of what was done, when its tab is closed", async ({ options }) => {
    const page = await visitor(browser, options);
    await page.goto(site.url);
    // The visit begins within this call.
    const startMs = Date.now();
    await agree(page);
    const id = await answered(page);
    await page.locator("#link").click();
    await page.locator("#plain").click();
    await page.locator("#button").click();
    await page.locator("#plain").click();
    await page.keyboard.press("ArrowDown");
    await page.evaluate(() => scrollTo({ top: document.documentElement.scrollHeight * 0.4, behavior: "instant" }));
    await quiet(700);
    const depth = await page.evaluate(() => (scrollY + innerHeight) / document.documentElement.scrollHeight);
    await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
    await quiet(300);
    const shown = await state(page);
    await page.close();
    const durationMs = Date.now() - startMs;
    const log = await storedLog(id);
    expect(log).toMatchObject({
      interactions_count: 5,
      click_through_rate: 0.5,
      bounce_rate: 0,
      seq: 0,
      source: "live",
      predict_outcome: "ok",
      predicted_css_classes: shown.prediction?.css_classes,
      user_context: { viewport_width: options.viewport.width, viewport_height: options.viewport.height },
    });
    expect(log.scroll_depth).toBeCloseTo(depth, 2);
    // The driver's own calls take some of it.
    expect(log.session_duration).toBeGreaterThan(900);
    expect(log.session_duration).toBeLessThanOrEqual(durationMs + 50);
    expect(log.session_duration).toBeGreaterThan(durationMs - 1000);
    expect(log.page_load_time).toBeGreaterThan(0);
    expect(log.rendering_time).toBeGreaterThan(0);
    await quiet(500);
    expect(site.logs()).toHaveLength(1);
  });

  it("is told when another page follows, which knows the session and shows the design at once", async () => {
    const page = await visitor(browser);
    const first = await visited(page);
    const design = (await state(page)).prediction?.css_classes;
    await page.addInitScript(() => {
      const changes: string[] = [];
      Object.assign(globalThis, { changes });
      new MutationObserver(() => changes.push(document.documentElement.className)).observe(document, {
        attributes: true,
        subtree: true,
        attributeFilter: ["class"],
      });
    });
    const second = await visited(page, "/next");
    const log = await storedLog(first);
    expect(log.bounce_rate).toBe(1);
    const { changes, seen, paints } = await page.evaluate(() => ({
      changes: (globalThis as unknown as { changes: string[] }).changes,
      seen: perennial.state(),
      paints: performance.getEntriesByName("first-contentful-paint").length,
    }));
    expect(paints).toBe(1);
    const sorted = (names: string[] | undefined) => [...(names ?? [])].sort();
    // Put on once, before anything was painted, and never changed.
    expect(sorted(changes[0]?.split(" "))).toEqual(sorted(design));
    // A few visits are answered by exploration: such a design is shown only if it came before the page was painted.
    const isFresh = seen.served === "fresh";
    expect(new Set(changes).size).toBe(isFresh && !same(seen.prediction?.css_classes, design) ? 2 : 1);
    expect(sorted((await classes(page)).split(" "))).toEqual(sorted(isFresh ? seen.prediction?.css_classes : design));
    if (same(seen.prediction?.css_classes, design)) expect(isFresh).toBe(true);
    await page.close();
    expect((await storedLog(second)).session_id).toBe(log.session_id);
    expect((await storedLog(second)).unit).toBe(log.unit);
  });

  it("goes on when the page comes back from the back/forward cache: the same log, with a higher seq", async () => {
    const page = await visitor(browser);
    const id = await visited(page);
    await page.evaluate(() => Object.assign(globalThis, { isSame: true }));
    await page.goto(`${site.url}/next`);
    await storedLog(id, ({ seq }) => seq === 0);
    await page.goBack({ waitUntil: "commit" });
    expect(await page.evaluate(() => "isSame" in globalThis)).toBe(true);
    await page.locator("#button").click();
    await page.close();
    const log = await storedLog(id, ({ seq }) => seq === 1);
    expect(log).toMatchObject({ seq: 1, interactions_count: 1, click_through_rate: 1 });
  });

  it("stays one when a single-page application changes the route", async () => {
    const page = await visitor(browser);
    const id = await visited(page);
    await page.evaluate(() => history.pushState({}, "", "/article/1"));
    await page.evaluate(() => history.pushState({}, "", "/article/2"));
    await quiet(100);
    expect((await state(page)).prediction?.prediction_id).toBe(id);
    await page.close();
    expect(await storedLog(id)).toMatchObject({ bounce_rate: 0, user_context: { page_path: "/" } });
    expect(site.seen.filter(({ path }) => path === "predict")).toHaveLength(1);
  });

  it("after half an hour is another session, and predict is told of those before", async () => {
    const page = await visitor(browser);
    await visited(page);
    const session = (await state(page)).context?.["session_id"];
    await page.locator("#button").click();
    await page.goto("about:blank");
    await page.goto(`${site.url}/without`);
    await page.evaluate(() => {
      const memory = JSON.parse(localStorage.getItem("perennial.memory") ?? "{}") as { lastMs: number };
      localStorage.setItem("perennial.memory", JSON.stringify({ ...memory, lastMs: memory.lastMs - 31 * 60_000 }));
    });
    await visited(page, "/next");
    expect((await state(page)).context?.["session_id"]).not.toBe(session);
    const asked = site.seen.findLast(({ path }) => path === "predict")?.sent[0];
    expect(asked?.["history"]).toMatchObject({ sessions: 1, total_interactions: 1 });
    expect(asked).toMatchObject({ visitor_id: site.seen[0]?.sent[0]?.["visitor_id"] });
  });

  it("of a page that comes back after forty minutes is another visit", async () => {
    const page = await visitor(browser);
    const first = await visited(page);
    await page.clock.setFixedTime(Date.now() + 41 * 60_000);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await page.waitForFunction((id) => ![undefined, id].includes(perennial.state().prediction?.prediction_id), first);
    expect((await state(page)).context?.["session_id"]).not.toBe(site.seen[0]?.sent[0]?.["session_id"]);
  });

  it("counts a key that clicks a button once", async () => {
    const page = await visitor(browser);
    await visited(page);
    await page.locator("#button").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect((await state(page)).log).toMatchObject({ interactions_count: 2, click_through_rate: 1 });
  });

  it("of a prerendered page begins when it is shown", async () => {
    const page = await visitor(browser);
    await visited(page);
    site.reset();
    await page.goto(`${site.url}/prerendering`);
    await answered(page);
    await quiet(1500);
    expect(site.seen.filter(({ path }) => path === "predict")).toHaveLength(1);
  });
});

describe("a log that could not be sent", () => {
  it("waits while the network is down, and comes with the next visit", async () => {
    const page = await visitor(browser);
    const first = await visited(page);
    const context = page.context();
    // The first tells the page, the second stops what a closing page leaves to its browser.
    await context.setOffline(true);
    site.moods.logs = "unreachable";
    await page.close();
    await quiet(500);
    expect(site.logs()).toHaveLength(0);
    await context.setOffline(false);
    site.moods.logs = "well";
    const next = await context.newPage();
    await visited(next, "/next");
    expect((await storedLog(first)).seq).toBe(0);
    await vi.waitFor(async () => expect(await stored(next)).not.toContain("perennial.outbox"));
  });

  it("is sent as soon as the network is back, if the page is still there", async () => {
    const page = await visitor(browser);
    const id = await visited(page);
    site.moods.logs = "unreachable";
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    await vi.waitFor(async () =>
      expect(await page.evaluate(() => localStorage.getItem("perennial.outbox"))).toContain('"failed":true'),
    );
    site.moods.logs = "well";
    await page.context().setOffline(true);
    await page.context().setOffline(false);
    await storedLog(id);
    await vi.waitFor(async () => expect(await stored(page)).not.toContain("perennial.outbox"));
  });

  it("waits while the server is out of order", async () => {
    const page = await visitor(browser);
    const first = await visited(page);
    site.moods.logs = "failing";
    await page.goto(`${site.url}/next`);
    await answered(page);
    await vi.waitFor(() => expect(site.seen.filter(({ path }) => path === "logs").length).toBeGreaterThan(0));
    site.moods.logs = "well";
    await page.goto(site.url);
    expect((await storedLog(first)).predict_outcome).toBe("ok");
  });

  it("is given up beyond 60 KiB, the oldest first", async () => {
    const page = await visitor(browser);
    await visited(page);
    site.moods.logs = "unreachable";
    const bytes = await page.evaluate(async () => {
      for (let i = 0; i < 5; i++) {
        perennial.feedback({ verdict: "like", text: "é".repeat(1000) });
        const waiting = JSON.parse(localStorage.getItem("perennial.outbox") ?? "[]") as object[];
        const many = Array.from({ length: 12 }, (_, j) => ({
          id: `old-${i}-${j}`,
          atMs: Date.now(),
          tries: 0,
          failed: true,
          body: JSON.stringify({ text: "x".repeat(5000) }),
        }));
        localStorage.setItem("perennial.outbox", JSON.stringify([...waiting, ...many]));
      }
      dispatchEvent(new Event("pagehide"));
      const kept = JSON.parse(localStorage.getItem("perennial.outbox") ?? "[]") as { id: string; body: string }[];
      return {
        total: kept.reduce((sum, { body }) => sum + new TextEncoder().encode(body).length, 0),
        ids: kept.map(({ id }) => id),
      };
    });
    expect(bytes.total).toBeLessThanOrEqual(60 * 1024);
    expect(bytes.total).toBeGreaterThan(50 * 1024);
    expect(bytes.ids.at(0)).toMatch(/^old-4-/);
    expect(bytes.ids.at(-1)).not.toMatch(/^old/);
  });
});

describe("a page whose question", () => {
  it("is answered with 500 shows what it has, and is counted only", async () => {
    site.moods.predict = "failing";
    const page = await visitor(browser);
    await page.goto(site.url);
    await agree(page);
    await page.waitForFunction(() => perennial.state().outcome === "error");
    expect(await classes(page)).toBe("");
    await page.close();
    await vi.waitFor(() => expect(site.seen.find(({ path }) => path === "logs")?.answer).toBeDefined());
    expect(site.logs()).toMatchObject([{ predict_outcome: "error", served: "default" }]);
    expect(site.logs()[0]).not.toHaveProperty("receipt");
    expect(site.seen.at(-1)?.answer).toMatchObject({ accepted: 0 });
  });

  it("is answered after five seconds has long gone on; the log tells so, with the receipt", async () => {
    site.moods.predict = "slow";
    const page = await visitor(browser);
    await page.goto(site.url);
    await agree(page);
    await page.waitForFunction(() => perennial.state().outcome === "timeout", undefined, { timeout: 3000 });
    expect(await classes(page)).toBe("");
    const id = await answered(page);
    expect(await classes(page)).toBe("");
    expect((await state(page)).served).toBe("default");
    site.moods.predict = "well";
    await page.goto(`${site.url}/next`);
    expect(await storedLog(id)).toMatchObject({ served: "default", predict_outcome: "timeout" });
    expect(await classes(page)).not.toBe("");
  });

  it("is answered late keeps the design it has from before", async () => {
    const page = await visitor(browser);
    await visited(page);
    const before = await classes(page);
    site.moods.predict = "slow";
    await page.goto(`${site.url}/next`);
    expect(await classes(page)).toBe(before);
    await page.waitForFunction(() => perennial.state().outcome === "timeout");
    expect((await state(page)).served).toBe("cached");
  });
});

describe("without agreement", () => {
  it.each([
    { name: "that was never asked for", act: async () => {}, options: {}, init: null },
    {
      name: "that was refused",
      act: (page: Page) => page.evaluate(() => perennial.setConsent(false)),
      options: {},
      init: null,
    },
    {
      name: "that Global Privacy Control overrules",
      act: agree,
      options: {},
      init: () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }),
    },
    {
      name: "that Do-Not-Track overrules",
      act: agree,
      options: {},
      init: () => Object.defineProperty(navigator, "doNotTrack", { value: "1" }),
    },
  ])("$name, no request leaves and nothing is stored", async ({ act, init }) => {
    const page = await visitor(browser);
    if (init !== null) await page.addInitScript(init);
    await page.goto(site.url);
    await act(page);
    await page.locator("#button").click();
    await page.evaluate(() => perennial.setPreference({ theme: "dark" }));
    expect(await classes(page)).toBe("tema-oscuro");
    await quiet(300);
    expect(await stored(page)).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    await page.goto(`${site.url}/next`);
    await quiet(500);
    expect(await stored(page)).toEqual([]);
    expect(site.seen).toEqual([]);
  });

  it("that was given before Global Privacy Control was switched on, what was stored is gone", async () => {
    const page = await visitor(browser);
    await visited(page);
    await page.goto(`${site.url}/without`);
    await vi.waitFor(() => expect(site.isIdle).toBe(true));
    site.reset();
    await page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
    await page.goto(`${site.url}/next`);
    expect(await stored(page)).toEqual([]);
    await quiet(300);
    expect(site.seen).toEqual([]);
  });

  it("that was taken back, nothing is sent any more, and what was stored is gone", async () => {
    const page = await visitor(browser);
    await visited(page);
    expect((await stored(page)).length).toBeGreaterThan(0);
    await page.evaluate(() => perennial.setConsent(false));
    expect(await stored(page)).toEqual([]);
    await page.close();
    await quiet(500);
    expect(site.logs()).toEqual([]);
  });

  it("after forget() nothing is left, neither on the device nor on the page", async () => {
    const page = await visitor(browser);
    await visited(page);
    expect(await classes(page)).not.toBe("");
    await page.evaluate(() => perennial.forget());
    expect(await stored(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.getAttribute("style") ?? "")).toBe("");
    expect(await classes(page)).toBe("");
    await page.close();
    await quiet(500);
    expect(site.logs()).toEqual([]);
  });
});

describe("a visitor's own choice", () => {
  it("wins over the model, on this page and on the next, and is told as feedback", async () => {
    const page = await visitor(browser);
    const first = await visited(page);
    await page.evaluate(() => perennial.setPreference({ font: "mono", theme: "dark" }));
    await page.evaluate(() => perennial.feedback({ satisfaction: 4 }));
    expect(await classes(page)).toContain("fuente-mono");
    await visited(page, "/next");
    expect(await classes(page)).toContain("fuente-mono");
    expect(await classes(page)).toContain("tema-oscuro");
    expect((await state(page)).prediction?.css_classes).toContain("fuente-mono");
    expect(await storedLog(first)).toMatchObject({
      user_satisfaction: 4,
      ui_preference_feedback: { verdict: "dislike", preferred: { font: "fuente-mono", theme: "tema-oscuro" } },
    });
  });
});

describe("a visitor's words", () => {
  it("are cut to what the server takes, so that the log is not lost for them", async () => {
    const page = await visitor(browser);
    const id = await visited(page);
    await page.evaluate(() => {
      perennial.feedback({ satisfaction: 7, verdict: "like", text: "x".repeat(3000) });
      // Said in so many words: a choice does not change it.
      perennial.setPreference({ font: "mono" });
    });
    await page.close();
    const log = await storedLog(id);
    expect(log.ui_preference_feedback).toMatchObject({ verdict: "like", preferred: { font: "fuente-mono" } });
    expect(log.ui_preference_feedback?.text).toHaveLength(1000);
    expect(log.user_satisfaction).toBeUndefined();
  });

  it("of a page that was never adapted are no dislike", async () => {
    site.moods.predict = "slow";
    const page = await visitor(browser);
    await page.goto(site.url);
    await agree(page);
    await page.evaluate(() => {
      perennial.setPreference({ theme: "dark" });
      perennial.setPreference({ theme: "light" });
    });
    expect(await classes(page)).toBe("tema-claro");
    expect((await state(page)).served).toBe("default");
    expect((await state(page)).log).toMatchObject({ ui_preference_feedback: { verdict: "like" } });
  });
});

describe("a page", () => {
  it("hears of an agreement that was taken back in another one", async () => {
    const page = await visitor(browser);
    await visited(page);
    const other = await page.context().newPage();
    await visited(other, "/next");
    await other.evaluate(() => perennial.forget());
    // Another process hears of a change of the storage a moment later.
    await page.waitForFunction(() => !perennial.state().consent);
    site.reset();
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    await page.close();
    await quiet(500);
    expect(site.logs()).toEqual([]);
    expect(await stored(other)).toEqual([]);
  });

  it("is not broken by an answer that is none, by a broken storage, or by a panel that throws", async () => {
    const page = await visitor(browser);
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    await page.route("**/api/predict", (route) => route.fulfill({ json: { hello: "world" } }));
    await page.goto(site.url);
    await page.evaluate(() => {
      perennial.onChange(() => {
        throw new Error("a panel's");
      });
    });
    await agree(page);
    await page.waitForFunction(() => perennial.state().outcome === "error");
    await page.evaluate(() => {
      for (const name of ["design", "memory", "outbox"]) localStorage.setItem(`perennial.${name}`, '{"broken":true}');
    });
    await page.unroute("**/api/predict");
    await visited(page, "/next");
    await page.evaluate(() => perennial.forget());
    expect(await stored(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("tells a visit without an answer once, however often it is left and seen again", async () => {
    site.moods.predict = "failing";
    const page = await visitor(browser);
    await page.goto(site.url);
    await agree(page);
    await page.waitForFunction(() => perennial.state().outcome === "error");
    for (let i = 0; i < 3; i++) {
      await page.evaluate(() => {
        dispatchEvent(new Event("pagehide"));
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
      });
    }
    await quiet(500);
    expect(site.logs()).toHaveLength(1);
  });

  it("adapts at once when its visitor has just agreed, and changes no more while it is seen", async () => {
    const page = await visitor(browser);
    await page.goto(site.url);
    await page.evaluate(() =>
      document.querySelector("#button")?.addEventListener("click", () => perennial.setConsent(true)),
    );
    await quiet(200);
    await page.locator("#button").click();
    await page.waitForFunction(() => perennial.state().prediction !== null);
    expect((await state(page)).served).toBe("fresh");
    expect(await classes(page)).not.toBe("");
    // Agreed to by a consent manager, without a click: the design comes with the next page.
    const other = await visitor(browser);
    // By itself: what Playwright evaluates passes for a click.
    await other.addInitScript(() => setTimeout(() => perennial.setConsent(true), 800));
    await other.goto(site.url);
    await quiet(1000);
    await answered(other);
    expect((await state(other)).served).toBe("default");
    expect(await classes(other)).toBe("");
    await visited(other, "/next");
    expect(await classes(other)).not.toBe("");
  });

  it("is not shifted by its design", async () => {
    const page = await visitor(browser);
    await visited(page);
    await visited(page, "/next");
    await quiet(300);
    const shift = await layoutShift(page);
    expect(shift).toBeLessThan(0.02);
  });

  it("spends under 5 ms of its main thread on the library while it loads", async () => {
    const other = await launch({ backForwardCache: false });
    onTestFinished(() => other.close());
    const page = await visitor(other);
    await visited(page);
    const session = await page.context().newCDPSession(page);
    // Processor time of the main thread, so that what else the machine does is not counted.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const scripting = async (path: string): Promise<number> => {
      await page.goto("about:blank");
      const beforeMs = await scriptMs(session);
      await page.goto(site.url + path);
      await quiet(400);
      return (await scriptMs(session)) - beforeMs;
    };
    const costs: number[] = [];
    for (let i = 0; i < 5; i++) costs.push((await scripting("/next")) - (await scripting("/without")));
    expect(site.seen.filter(({ path }) => path === "predict").length).toBe(6);
    console.log(`main thread: ${costs.map((ms) => ms.toFixed(1)).join(", ")} ms`);
    expect(costs.sort((a, b) => a - b)[2]).toBeLessThan(5);
  });

  it("sends a beacon where fetch cannot outlive a page", async () => {
    const page = await visitor(browser);
    await page.addInitScript(() => {
      Reflect.deleteProperty(Request.prototype, "keepalive");
    });
    const id = await visited(page);
    await page.close();
    expect((await storedLog(id)).seq).toBe(0);
  });

  it("lives without storage", async () => {
    const page = await visitor(browser);
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    await page.addInitScript(() =>
      Object.defineProperty(globalThis, "localStorage", {
        get() {
          throw new DOMException("denied", "SecurityError");
        },
      }),
    );
    await page.goto(site.url);
    await agree(page);
    const id = await answered(page);
    await page.close();
    await storedLog(id);
    expect(faults).toEqual([]);
  });
});

/** Milliseconds that the main thread has spent in scripts, to compile them and to run them. */
async function scriptMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * (metrics.find(({ name }) => name === "ScriptDuration")?.value ?? Number.NaN);
}
