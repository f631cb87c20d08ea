import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import type { ServingWindow } from "../serve/schema.ts";
import { closeServingWindow, countVisit, emptyServingWindow } from "../serve/serving-window.ts";
import { hash64, visitorBucket } from "../shared/visitor-buckets.ts";
import { type ArmSums, addArms, armSums, commonSample } from "./arm-sums.ts";
import { foldInto } from "./fold.ts";
import type { Window } from "./schema.ts";

const ARM = { arm: "treatment", assigned_version: "rules", model_version: "rules" } as const;
const DAY = Date.parse("2026-09-28T00:00:00.000Z");
const HOUR_MS = 3_600_000;
const END = { matchedUntilMs: DAY + 24 * HOUR_MS };

interface Visit {
  minute: number;
  unit: string;
  routing_revision: number;
  shard?: number;
}
const at = (minute: number): string => new Date(DAY + minute * 60_000).toISOString();

/** Windows of one hour of what was logged. */
function logged(...visits: Visit[]): Window[] {
  const logs = visits.map(({ minute, ...visit }) => someLog({ ...ARM, event_at: at(minute), ...visit }));
  return [...foldInto(new Map(), logs).values()].filter(({ granularity }) => granularity === "1h");
}

/** A serving window for each visit, as if each had its own instance; every answer takes 2 ms. */
function served(...visits: Visit[]): ServingWindow[] {
  return visits.map(({ minute, unit, routing_revision }) => {
    const receipt = { ...ARM, event_at: at(minute), unit, routing_revision };
    const window = emptyServingWindow(receipt);
    countVisit(window, { receipt, stale: false, latency: 2 });
    return closeServingWindow(window);
  });
}

/** One sum of all buckets together. */
const total = (sums: Float64Array | undefined, width: number, of: number): number =>
  (sums ?? new Float64Array()).filter((_, i) => i % width === of).reduce((a, b) => a + b, 0);
const matched = (sums: ArmSums | undefined) => [total(sums?.matched, 2, 0), total(sums?.matched, 2, 1)];

const visit = (minute: number, unit: string, routing_revision = 1): Visit => ({ minute, unit, routing_revision });

