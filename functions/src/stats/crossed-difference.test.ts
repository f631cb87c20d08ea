import { describe, expect, it } from "vitest";
import { crossedDifference } from "./crossed-difference.ts";
import { tQuantile } from "./distributions.ts";
import { stratifiedDifference } from "./stratified-difference.ts";

const FIRST = {
  control: { y: [3, 1, 4, 2], w: [10, 8, 12, 9] },
  treatment: { y: [6, 5, 9, 4], w: [14, 11, 20, 12] },
};
const SECOND = {
  control: { y: [2, 0, 5, 1], w: [6, 7, 13, 5] },
  treatment: { y: [8, 3, 7, 6], w: [18, 9, 15, 16] },
};

describe("a difference over strata with the same buckets", () => {
  it("is that of the formula worked out in Python", () => {
    // F, S = the strata above; h = Wt*Wc/(Wt+Wc); r_b = sum_h h*(y_b - R*w_b)/W / sum(h)
    // square = n/(n-1) * sum(r_b**2); df = sum(squares)**2 / sum(squares**2/(n-1))
    const found = crossedDifference([FIRST, SECOND]);
    expect(found).toMatchObject({ status: "measured", weights: { control: 70, treatment: 115 } });
    if (found.status !== "measured") throw new Error(found.reason);
    for (const [name, value] of Object.entries(WORKED_OUT))
      expect(found[name as keyof typeof WORKED_OUT]).toBeCloseTo(value, 10);
  });

  it("is the stratified one if there is one stratum", () => {
    const [crossed, stratified] = [crossedDifference([FIRST]), stratifiedDifference([FIRST], { guarded: false })];
    if (crossed.status !== "measured" || stratified.status !== "measured") throw new Error("not measured");
    expect(crossed.difference).toBeCloseTo(stratified.difference, 12);
    expect(crossed.standardError).toBeCloseTo(stratified.standardError, 12);
    expect(crossed.degreesOfFreedom).toBeCloseTo(stratified.degreesOfFreedom, 12);
  });

  it("is no surer for a day that is the same again, where independent strata would be", () => {
    const [once, twice] = [crossedDifference([FIRST]), crossedDifference([FIRST, FIRST])];
    const independent = stratifiedDifference([FIRST, FIRST], { guarded: false });
    if (once.status !== "measured" || twice.status !== "measured" || independent.status !== "measured")
      throw new Error();
    expect(twice.standardError).toBeCloseTo(once.standardError, 12);
    expect(independent.standardError).toBeCloseTo(once.standardError / Math.SQRT2, 12);
  });

  it.each([
    ["no stratum", [], "no stratum with both arms"],
    ["an arm that is empty", [{ ...FIRST, control: { y: [0], w: [0] } }], "no stratum with both arms"],
    ["an arm of one bucket", [{ ...FIRST, control: { y: [1], w: [4] } }], "fewer than two buckets"],
    ["arms that do not vary", [{ control: { y: [1, 1], w: [1, 1] }, treatment: { y: [1, 1], w: [1, 1] } }], "varies"],
  ])("is insufficient for %s", (_, strata, reason) => {
    expect(crossedDifference(strata)).toMatchObject({
      status: "insufficient_data",
      reason: expect.stringContaining(reason),
    });
  });
});

describe("its 95 % interval", () => {
  it("holds the truth in 95 % of 1000 months in which visitors come back on other days", () => {
    const random = mulberry32(7);
    let [held, heldByIndependent] = [0, 0];
    for (let month = 0; month < MONTHS; month++) {
      const strata = someMonth(random);
      held += Number(holds(crossedDifference(strata)));
      heldByIndependent += Number(holds(stratifiedDifference(strata, { guarded: false })));
    }
    // Three standard errors of a share of 1000: 0.021.
    expect(Math.abs(held / MONTHS - 0.95)).toBeLessThan(0.021);
    // Days taken for independent hold less than they say.
    expect(heldByIndependent / MONTHS).toBeLessThan(0.9);
  });
});

const WORKED_OUT = {
  difference: 0.16048912823419853,
  standardError: 0.07074298291088,
  degreesOfFreedom: 3.695264168664478,
  control: 0.2571810341337004,
  treatment: 0.41767016236789895,
};
const MONTHS = 1000;
const DAYS = 5;
const BUCKETS = 128;
const TRUE_DIFFERENCE = 0.05;

function holds(of: ReturnType<typeof crossedDifference> | ReturnType<typeof stratifiedDifference>): boolean {
  if (of.status !== "measured") return false;
  const half = tQuantile(0.975, of.degreesOfFreedom) * of.standardError;
  return Math.abs(of.difference - TRUE_DIFFERENCE) <= half;
}

/** 300 visitors in the control and 900 in the treatment, each with a rate of its own, who come once on most days. */
function someMonth(random: () => number) {
  const strata = Array.from({ length: DAYS }, () => ({ control: emptyArm(), treatment: emptyArm() }));
  for (const [arm, visitors, rate] of [
    ["control", 300, 0.2],
    ["treatment", 900, 0.2 + TRUE_DIFFERENCE],
  ] as const) {
    for (let visitor = 0; visitor < visitors; visitor++) {
      const bucket = Math.floor(random() * BUCKETS);
      // Half of them engage on most visits they make, half hardly ever.
      const own = random() < 0.5 ? rate * 1.8 : rate * 0.2;
      for (const stratum of strata) {
        if (random() < 0.3) continue;
        const sums = stratum[arm];
        sums.w[bucket] = (sums.w[bucket] ?? 0) + 1;
        sums.y[bucket] = (sums.y[bucket] ?? 0) + Number(random() < own);
      }
    }
  }
  return strata;
}

function emptyArm() {
  return { y: new Float64Array(BUCKETS), w: new Float64Array(BUCKETS) };
}

/** A small seeded generator (Tommy Ettinger's mulberry32), 0-1. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
