import { describe, expect, it } from "vitest";
import { outOfUse } from "./out-of-use.ts";

const version = "v_20260901T000000Z_0123456789ab";
const quarantined = { at: "2026-09-02T00:00:00.000Z", file: "bundle.json", reason: "bundle.json is missing" };
const removed = { at: "2026-09-03T00:00:00.000Z", why: "nothing needs it" };

describe("a version", () => {
  it.each([
    ["may answer", {}, null],
    [
      "in quarantine may not",
      { quarantined },
      `${version} is in quarantine since ${quarantined.at}: ${quarantined.reason}`,
    ],
    ["that was removed may not", { removed }, `${version} was removed ${removed.at}: ${removed.why}`],
    [
      "that was damaged first is removed",
      { quarantined, removed },
      `${version} was removed ${removed.at}: ${removed.why}`,
    ],
  ])("%s", (_what, state, reason) => {
    expect(outOfUse({ version, ...state })).toBe(reason);
  });
});