describe("the sums of an arm", () => {
  it("over several strata are those of all, as if the routing had not been edited", () => {
    const edited = [visit(0, "a"), visit(1, "b"), visit(2, "c", 2), visit(3, "d", 3)];
    const plain = edited.map((of) => ({ ...of, routing_revision: 1 }));
    const [whole] = armSums(logged(...plain), served(...plain), END).values();
    expect(addArms([...armSums(logged(...edited), served(...edited), END).values()])).toEqual(whole);
  });

  it("are kept apart by routing revision, over hours and shards, and visitors are counted once", () => {
    const visits = [visit(0, "a"), { ...visit(1, "b"), shard: 1 }, visit(70, "a"), visit(71, "a", 2)];
    const sums = armSums(logged(...visits), served(...visits, visit(72, "c", 2)), END);
    expect([...sums.keys()].sort()).toEqual([1, 2]);
    expect(sums.get(1)).toMatchObject({ visitors: 2, visits: 3, erred: 0, negative: 0 });
    expect(sums.get(2)).toMatchObject({ visitors: 1, visits: 1 });
    const units = ["a", "b"].map(hash64).sort((x, y) => (x < y ? -1 : 1));
    expect([...(sums.get(1)?.sample ?? [])]).toEqual(units);
    expect(sums.get(1)?.outcomes[visitorBucket(hash64("a")) * 9]).toBe(2);
    expect([total(sums.get(1)?.served, 2, 0), total(sums.get(1)?.served, 2, 1)]).toEqual([3, 6000]);
    expect(total(sums.get(2)?.served, 2, 0)).toBe(2);
  });

  it("count a visitor of several revisions of one stretch once, and leave out what belongs to none", () => {
    const visits = [visit(0, "old", 1), visit(1, "a", 2), visit(70, "a", 3), visit(71, "b", 3), visit(72, "a", 5)];
    const stretchOf = (revision: number) => (revision < 2 ? null : revision < 5 ? 2 : 5);
    const sums = armSums(logged(...visits), served(...visits), { ...END, stretchOf });
    expect([...sums.keys()].sort()).toEqual([2, 5]);
    expect(sums.get(2)).toMatchObject({ visitors: 2, visits: 3 });
    expect(sums.get(2)?.sample).toHaveLength(2);
    expect(total(sums.get(2)?.served, 2, 0)).toBe(3);
    expect(matched(sums.get(2))).toEqual([3, 3]);
    expect(sums.get(5)).toMatchObject({ visitors: 1, visits: 1 });
  });

  it("tell of a revision that has no log yet", () => {
    const sums = armSums([], served(visit(0, "a", 5)), END);
    expect(sums.get(5)).toMatchObject({ visitors: 0, visits: 0, erred: 0, negative: 0 });
    expect(sums.get(5)?.sample).toHaveLength(0);
    expect(matched(sums.get(5))).toEqual([1, 0]);
  });

  it.each([
    { name: "an hour that has ended by then", until: 60, expected: [2, 1] },
    { name: "not an hour that has not, by a millisecond", until: 60 - 1 / 60_000, expected: [0, 0] },
    { name: "two hours", until: 120, expected: [3, 2] },
  ])("match predictions and logs of $name", ({ until, expected }) => {
    const visits = [visit(0, "a"), visit(59, "b"), visit(60, "c")];
    const sums = armSums(logged(...visits.filter(({ unit }) => unit !== "b")), served(...visits), {
      matchedUntilMs: DAY + until * 60_000,
    });
    expect(matched(sums.get(1))).toEqual(expected);
    expect(total(sums.get(1)?.served, 2, 0)).toBe(3);
  });

  it("match no hour of which either side tells only a part", () => {
    const visits = [visit(0, "a"), visit(60, "b")];
    const [first, second] = logged(...visits);
    const windows = [second as Window, withoutAnalysed(first as Window)];
    expect(matched(armSums(windows, served(...visits), END).get(1))).toEqual([1, 1]);
    const [whole, { by_revision: _none, ...earlier }] = served(...visits) as [ServingWindow, ServingWindow];
    expect(matched(armSums(logged(...visits), [whole, earlier], END).get(1))).toEqual([1, 1]);
  });

  it("match no hour that has dropped the revision, and every one that never had it", () => {
    const later = Array.from({ length: 8 }, (_, i) => visit(i, "a", 10 + i));
    const windows = logged(visit(30, "old", 9), ...later);
    const sums = armSums(windows, served(visit(30, "old", 9), visit(31, "new", 18)), END);
    expect(Object.keys(windows[0]?.by_revision ?? {})).not.toContain("9");
    expect(matched(sums.get(9))).toEqual([0, 0]);
    expect(matched(sums.get(18))).toEqual([1, 0]);
    // Revisions that a window has, and tells no longer, have none of its visits either.
    expect(sums.get(10)).toBeUndefined();
    expect(sums.get(17)).toMatchObject({ visits: 1 });
  });

  it("are the same however the visits were folded", () => {
    const visits = fc.array(
      fc.record({
        minute: fc.integer({ min: 0, max: 300 }),
        unit: fc.constantFrom("a", "b", "c", "d"),
        routing_revision: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(visits, fc.nat({ max: 30 }), (all, cut) => {
        const apart = [
          ...logged(...all.slice(0, cut)),
          ...logged(...all.slice(cut).map((of) => ({ ...of, shard: 1 }))),
        ];
        expect(armSums(apart, served(...all), END)).toEqual(armSums(logged(...all), served(...all), END));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a sample that arms have in common", () => {
  /** `n` visitors' hashes, evenly spread, of which 1024 are kept. */
  const spread = (n: number, from = 0n): BigUint64Array =>
    BigUint64Array.from({ length: Math.min(n, 1024) }, (_, i) => from + (BigInt(i) * 2n ** 64n) / BigInt(n));

  it.each([
    { name: "everybody while all are kept", visitors: [700, 60], counts: [700, 60] },
    { name: "as many of each as their share, once one is full", visitors: [10_240, 1024], counts: [1024, 103] },
    { name: "the least threshold of all that are full", visitors: [4096, 2048, 1024, 8], counts: [1024, 512, 256, 2] },
    { name: "nobody", visitors: [0, 0], counts: [0, 0] },
  ])("has $name: $visitors give $counts", ({ visitors, counts }) => {
    expect(commonSample(visitors.map((n) => spread(n)))).toEqual(counts);
  });

  it("is in the ratio of the arms: one to ten, of 5500 visitors", () => {
    const arms = ["treatment", "control"].map((arm) => {
      const visits = Array.from({ length: arm === "control" ? 5000 : 500 }, (_, i) => visit(i % 60, `${arm}-${i}`));
      return armSums(logged(...visits), [], END).get(1)?.sample ?? new BigUint64Array();
    });
    const [treatment = 0, control = 0] = commonSample(arms);
    expect(control).toBe(1024);
    // A hypergeometric count: mean 102.4, sd 9.1.
    expect(Math.abs(treatment - 102.4)).toBeLessThan(4 * 9.1);
  });
});

function withoutAnalysed(window: Window): Window {
  const revisions = Object.entries(window.by_revision).map(([revision, { visits, units }]) => [
    revision,
    { visits, units },
  ]);
  return { ...window, by_revision: Object.fromEntries(revisions) };
}
