import { describe, expect, it } from "vitest";
import { sorted } from "./samples.ts";

describe("a sample", () => {
  it("is sorted by number, and left as it was", () => {
    const values = [10, 9, -1];
    expect([...sorted(values)]).toEqual([-1, 9, 10]);
    expect(values).toEqual([10, 9, -1]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("with %d is refused", (value) => {
    expect(() => sorted([1, value])).toThrow(RangeError);
  });
});
