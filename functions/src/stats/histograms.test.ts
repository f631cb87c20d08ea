import { describe, expect, it } from "vitest";
import { occupiedCells } from "./histograms.ts";

describe("two histograms", () => {
  it("are put side by side, without the cells that are empty in both", () => {
    expect(occupiedCells({ reference: [2, 0, 0, 1.5], current: Float64Array.of(1, 0, 4, 0) })).toEqual({
      status: "measured",
      cells: [
        { index: 0, reference: 2, current: 1 },
        { index: 2, reference: 0, current: 4 },
        { index: 3, reference: 1.5, current: 0 },
      ],
      referenceSize: 3.5,
      currentSize: 5,
    });
  });

  it.each([
    { name: "an empty reference", reference: [0, 0], current: [1, 2], reason: "the reference is empty" },
    { name: "an empty current sample", reference: [1, 2], current: [0, 0], reason: "the current sample is empty" },
    { name: "no cells", reference: [], current: [], reason: "the reference is empty" },
  ])("of which there is $name are insufficient data", ({ reference, current, reason }) => {
    expect(occupiedCells({ reference, current })).toEqual({ status: "insufficient_data", reason });
  });

  it.each([
    { name: "other cells", reference: [1, 2], current: [1, 2, 3] },
    { name: "a negative count", reference: [1, -1], current: [1, 2] },
    { name: "NaN", reference: [1, 2], current: [Number.NaN, 2] },
    { name: "infinity", reference: [1, 2], current: [1, Number.POSITIVE_INFINITY] },
  ])("with $name are refused", ({ reference, current }) => {
    expect(() => occupiedCells({ reference, current })).toThrow(RangeError);
  });
});
