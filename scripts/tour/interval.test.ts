import { describe, expect, it } from "vitest";
import { Draws } from "../crowd/draws.ts";
import { meanOverVisitors } from "./interval.ts";

describe("mean over visitors", () => {
  it("weighs visits, not visitors", () => {
    const observations = [1, 1, 1, 0].map((value, i) => ({ visitor: i < 3 ? 0 : 1, value }));
    expect(meanOverVisitors(observations, 1)[1]).toBe(0.75);
  });

  it("has no width where all visits are alike", () => {
    const observations = Array.from({ length: 50 }, (_, visitor) => ({ visitor, value: 0.25 }));
    expect(meanOverVisitors(observations, 1)).toEqual([0.25, 0.25, 0.25]);
  });

  it("has the width of 1.96 standard errors for independent visitors", () => {
    const draws = new Draws(1, "visit", 0);
    const observations = Array.from({ length: 1000 }, (_, visitor) => ({ visitor, value: Number(draws.chance(0.3)) }));
    const [low, mean, high] = meanOverVisitors(observations, 1);
    const width = 2 * 1.96 * Math.sqrt((mean * (1 - mean)) / 1000);
    expect((high - low) / width).toBeGreaterThan(0.92);
    expect((high - low) / width).toBeLessThan(1.08);
    expect(low).toBeLessThan(mean);
  });

  it("is not fooled by a visitor who comes four times: the interval is twice as wide as that of the visits", () => {
    const draws = new Draws(2, "visit", 0);
    const visitors = Array.from({ length: 250 }, () => Number(draws.chance(0.3)));
    const clustered = visitors.flatMap((value, visitor) => [0, 1, 2, 3].map(() => ({ visitor, value })));
    const apart = clustered.map(({ value }, visitor) => ({ visitor, value }));
    const width = ([low, , high]: readonly number[]) => (high ?? 0) - (low ?? 0);
    const factor = width(meanOverVisitors(clustered, 1)) / width(meanOverVisitors(apart, 1));
    expect(factor).toBeGreaterThan(1.8);
    expect(factor).toBeLessThan(2.2);
  });

  it("is the same for the same seed, and refuses to speak of nothing", () => {
    const observations = Array.from({ length: 30 }, (_, visitor) => ({ visitor, value: visitor % 7 }));
    expect(meanOverVisitors(observations, 3)).toEqual(meanOverVisitors(observations, 3));
    expect(() => meanOverVisitors([], 1)).toThrow(RangeError);
  });
});
