import { describe, expect, it } from "vitest";
import { iso } from "../shared/time.ts";
import { wholeWeeks } from "./whole-weeks.ts";

describe("the weeks since a version came in service", () => {
  const found = (since: string, mature: string) => {
    const weeks = wholeWeeks({ sinceMs: Date.parse(since), matureMs: Date.parse(mature) });
    return (
      weeks &&
      [weeks.now, weeks.before].map(({ fromMs, toMs }) =>
        `${iso(fromMs)} ${iso(toMs)}`.replaceAll("T00:00:00.000Z", ""),
      )
    );
  };
  const BEFORE = "2026-02-01 2026-03-01";

  it.each<[string, string, string, string[] | null]>([
    ["are none before the first is over", "2026-03-01T08:00:00Z", "2026-03-08T23:59:59.999Z", null],
    [
      "begin with the first whole day",
      "2026-03-01T08:00:00Z",
      "2026-03-09T00:00:00Z",
      ["2026-03-02 2026-03-09", BEFORE],
    ],
    ["begin at once at midnight", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z", ["2026-03-01 2026-03-08", BEFORE]],
    ["are the last whole ones", "2026-03-01T08:00:00Z", "2026-03-15T12:00:00Z", ["2026-03-08 2026-03-15", BEFORE]],
    ["are two after two", "2026-03-01T08:00:00Z", "2026-03-16T12:00:00Z", ["2026-03-02 2026-03-16", BEFORE]],
    ["are four at most", "2026-03-01T08:00:00Z", "2026-06-29T12:00:00Z", ["2026-06-01 2026-06-29", BEFORE]],
    ["are none where nobody knows", iso(0), "2026-03-09T00:00:00Z", null],
  ])("%s", (_what, since, mature, expected) => {
    expect(found(since, mature)).toEqual(expected);
  });
});
