import { describe, expect, it } from "vitest";
import type { ModelChange } from "../serve/schema.ts";
import { historyInWords } from "./history-in-words.ts";

const VERSION = "v_20260928T051200Z_0123456789ab";
const change = (differences: Partial<ModelChange>): ModelChange => ({
  schema_version: 1,
  revision: 7,
  at: "2026-09-28T06:00:00.000Z",
  from: "rules",
  to: VERSION,
  who: "system",
  why: "every stage has passed",
  deployment: { id: `d.${VERSION}`, reason: "accuracy over density: candidate 80.00 %, rules 60.00 %" },
  ...differences,
});

describe("the history", () => {
  it("says what took whose place, by whom, why, and with which figures", () => {
    expect(historyInWords([change({})])).toBe(
      `**2026-09-28T06:00:00.000Z** the rules → ${VERSION}  \n` +
        "by system, revision 7: every stage has passed  \n" +
        `d.${VERSION}, since accuracy over density: candidate 80.00 %, rules 60.00 %`,
    );
  });

  it("keeps what people wrote in its line, and has no deployment where there was none", () => {
    const byHand = change({ who: "ana", why: "too\n\n# dark", from: VERSION, to: "rules", deployment: null });
    expect(historyInWords([byHand, change({})]).split("\n\n")[0]).toBe(
      `**2026-09-28T06:00:00.000Z** ${VERSION} → the rules  \nby ana, revision 7: too # dark`,
    );
  });

  it("has a sentence where nothing is on record, be it a new site or one from before there was a log", () => {
    expect(historyInWords([])).toBe("No change of the model in service is on record.");
  });
});
