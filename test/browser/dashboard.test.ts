import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { RoutingStore } from "../../functions/src/serve/store.ts";
import { raiseAlert } from "../../functions/src/shared/alert.ts";
import { database } from "../../functions/src/shared/firestore.ts";
import { callFunction, type LocalUser, signUp } from "../../scripts/stack/client.ts";
import { grantRole } from "../../scripts/stack/roles.ts";
import { putRouting } from "../routing.ts";
import { AXE, faults, launch, overflow, visitor } from "./chromium.ts";
import { beat, fallNight, type Night, runExperiment } from "./night.ts";

const url = `${process.env["PERENNIAL_HOSTING_URL"] ?? ""}/dashboard/`;
/** A folder for pictures, for who wants to look. */
const PICTURES = process.env["DASHBOARD_PICTURES"];
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } } as const;

const db = database();
const routing = new RoutingStore(db);
let browser: Browser;
let admin: LocalUser;
let night: Night;
/** What the page has complained of: errors, and what its own policy has refused. */
let complaints: string[];

beforeAll(async () => {
  browser = await launch();
  admin = await signUp("admin");
});
beforeEach(async () => {
  complaints = [];
  night = await fallNight();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await browser.close();
  await putRouting();
});

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await visitor(browser, { viewport: SIZES.desk, ...options });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) complaints.push(message.text());
  });
  await page.addInitScript(AXE);
  await page.goto(url);
  return page;
}

async function signedIn({ email, password }: LocalUser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await open(options);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  return page;
}

/** The admin's page once everything is there. */
async function atWork(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await signedIn(admin, options);
  await page.locator("#traffic .arms").waitFor();
  await page.locator("#deployment .way").waitFor();
  await page.locator("#versions code").first().waitFor();
  return page;
}

/** What a person reads there, in one line. */
async function textOf(locator: Locator): Promise<string> {
  return (await locator.allInnerTexts()).join(" ").replaceAll(/\s+/g, " ");
}

async function picture(page: Page, name: string, of: { fullPage?: boolean } = {}): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), ...of });
}

