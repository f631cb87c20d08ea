import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chiSquareTest } from "../stats/chi-square.ts";
import { assign, isAnalysed } from "./assign.ts";
import { BUCKETS, bucket } from "./hash.ts";
import { type Arm, type Canary, FIRST_ROUTING, type RoutedExperiment, type Routing } from "./schema.ts";

const STABLE = "v_20260901T000000Z_aaaaaaaaaaaa";
const CANDIDATE = "v_20260928T000000Z_bbbbbbbbbbbb";

function routing(share: number | null, change: Partial<Routing> = {}, salt = "deployment-1"): Routing {
  const canary: Canary | null = share === null ? null : { deployment: "d", version: CANDIDATE, share, salt };
  return { ...FIRST_ROUTING, stable: STABLE, holdback_share: 0, canary, ...change };
}

const OTHER = "v_20260915T000000Z_cccccccccccc";
const experiment: RoutedExperiment = {
  id: "e1",
  salt: "experiment-1",
  arms: [
    { name: "now", version: STABLE, from: 0, to: 0.07 },
    { name: "other", version: OTHER, from: 0.07, to: 0.5 },
    { name: "rules", version: "rules", from: 0.5, to: 0.6 },
  ],
};

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

  it.each([
    { name: "the first of all", place: 0, arm: "exp.e1.now", version: STABLE },
    { name: "the last of 7 %, which is not exact in binary", place: 699, arm: "exp.e1.now", version: STABLE },
    { name: "the first of the next arm", place: 700, arm: "exp.e1.other", version: OTHER },
    { name: "the first of the last arm", place: 5000, arm: "exp.e1.rules", version: "rules" },
    { name: "the last of all arms", place: 5999, arm: "exp.e1.rules", version: "rules" },
    { name: "the first who is in none", place: 6000, arm: "stable", version: STABLE },
  ])("an experiment has $name: bucket $place is $arm", ({ place, arm, version }) => {
    expect(assign(routing(null, { experiment }), unitIn("experiment-1", place))).toEqual({ arm, version });
  });

  it("keeps the holdback and a deployment's arms out of an experiment", () => {
    const both = routing(0.25, { holdback_share: 0.1, experiment });
    fc.assert(
      fc.property(unit, (visitor) => {
        const alone = assign({ ...both, experiment: null }, visitor);
        const together = assign(both, visitor);
        if (alone.arm !== "stable") expect(together).toEqual(alone);
        else expect(together).toEqual(assign({ ...both, canary: null }, visitor));
      }),
    );
  });

  it.each([
    ["stable", false],
    ["holdback", false],
    ["control", true],
    ["treatment", true],
    ["exp.e1.now", true],
  ] satisfies [Arm, boolean][])("analyses %s: %s", (arm, expected) => {
    expect(isAnalysed(arm)).toBe(expected);
  });

  it("deals visitors of one deployment's arms evenly into the next one's, an experiment's, and the holdback", () => {
    const salts = ["deployment-1", "deployment-2", "experiment-1", "holdback"];
    const places = salts.map((salt) => Array.from({ length: 100_000 }, (_, i) => quarter(salt, `visitor-${i}`)));
    for (const [i, first] of places.entries()) {
      for (const second of places.slice(i + 1)) {
        const table = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
        first.forEach((row, visitor) => {
          const cells = table[row] as number[];
          const column = second[visitor] as number;
          cells[column] = (cells[column] ?? 0) + 1;
        });
        // 1 in 1000 tables of independent salts has less; these salts do not.
        expect(chiSquareTest(table)).toMatchObject({ status: "measured", degreesOfFreedom: 9 });
        expect((chiSquareTest(table) as { pValue: number }).pValue).toBeGreaterThan(0.001);
      }
    }
  });

  it("assigns the arms of a deployment and of an experiment independently of one another", () => {
    const [canaryOnly, experimentOnly] = [routing(0.25), routing(null, { experiment })];
    const arms = ["treatment", "stable", "control"];
    const others = ["exp.e1.now", "exp.e1.other", "exp.e1.rules", "stable"];
    const table = arms.map(() => others.map(() => 0));
    for (let i = 0; i < 100_000; i++) {
      const row = table[arms.indexOf(assign(canaryOnly, `visitor-${i}`).arm)] as number[];
      const column = others.indexOf(assign(experimentOnly, `visitor-${i}`).arm);
      row[column] = (row[column] ?? 0) + 1;
    }
    const test = chiSquareTest(table);
    expect(test).toMatchObject({ status: "measured", degreesOfFreedom: 6 });
    expect((test as { pValue: number }).pValue).toBeGreaterThan(0.001);
  });
});

/** The quarter of all buckets, 0-3, that a unit falls into. */
function quarter(salt: string, unit: string): number {
  return Math.floor((bucket(salt, unit) * 4) / BUCKETS);
}
