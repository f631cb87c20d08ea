import { afterAll, beforeAll } from "vitest";

/** Keeps the functions' triggers from running during the tests of the file that calls this: bulk loads, and counts to the unit. */
export function withoutBackgroundTriggers(): void {
  beforeAll(() => switchTo("disable"));
  afterAll(() => switchTo("enable"));
}

async function switchTo(state: "enable" | "disable"): Promise<void> {
  const url = `http://${process.env["FIREBASE_EMULATOR_HUB"]}/functions/${state}BackgroundTriggers`;
  const { ok, status } = await fetch(url, { method: "PUT" });
  if (!ok) throw new Error(`${url} answered ${status}`);
}
