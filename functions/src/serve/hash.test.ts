import { describe, expect, it } from "vitest";
import { BUCKETS, bucket } from "./hash.ts";

describe("bucket", () => {
  // The rows of hash version 2 in GrowthBook's language-neutral vectors, specVersion 0.8.0: key "hash" of
  // packages/sdk-js/test/cases.json in github.com/growthbook/growthbook, given there as a share of 1.
  it.each([
    { salt: "seed", unit: "a", share: 0.0505 },
    { salt: "seed", unit: "b", share: 0.2696 },
    { salt: "foo", unit: "ab", share: 0.2575 },
    { salt: "foo", unit: "def", share: 0.2019 },
    { salt: "89123klj", unit: "8952klfjas09ujkasdf", share: 0.124 },
    { salt: "90850943850283058242805", unit: "123", share: 0.7516 },
    { salt: "()**(%$##$%#$#", unit: '___)((*":&', share: 0.0128 },
  ])("puts $unit under $salt where GrowthBook does", ({ salt, unit, share }) => {
    expect(bucket(salt, unit) / BUCKETS).toBe(share);
  });

  it("fills all buckets evenly", () => {
    const tenths = Array<number>(10).fill(0);
    const n = 50_000;
    for (let i = 0; i < n; i++) {
      const tenth = Math.floor(bucket("salt", `visitor-${i}`) / 1000);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    const chiSquare = tenths.reduce((sum, count) => sum + (count - n / 10) ** 2 / (n / 10), 0);
    // scipy.stats.chi2.ppf(0.999, 9)
    expect(chiSquare).toBeLessThan(27.877);
  });
});
