import { describe, expect, it } from "vitest";
import { Lifecycle } from "../../functions/src/config.ts";
import { FEATURE_NAMES } from "../../functions/src/design/schema.ts";
import { accuracyDays } from "../../functions/src/evaluate/accuracy.ts";
import { isConfirmed } from "../../functions/src/evaluate/confirmed.ts";
import { judgeFeedback } from "../../functions/src/evaluate/feedback.ts";
import { comparison, judgeDay } from "../../functions/src/evaluate/judge-day.ts";
import { binomialCdf } from "../../functions/src/stats/distributions.ts";
import { referenceOf } from "../../functions/src/train/reference.ts";
import { someDay, someVisitor } from "../../test/some-visitors.ts";
import { Draws } from "../crowd/draws.ts";

const policy = Lifecycle.parse({}).triggers;

/** The largest number of right answers at which a day of so many visitors is below the threshold. */
function mostRight(count: number): number {
  const isBeyond = (right: number): boolean => {
    const day = someDay(count, (i) => someVisitor({ right: { density: i < right, font: true, theme: true } }));
    const [density] = accuracyDays(day.visitors, policy.accuracy);
    return density?.status === "measured" && density.isBeyond;
  };
  let [right, above] = [0, count];
  while (above - right > 1) {
    const middle = Math.floor((right + above) / 2);
    if (isBeyond(middle)) right = middle;
    else above = middle;
  }
  return right;
}

describe("how often the accuracy of a day is called too low", () => {
  it("is under 1 % where it is 0.78, of 100 visitors", () => {
    expect(binomialCdf(mostRight(100), 100, 0.78)).toBeLessThan(0.01);
  });

  it("is over 95 % where it is 0.70, of 1000 visitors", () => {
    expect(binomialCdf(mostRight(1000), 1000, 0.7)).toBeGreaterThan(0.95);
  });
});

describe("how often feedback is called too negative", () => {
  const least = (visitors: number): number => {
    const isBeyond = (negative: number): boolean => {
      const finding = judgeFeedback({ visitors, negative }, policy.negative_feedback);
      return finding.status === "measured" && finding.isBeyond;
    };
    let negative = visitors;
    while (isBeyond(negative - 1)) negative--;
    return negative;
  };

  it.each([
    { visitors: 100, share: 0.2, from: 0, to: 0.0005 },
    { visitors: 100, share: 0.25, from: 0, to: 0.015 },
    { visitors: 700, share: 0.32, from: 0.95, to: 1 },
  ])("of $visitors visitors with a true share of $share", ({ visitors, share, from, to }) => {
    const probability = 1 - binomialCdf(least(visitors) - 1, visitors, share);
    expect(probability).toBeGreaterThan(from);
    expect(probability).toBeLessThan(to);
  });
});

describe("three days of 1000 visitors against 2000 of the reference", () => {
  const CELLS_OF_A_DAY = 7;
  const SHARE = 0.22;
  /** 0.2563 ln((0.4763 / 0.5237) / (0.22 / 0.78)) = 0.30. */
  const CHANGED = 0.4763;
  const draws = new Draws(5, "visit", 0);
  const plain = someVisitor();
  const TOUCH = FEATURE_NAMES.indexOf("touch_enabled");
  const drawn = (share: number) => (i: number) => {
    const features = new Float32Array(plain.features);
    features[TOUCH] = Number(draws.chance(share));
    return { ...plain, cell: i % CELLS_OF_A_DAY, features };
  };

  const trained = () => {
    const visitors = Array.from({ length: 2000 }, (_, i) => drawn(SHARE)(i));
    const rows = {
      ids: visitors.map((_, i) => `visit ${i}`),
      unit: Int32Array.from(visitors.keys()),
      features: new Float64Array(visitors.length * FEATURE_NAMES.length),
      cell: Uint8Array.from(visitors, ({ cell }) => cell),
      eventMs: Float64Array.from(visitors, (_, i) => i * 310_000),
      language: visitors.map(({ language }) => language),
    };
    visitors.forEach(({ features }, i) => {
      rows.features.set(features, i * FEATURE_NAMES.length);
    });
    const nobody = new Uint8Array(visitors.length);
    return comparison(referenceOf(rows, { density: nobody, font: nobody, theme: nobody }), "", policy);
  };

  const found = (share: number, trials: number): { within: number; referenceVisitors: number } => {
    let within = 0;
    let worth = 0;
    for (let trial = 0; trial < trials; trial++) {
      const reference = trained();
      const beyond = Array.from({ length: 3 }, (): boolean => {
        const { features } = judgeDay(someDay(1000, drawn(share)), reference, policy);
        const touch = features.find(({ feature }) => feature === "touch_enabled");
        if (touch?.status !== "measured") throw new Error(touch?.reason);
        worth += touch.referenceVisitors / 3 / trials;
        return touch.isBeyond;
      });
      const [first = false, second = false, third = false] = beyond;
      if (isConfirmed([second, first, null]) || isConfirmed([third, second, first])) within++;
    }
    return { within: within / trials, referenceVisitors: worth };
  };

  it("find a PSI of 0.30 in 99 %", () => {
    const { within, referenceVisitors } = found(CHANGED, 100);
    expect(within).toBeGreaterThanOrEqual(0.99);
    expect(referenceVisitors).toBeGreaterThan(1900);
    expect(referenceVisitors).toBeLessThan(2001);
  });

  it("find nothing where nothing changed", () => {
    expect(found(SHARE, 30).within).toBe(0);
  });
});
