import { describe, expect, it } from "vitest";
import { Lifecycle } from "../../functions/src/config.ts";
import { changesInWords, TOUR_POLICY } from "./policy.ts";

describe("the tour's policy", () => {
  it("is valid, and changes two numbers", () => {
    expect(Lifecycle.safeParse(TOUR_POLICY).error).toBeUndefined();
    expect(changesInWords(TOUR_POLICY)).toEqual([
      "collect.maturity_minutes 0 instead of 45",
      "deployment.stage_min_visitors 50 instead of 300",
    ]);
  });
});