/** Opens the dialog behind a button. */
async function dialogOf(page: Page, button: string | RegExp): Promise<Locator> {
  await page.getByRole("button", { name: button }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  return dialog;
}

describe("the dashboard", () => {
  it("shows an admin the traffic, the deployment, alerts and versions, live", async () => {
    const page = await atWork();
    const text = (id: string) => textOf(page.locator(`#${id}`));
    await expect(text("traffic")).resolves.toMatch(
      new RegExp(
        `39.2 % stable ${night.serving}.*9.8 % treatment ${night.candidate}.*49 % control.*2 % holdback the rules`,
      ),
    );
    await expect(text("traffic")).resolves.toMatch(
      new RegExp(`${night.routing.revision}, just now by system.*good enough beyond doubt at 5`),
    );
    await expect(text("deployment")).resolves.toMatch(/rolling.*not sure yet.*214 of 300 visitors.*1 hour ago advance/);
    expect(await textOf(page.locator("#deployment [aria-current=step]"))).toBe("10 %");
    expect(await page.locator("#alerts li .tag").allInnerTexts()).toEqual(["high", "medium", "low"]);
    await expect(text("alerts")).resolves.toContain("To do: Look at health/live; rollback");
    expect(await page.locator("#versions li > p:first-child code").allInnerTexts()).toHaveLength(3);
    expect((await page.locator("#versions li > p:first-child code").allInnerTexts())[0]).toBe(night.candidate);
    await expect(text("versions")).resolves.toMatch(/better +\+2.3 points of accuracy.*incremental, from v_/);
    await expect(text("health")).resolves.toContain("61 ms longer");
    await expect(text("experiment")).resolves.toContain("None was ever started");
    await runExperiment(night.candidate);
    await page.locator("#experiment", { hasText: "larger-letters" }).waitFor();
    await expect(text("experiment")).resolves.toMatch(/keep running.*the horizon is not reached/);
    expect(await page.locator(".banner").count()).toBe(0);
    await beat(Date.now() - 25 * 60_000);
    await page
      .locator(".banner", { hasText: "Nobody watches. monitorHealth has left no sign of life since 25 minutes ago" })
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it("goes back to the rules through the dialog, with the reason in routing and journal", async () => {
    const page = await atWork();
    const dialog = await dialogOf(page, "Go back …");
    await picture(page, "go-back");
    // A candidate has traffic: whoever only confirms moves nobody else.
    expect(await dialog.getByLabel("Back to").inputValue()).toBe(night.serving);
    await dialog.getByText("only the candidate goes").waitFor({ state: "attached" });
    await dialog.getByRole("button", { name: "Go back" }).click();
    await dialog.getByText("say why").waitFor();
    expect(await routing.read()).toEqual(night.routing);
    await dialog.getByLabel("Back to").selectOption("rules");
    await dialog.getByLabel("Reason").fill("answers are slow");
    await dialog.getByRole("button", { name: "Go back" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.locator("#said", { hasText: "Gone back" }).waitFor();
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset["key"])).toBe("go-back");
    const { revision } = night.routing;
    const after = await routing.read();
    expect(after).toMatchObject({
      stable: "rules",
      canary: null,
      written_by: admin.uid,
      reason: "answers are slow",
      revision: revision + 1,
    });
    expect((await db.doc("routing/live").get()).data()).toMatchObject({ stable: "rules", reason: "answers are slow" });
    const journal = await db.doc(`routing/live/journal/${String(revision + 1).padStart(12, "0")}`).get();
    expect(journal.data()).toMatchObject({ stable: "rules", reason: "answers are slow", written_by: admin.uid });
    await page.locator("#traffic", { hasText: "98 %" }).waitFor();
    await page.locator("#deployment .tag", { hasText: "rolled back" }).waitFor();
    expect(await page.locator("#deployment button").count()).toBe(0);
  });

  it("says that the routing was changed meanwhile, and loses nothing of what was typed", async () => {
    const page = await atWork();
    const dialog = await dialogOf(page, "Change who answers …");
    await dialog.getByLabel("Candidate, per cent").fill("25");
    await dialog.getByLabel("Reason").fill("looks good");
    const { stable, previous_good, canary } = night.routing;
    await putRouting({ stable, previous_good, canary, exploration_share: 0.1 });
    const later = await routing.read();
    await dialog.getByRole("button", { name: "Change" }).click();
    const refused = dialog.getByRole("alert");
    await refused.getByText("the routing was changed meanwhile").waitFor();
    await expect(textOf(refused)).resolves.toMatch(new RegExp(`in force is ${later.revision}, by system`));
    expect(await dialog.getByLabel("Candidate, per cent").inputValue()).toBe("25");
    expect(await dialog.getByLabel("Reason").inputValue()).toBe("looks good");
    expect(await routing.read()).toEqual(later);
    expect(await faults(page)).toEqual([]);
  });

  it("says beside its field that a percentage is none, and takes one that is", async () => {
    const page = await atWork();
    const dialog = await dialogOf(page, "Change who answers …");
    const share = dialog.getByLabel("Candidate, per cent");
    await share.fill("250");
    await dialog.getByLabel("Reason").fill("more of it");
    for (const typed of ["250", "a lot"]) {
      await share.fill(typed);
      await dialog.getByRole("button", { name: "Change" }).click();
      await dialog
        .locator("#ask-canary-wrong", { hasText: typed === "250" ? "0 to 100 %" : "must be a number" })
        .waitFor();
      expect(await share.getAttribute("aria-invalid")).toBe("true");
    }
    expect(await faults(page)).toEqual([]);
    await picture(page, "invalid");
    await share.fill("12,5");
    await dialog.getByRole("button", { name: "Change" }).click();
    await dialog.waitFor({ state: "detached" });
    expect((await routing.read()).canary?.share).toBe(0.125);
    await page.locator("#traffic", { hasText: "12.25 %" }).waitFor();
  });

  it("pauses and resumes a deployment, and ends it", async () => {
    const page = await atWork();
    for (const [button, confirm, shows] of [
      ["Pause …", "Pause", "Paused just now by you: not at night"],
      ["Resume …", "Resume", "resume by you: not at night"],
      ["Promote …", "Promote", "To be promoted at the next look, by you"],
      ["Abort …", "Abort", "aborted"],
    ] as const) {
      const dialog = await dialogOf(page, button);
      await dialog.getByLabel("Reason").fill("not at night");
      await dialog.getByRole("button", { name: confirm }).click();
      await page.locator("#deployment", { hasText: shows }).waitFor();
    }
    expect(await routing.read()).toMatchObject({
      stable: night.serving,
      canary: null,
      reason: expect.stringContaining("not at night"),
    });
  });

  it("shows why a version cannot be deployed, and deploys it once it can", async () => {
    const page = await atWork();
    let dialog = await dialogOf(page, /^Deploy … \(v_/);
    const version = await dialog.getByLabel("Version").inputValue();
    await dialog.getByLabel("Reason").fill("again");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await dialog.getByRole("alert").getByText(`Not done: d.${night.candidate} is going on`).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    const { idToken } = admin;
    await callFunction("abortDeployment", { id: `d.${night.candidate}`, reason: "room for another" }, idToken);
    await page.locator("#deployment", { hasText: "aborted" }).waitFor();
    dialog = await dialogOf(page, /^Deploy … \(v_/);
    await dialog.getByLabel("Version").selectOption(version);
    await dialog.getByLabel("Reason").fill("now");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await page.locator("#deployment", { hasText: "you: now" }).waitFor();
    expect(await textOf(page.locator("#deployment [aria-current=step]"))).toBe("checks");
  });

  it("settles an alert, and says that one is seen", async () => {
    const page = await atWork();
    const seen = await dialogOf(page, "Seen … (config edit refused)");
    await seen.getByLabel("Reason").fill("on it");
    await seen.getByRole("button", { name: "I have seen it" }).click();
    await page.locator("#alerts", { hasText: "seen by you" }).waitFor();
    const settled = await dialogOf(page, "Settled … (monitor harm)");
    await settled.getByLabel("Reason").fill("it passed");
    await settled.getByRole("button", { name: "It is settled" }).click();
    await vi.waitFor(async () => expect(await page.locator("#alerts > div > ul > li").count()).toBe(2));
    const { docs } = await db.collection("alerts").where("kind", "==", "monitor_harm").get();
    expect(docs.map((found) => found.data())).toMatchObject([
      { status: "resolved", resolution: expect.stringContaining("it passed") },
    ]);
  });

  it("stops an experiment that somebody has taken out of the routing as well", async () => {
    await runExperiment(night.candidate);
    const page = await atWork();
    const dialog = await dialogOf(page, "Stop …");
    await dialog.getByLabel("Reason").fill("not now");
    await dialog.getByRole("button", { name: "Stop it" }).click();
    await page.locator("#experiment", { hasText: "is stopped: not now" }).waitFor();
  });

  it("shows a viewer everything and no button, and the functions would refuse", async () => {
    const viewer = await signUp("viewer");
    const page = await signedIn(viewer);
    await page.locator("#traffic .arms").waitFor();
    await page.locator("#versions code").first().waitFor();
    await page.locator("#alerts .todo").first().waitFor();
    expect(await page.locator("main button").count()).toBe(0);
    const answer = await callFunction("rollback", { target: "rules", reason: "r" }, viewer.idToken);
    expect(answer).toMatchObject({ ok: false, status: "PERMISSION_DENIED" });
    expect(await routing.read()).toEqual(night.routing);
  });

  it("shows who has no role the command that grants one, and goes on once it has run", async () => {
    const nobody = await signUp(null);
    const page = await signedIn(nobody);
    await page.locator("pre", { hasText: `npm run grant-admin -- --uid ${nobody.uid}` }).waitFor();
    expect(await faults(page)).toEqual([]);
    await grantRole({ uid: nobody.uid, role: "viewer", grantedBy: "a test" });
    await page.locator("#traffic .arms").waitFor();
  });

  it("says what is wrong with a sign-in", async () => {
    const page = await signedIn({ ...admin, password: "something else" });
    await page.getByText("E-mail or password is wrong.").waitFor();
    expect(await page.getByLabel("E-mail").inputValue()).toBe(admin.email);
  });

  it("shows what documents say as text, whatever it is", async () => {
    const evil = "<img src=x onerror=\"document.title='hacked'\">";
    await raiseAlert(db, {
      severity: "high",
      kind: evil,
      subject: evil,
      message: evil,
      to_do: evil,
      details: { [evil]: evil },
    });
    const { stable, previous_good } = night.routing;
    const token = admin.idToken;
    await callFunction("setRouting", { change: { canary: null }, reason: evil }, token);
    const page = await atWork();
    await page.locator("#alerts", { hasText: evil }).waitFor();
    await page.locator("#traffic", { hasText: evil }).waitFor();
    await dialogOf(page, /^Settled … \(<img/);
    expect(await page.locator("main img, dialog img").count()).toBe(0);
    expect(await page.title()).toBe("Perennial");
    await putRouting({ stable, previous_good });
  });

  it("says which document is spoilt, and shows the others", async () => {
    await db.doc(`model_versions/${night.candidate}`).update({ gate: "none" });
    await db.doc("health/live").set({ schema_version: 1 });
    const page = await atWork();
    await page
      .locator("#versions .unreadable", { hasText: `model_versions/${night.candidate} cannot be read` })
      .waitFor();
    await page.locator("#versions", { hasText: "within noise" }).waitFor();
    await page.locator("#health .unreadable", { hasText: "health/live cannot be read" }).waitFor();
  });

  it("says before the first version what comes next", async () => {
    for (const none of ["deployments", "alerts", "model_versions", "change_log", "health", "heartbeats"])
      await db.recursiveDelete(db.collection(none));
    // The document stays: to delete it would be an edit by hand, and put back.
    const journal = db.collection("routing/live/journal");
    const { docs } = await journal.get();
    await db.recursiveDelete(journal);
    const page = await signedIn(admin);
    await page
      .locator("#traffic", { hasText: "the rules answer everybody. The first version comes from a training" })
      .waitFor();
    await page.locator("#versions", { hasText: "None yet" }).waitFor();
    await page.locator("#deployment", { hasText: "No version was ever deployed" }).waitFor();
    await page.locator("#health", { hasText: "no sign of life yet" }).waitFor();
    await picture(page, "before-the-first", { fullPage: true });
    expect(await faults(page)).toEqual([]);
    await page.locator("#traffic .note", { hasText: "was edited or deleted by hand" }).waitFor();
    for (const entry of docs) await entry.ref.set(entry.data());
    await page.locator("#traffic .note").waitFor({ state: "detached" });
    await page.locator("#traffic .arms").waitFor();
  });

  it("says that it is cut off, and that a call got no answer", async () => {
    const page = await atWork();
    const dialog = await dialogOf(page, "Abort …");
    await dialog.getByLabel("Reason").fill("nobody hears me");
    await page.context().setOffline(true);
    await page.locator(".banner", { hasText: "There is no connection to Firestore" }).waitFor();
    await dialog.getByRole("button", { name: "Abort" }).click();
    await dialog.getByRole("alert").getByText("abortDeployment gave no answer").waitFor();
    expect(await dialog.getByLabel("Reason").inputValue()).toBe("nobody hears me");
    await page.context().setOffline(false);
    await page.locator(".banner").waitFor({ state: "detached" });
    await dialog.getByRole("button", { name: "Abort" }).click();
    await page.locator("#deployment", { hasText: "aborted" }).waitFor();
  });

  it.each(
    (["light", "dark"] as const).flatMap((theme) => (["phone", "desk"] as const).map((device) => ({ theme, device }))),
  )("has nothing for axe to find on a $device, $theme, and fits it", async ({ theme, device }) => {
    await runExperiment(night.candidate);
    const options = { viewport: SIZES[device], colorScheme: theme };
    const outside = await open(options);
    await outside.getByLabel("E-mail").waitFor();
    expect(await faults(outside)).toEqual([]);
    await picture(outside, `sign-in-${device}-${theme}`);
    const page = await atWork(options);
    await page.locator("#experiment code").first().waitFor();
    await picture(page, `${device}-${theme}-first`);
    await picture(page, `${device}-${theme}`, { fullPage: true });
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    expect(await faults(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await picture(page, `${device}-${theme}-open`, { fullPage: true });
    await dialogOf(page, "Change who answers …");
    expect(await faults(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await picture(page, `${device}-${theme}-dialog`);
  });
});
