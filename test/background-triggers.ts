import { beforeAll } from "vitest";

/**
 * Keeps the functions' triggers and schedules from running, for bulk loads and counts to the unit. They stay off: switched on
 * again, schedules would answer to other names, and events of a bulk load would still be under way.
 */
export function withoutBackgroundTriggers(): void {
  beforeAll(async () => {
    const url = `http://${process.env["FIREBASE_EMULATOR_HUB"]}/functions/disableBackgroundTriggers`;
    const { ok, status } = await fetch(url, { method: "PUT" });
    if (!ok) throw new Error(`${url} answered ${status}`);
  });
}
