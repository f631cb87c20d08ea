import { describe, expect, it } from "vitest";
import type { LogBody } from "../../functions/src/collect/schema.ts";
import { emptyTally, logLines, MISCHIEF, type Mischief, mischiefOf } from "./page-log.ts";

const log = {
  receipt: "payload.k1.macmacmacmac",
  scroll_depth: 0.5,
  consent: { granted: true, at: "2026-09-28T05:00:00Z" },
  padding: "x".repeat(80),
} as unknown as LogBody;

describe("mischief", () => {
  it.each<{ mischief: Mischief | undefined; lines: number; tally: object }>([
    { mischief: undefined, lines: 1, tally: { accepted: 1 } },
    { mischief: "late", lines: 1, tally: { accepted: 1 } },
    { mischief: "doubled", lines: 2, tally: { accepted: 1, duplicates: 1 } },
    { mischief: "broken", lines: 1, tally: { quarantined: 1, codes: { out_of_range: 1 } } },
    { mischief: "cut", lines: 1, tally: { rejected: 1, codes: { unparsable: 1 } } },
    { mischief: "no_consent", lines: 1, tally: { rejected: 1, codes: { no_consent: 1 } } },
    { mischief: "forged", lines: 1, tally: { rejected: 1, codes: { receipt_forged: 1 } } },
  ])("$mischief: $lines lines that have to count $tally", ({ mischief, lines, tally }) => {
    const expected = emptyTally();
    expect(logLines(log, mischief, expected)).toHaveLength(lines);
    expect(expected).toEqual({ ...emptyTally(), ...tally });
  });

  it("cuts a line so that it cannot be read, and forges only the receipt's signature", () => {
    const [cut = ""] = logLines(log, "cut", emptyTally());
    expect(() => JSON.parse(cut)).toThrow();
    const [forged = ""] = logLines(log, "forged", emptyTally());
    expect(JSON.parse(forged)).toEqual({ ...log, receipt: "payload.k1.macmacAAAAAA" });
  });

  it("happens to three logs in a hundred, every kind of it", () => {
    const all = Array.from({ length: 10_000 }, (_, i) => mischiefOf(1, i)).filter((kind) => kind !== undefined);
    expect(all.length).toBeGreaterThan(240);
    expect(all.length).toBeLessThan(360);
    expect(new Set(all)).toEqual(new Set(MISCHIEF));
  });
});
