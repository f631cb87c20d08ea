import { describe, expect, it } from "vitest";
import type { ModelChange } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { noReturn } from "./no-return.ts";

const NOW = Date.parse("2026-03-10T10:00:00Z");
const HOUR = 3_600_000;
const A = "v_20260301T000000Z_0123456789ab";
const B = "v_20260302T000000Z_0123456789ab";

/** Who was in service one after the other, each since so many hours. */
function changes(...of: [version: string, hoursAgo: number, deployed?: boolean][]): ModelChange[] {
  return of
    .map(([to, hoursAgo, deployed = false], i): ModelChange => {
      const deployment = deployed ? { id: "d_1", reason: "it was better" } : null;
      const change = { revision: i + 1, at: iso(NOW - hoursAgo * HOUR), from: of[i - 1]?.[0] ?? "rules", to };
      return { schema_version: 1, ...change, who: "system", why: "a test", deployment };
    })
    .reverse();
}

describe("a return to previous_good", () => {
  const returned = (hoursAgo: number) => changes([A, 200], ["rules", hoursAgo], [B, 1]);
  it.each<[string, ModelChange[], { stable: string; previous_good: string }, RegExp | null]>([
    ["goes to what was in service before", changes([A, 200], [B, 1]), { stable: B, previous_good: A }, null],
    ["goes to what a better one has replaced", changes([A, 200], [B, 1, true]), { stable: B, previous_good: A }, null],
    [
      "goes nowhere but where one is not",
      changes([A, 200]),
      { stable: A, previous_good: A },
      /nothing else to return to$/,
    ],
    [
      "does not go to what was itself returned from 71 h ago",
      returned(71),
      { stable: B, previous_good: A },
      /was returned from at 2026-03-07T11:00:00.000Z, and is not returned to within 72 h$/,
    ],
    ["goes there again after 72", returned(72), { stable: B, previous_good: A }, null],
    ["goes to the rules, which nobody has returned from", returned(71), { stable: B, previous_good: "rules" }, null],
    [
      "goes to what a deployment has replaced with what had been in service before",
      changes([B, 200], [A, 100], [B, 10, true]),
      { stable: B, previous_good: A },
      null,
    ],
  ])("%s", (_what, log, routing, expected) => {
    const found = noReturn({ routing, changes: log, serverMs: NOW }, 72);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(expected);
  });
});
