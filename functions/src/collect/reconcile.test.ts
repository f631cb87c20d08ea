import { describe, expect, it } from "vitest";
import { hourId } from "../shared/time.ts";
import { addHours, afterReconciling, closedHours, HOUR_MS, hourOf, KEPT_HOURS } from "./reconcile.ts";
import type { FoldState } from "./schema.ts";

const at = (time: string): string => `2026-09-28T${time}:00.000Z`;
const NOW = Date.parse(at("09:30"));

function state(differences: Partial<FoldState>): FoldState {
  return {
    schema_version: 1,
    watermark: { fold_after: at("09:20"), id: "a" },
    folded: 100,
    last_event_at: null,
    folded_at: null,
    lease: null,
    unreconciled: { "2026-09-28T06Z": 5, "2026-09-28T08Z": 7, "2026-09-28T09Z": 1 },
    reconciled_until: at("06:00"),
    ...differences,
  };
}

const hours = (of: FoldState, { nowMs = NOW, complete = false, limit = 48 } = {}) =>
  closedHours(of, { nowMs, complete, limit }).map(
    ({ startMs, folded }) => `${new Date(startMs).getUTCHours()}: ${folded}`,
  );

describe("closed hours", () => {
  it.each([
    {
      name: "are all that the fold has passed, empty ones too",
      of: {},
      options: {},
      expected: ["6: 5", "7: 0", "8: 7"],
    },
    { name: "are a few at a time", of: {}, options: { limit: 2 }, expected: ["6: 5", "7: 0"] },
    {
      name: "wait for the fold",
      of: { watermark: { fold_after: at("07:59"), id: "a" } },
      options: {},
      expected: ["6: 5"],
    },
    {
      name: "do not wait for a fold that has nothing to do",
      of: { watermark: { fold_after: at("07:59"), id: "a" } },
      options: { complete: true },
      expected: ["6: 5", "7: 0", "8: 7"],
    },
    {
      name: "wait for late commits",
      of: {},
      options: { nowMs: Date.parse(at("09:09")), complete: true },
      expected: ["6: 5", "7: 0"],
    },
    {
      name: "begin after the first that was counted",
      of: { reconciled_until: undefined },
      options: {},
      expected: ["7: 0", "8: 7"],
    },
    {
      name: "are not those of which nothing is kept any more",
      of: {
        unreconciled: Object.fromEntries(
          Array.from({ length: KEPT_HOURS }, (_, i) => [hourId(Date.parse(at("07:00")) + i * HOUR_MS), 1]),
        ),
        reconciled_until: at("00:00"),
      },
      options: {},
      expected: ["7: 1", "8: 1"],
    },
    {
      name: "are none where an hour's name was spoilt",
      of: { reconciled_until: undefined, unreconciled: { yesterday: 5 } },
      options: {},
      expected: [],
    },
    {
      name: "are none before the first fold",
      of: { watermark: { fold_after: "", id: "" } },
      options: {},
      expected: [],
    },
    {
      name: "are none where nothing was counted",
      of: { reconciled_until: undefined, unreconciled: undefined },
      options: {},
      expected: [],
    },
  ])("$name", ({ of, options, expected }) => {
    expect(hours(state(of as Partial<FoldState>), options)).toEqual(expected);
  });
});

describe("an hour that is reconciled", () => {
  const six = { startMs: Date.parse(at("06:00")), folded: 5 };
  it("is no longer counted, and the next one is next", () => {
    const after = afterReconciling(state({}), six, 2);
    expect(after).toMatchObject({ folded: 102, reconciled_until: at("07:00") });
    expect(Object.keys(after?.unreconciled ?? {})).toEqual(["2026-09-28T08Z", "2026-09-28T09Z"]);
    expect(after === null ? [] : hours(after)).toEqual(["7: 0", "8: 7"]);
  });

  it.each([
    ["it was folded meanwhile", { ...six, folded: 4 }],
    ["it was reconciled before", { startMs: Date.parse(at("05:00")), folded: 0 }],
  ])("is left alone where %s", (_, hour) => {
    expect(afterReconciling(state({}), hour, 0)).toBeNull();
  });
});

describe("counts of hours", () => {
  it("add up, and the oldest are forgotten", () => {
    const many = Object.fromEntries(Array.from({ length: KEPT_HOURS }, (_, i) => [hourId(i * HOUR_MS), 1]));
    const counts = addHours(many, { [hourId(5 * HOUR_MS)]: 2, [hourId(KEPT_HOURS * HOUR_MS)]: 7 });
    expect(Object.keys(counts)).toHaveLength(KEPT_HOURS);
    expect(counts[hourId(0)]).toBeUndefined();
    expect(counts[hourId(5 * HOUR_MS)]).toBe(3);
    expect(counts[hourId(KEPT_HOURS * HOUR_MS)]).toBe(7);
  });

  it.each([
    ["2026-09-28T06:31:00.000Z", "2026-09-28T06Z"],
    ["2026-09-28T06:spoilt", "2026-09-28T06Z"],
    ["2026-spoilt", null],
    ["", null],
  ])("are of the hour of a time as it is stored: %s", (time, hour) => expect(hourOf(time)).toBe(hour));
});
