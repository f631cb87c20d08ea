import { describe, expect, it } from "vitest";
import { WATCHED_FEATURES } from "../../functions/src/evaluate/compared-features.ts";
import { someReference, someVisitor } from "../../test/some-visitors.ts";
import { parseShift, shiftOf } from "./shift.ts";

const reference = someReference(100, (i) =>
  someVisitor({
    features: { touch_enabled: Number(i < 22), viewport_area: i, user_density_group: i % 3, is_mobile: 1 },
  }),
);

describe("a change of a feature", () => {
  it.each([
    ["touch_enabled=0.3@20", { feature: "touch_enabled", amount: 0.3, day: 20 }],
    ["viewport_area=1@0", { feature: "viewport_area", amount: 1, day: 0 }],
    ["hour_of_day=1@0", undefined],
    ["days_since_first_visit=1@0", undefined],
    ["touch=0.3@20", undefined],
    ["touch_enabled=0@20", undefined],
    ["touch_enabled=-1@20", undefined],
    ["touch_enabled=0.3", undefined],
    ["touch_enabled=1.2.3@1", undefined],
  ])("%s", (text, shift) => {
    expect(parseShift(text)).toEqual(shift);
  });

  it("has the wanted PSI: of touch 22 % to 49.5 %", () => {
    const shift = shiftOf({ feature: "touch_enabled", amount: 0.344, day: 0 }, reference);
    // 0.275 ln((0.495 / 0.505) / (0.22 / 0.78)) is 0.3426.
    expect(0.22 + 0.78 * shift.share).toBeCloseTo(0.495, 2);
    expect(shift).toMatchObject({ column: 7, value: 1, keepsMissing: false });
  });

  it("goes to the end that is rarer, and leaves visitors without a history alone", () => {
    expect(shiftOf({ feature: "is_mobile", amount: 0.3, day: 0 }, reference)).toMatchObject({ value: 0 });
    expect(shiftOf({ feature: "user_density_group", amount: 0.3, day: 0 }, reference)).toMatchObject({
      keepsMissing: true,
    });
  });

  it("exists for every watched feature that takes two values", () => {
    for (const feature of WATCHED_FEATURES) {
      const counts = reference.cells[0]?.histograms[feature] ?? [];
      if (counts.filter((count) => count > 0).length < 2) continue;
      const { share } = shiftOf({ feature, amount: 0.3, day: 0 }, reference);
      expect(share).toBeGreaterThan(0.05);
      expect(share).toBeLessThan(0.6);
    }
  });
});
