import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign } from "./assign.ts";
import { BUCKETS, bucket } from "./hash.ts";
import { type Canary, FIRST_ROUTING, type Routing } from "./schema.ts";

const STABLE = "v_20260901T000000Z_aaaaaaaaaaaa";
const CANDIDATE = "v_20260928T000000Z_bbbbbbbbbbbb";

function routing(share: number | null, change: Partial<Routing> = {}, salt = "deployment-1"): Routing {
  const canary: Canary | null = share === null ? null : { deployment: "d", version: CANDIDATE, share, salt };
  return { ...FIRST_ROUTING, stable: STABLE, holdback_share: 0, canary, ...change };
}

/** The first visitor whose bucket under a salt is this one. */
function unitIn(salt: string, place: number): string {
  for (let i = 0; ; i++) if (bucket(salt, `u${i}`) === place) return `u${i}`;
}

const share = fc.integer({ min: 0, max: 5000 }).map((buckets) => buckets / BUCKETS);
const unit = fc.string({ minLength: 1, maxLength: 40 });

describe("assignment", () => {
  it.each([
    { name: "the last treated of 5 %", share: 0.05, place: 499, arm: "treatment" },
    { name: "the first after 5 %", share: 0.05, place: 500, arm: "stable" },
    { name: "the last before the control", share: 0.05, place: 4999, arm: "stable" },
    { name: "the first of the control", share: 0.05, place: 5000, arm: "control" },
    { name: "the last of the control", share: 0.05, place: 9999, arm: "control" },
    { name: "the last treated of 7 %, which is not exact in binary", share: 0.07, place: 699, arm: "treatment" },
    { name: "the first after 7 %", share: 0.07, place: 700, arm: "stable" },
    { name: "the last treated of one half", share: 0.5, place: 4999, arm: "treatment" },
    { name: "the first control of one half", share: 0.5, place: 5000, arm: "control" },
    { name: "above one half there is no control", share: 0.75, place: 7500, arm: "stable" },
    { name: "above one half the treatment goes on", share: 0.75, place: 7499, arm: "treatment" },
    { name: "everyone", share: 1, place: 9999, arm: "treatment" },
    { name: "nobody, with the control in place", share: 0, place: 0, arm: "stable" },
    { name: "without a candidate", share: null, place: 0, arm: "stable" },
  ])("$name: bucket $place is $arm", ({ share, place, arm }) => {
    const version = arm === "treatment" ? CANDIDATE : STABLE;
    expect(assign(routing(share), unitIn("deployment-1", place))).toEqual({ arm, version });
  });

  it.each([
    { name: "the last held back of 2 %", place: 199, expected: { arm: "holdback", version: "rules" } },
    { name: "the first after 2 %", place: 200, expected: { arm: "treatment", version: CANDIDATE } },
  ])("the holdback comes before the candidate: $name", ({ place, expected }) => {
    expect(assign(routing(1, { holdback_share: 0.02 }), unitIn("holdback", place))).toEqual(expected);
  });

  it("never moves anybody between arms by raising a share up to one half, but from stable to treatment", () => {
    fc.assert(
      fc.property(share, share, unit, (a, b, visitor) => {
        const before = assign(routing(Math.min(a, b)), visitor).arm;
        const after = assign(routing(Math.max(a, b)), visitor).arm;
        expect(after === before || (before === "stable" && after === "treatment")).toBe(true);
      }),
    );
  });

  it("never takes a treated visitor back by raising a share, up to everyone", () => {
    const any = fc.integer({ min: 0, max: BUCKETS }).map((buckets) => buckets / BUCKETS);
    fc.assert(
      fc.property(any, any, unit, (a, b, visitor) => {
        const treated = (share: number) => assign(routing(share), visitor).arm === "treatment";
        expect(treated(Math.min(a, b)) && !treated(Math.max(a, b))).toBe(false);
      }),
    );
  });

  it("keeps a visitor's arm whatever else of the routing changes", () => {
    fc.assert(
      fc.property(share, unit, fc.nat(), (c, visitor, revision) => {
        const other = routing(c, { revision, stable: "rules", exploration_share: 0.5 });
        expect(assign(other, visitor).arm).toBe(assign(routing(c), visitor).arm);
      }),
    );
  });

  it("deals visitors of one deployment's arms evenly into the next one's, and into the holdback", () => {
    const salts = ["deployment-1", "deployment-2", "deployment-3", "holdback"];
    for (const [i, first] of salts.entries()) {
      for (const second of salts.slice(i + 1)) expect(chiSquare(first, second)).toBeLessThan(27.877);
    }
  });
});

/** Chi-square of independence of a 4 x 4 table of two salts' quarters; 99.9 % of tables stay under chi2.ppf(0.999, 9) = 27.877. */
function chiSquare(first: string, second: string): number {
  const n = 20_000;
  const table = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  const quarter = (salt: string, unit: string) => Math.floor((bucket(salt, unit) * 4) / BUCKETS);
  for (let i = 0; i < n; i++) {
    const row = table[quarter(first, `visitor-${i}`)] ?? [];
    const column = quarter(second, `visitor-${i}`);
    row[column] = (row[column] ?? 0) + 1;
  }
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  const columns = [0, 1, 2, 3].map((column) => sum(table.map((row) => row[column] ?? 0)));
  return sum(
    table.flatMap((row) =>
      columns.map((total, column) => {
        const expected = (sum(row) * total) / n;
        return ((row[column] ?? 0) - expected) ** 2 / expected;
      }),
    ),
  );
}
