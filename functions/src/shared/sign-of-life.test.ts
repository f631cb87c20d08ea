import { describe, expect, it } from "vitest";
import { isSilent } from "./sign-of-life.ts";
import { iso } from "./time.ts";

const AT = Date.parse("2026-03-02T10:00:00Z");
const MINUTE = 60_000;

describe("monitorHealth", () => {
  it.each<[string, number, string | null, boolean]>([
    ["alive while its last run is 20 minutes old", 20 * MINUTE, null, false],
    ["silent a millisecond later", 20 * MINUTE + 1, null, true],
    ["silent only once", 40 * MINUTE, iso(AT), false],
    ["alive to who is behind it in time", -5 * MINUTE, null, false],
  ])("is %s", (_what, laterMs, silent_since, silent) => {
    expect(isSilent({ at: iso(AT), silent_since }, { nowMs: AT + laterMs, minutes: 20 })).toBe(silent);
  });
});
