import { describe, expect, it } from "vitest";
import type { Binning } from "../registry/schema.ts";
import { binCount, binner, chooseBinning } from "./binning.ts";

const edges: Binning = { kind: "edges", edges: [10, 20] };
const values: Binning = { kind: "values", values: [0, 1] };

describe("bins", () => {
  it.each([
    { name: "below the first edge", binning: edges, value: 9.999, bin: 0 },
    { name: "far below", binning: edges, value: Number.NEGATIVE_INFINITY, bin: 0 },
    { name: "on the first edge", binning: edges, value: 10, bin: 1 },
    { name: "on the last edge", binning: edges, value: 20, bin: 2 },
    { name: "far above", binning: edges, value: 1e9, bin: 2 },
    { name: "missing among edges", binning: edges, value: Number.NaN, bin: 3 },
    { name: "a listed value", binning: values, value: 1, bin: 1 },
    { name: "an unlisted value", binning: values, value: 7, bin: 2 },
    {
      name: "an edge that was rounded down to 32 bits",
      binning: { kind: "edges", edges: [390 / 844] } as Binning,
      value: Math.fround(390 / 844),
      bin: 1,
    },
    { name: "missing among values", binning: values, value: Number.NaN, bin: 3 },
    {
      name: "anything where the reference had nothing",
      binning: chooseBinning("aspect_ratio", floats()),
      value: 3,
      bin: 0,
    },
  ])("put $name into bin $bin", ({ binning, value, bin }) => {
    expect(binner(binning)(value)).toBe(bin);
    expect(bin).toBeLessThan(binCount(binning));
  });

  it("cut a continuous feature at its deciles", () => {
    const reference = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
    // R: quantile(1:100, (1:9) / 10, type = 1)
    expect(chooseBinning("viewport_area", reference)).toEqual({
      kind: "edges",
      edges: [10, 20, 30, 40, 50, 60, 70, 80, 90],
    });
  });

  it("merge equal deciles and leave out the smallest value", () => {
    const reference = floats(...Array(60).fill(1), ...Array(28).fill(2), ...Array(12).fill(3), Number.NaN);
    expect(chooseBinning("device_pixel_ratio", reference)).toEqual({ kind: "edges", edges: [2, 3] });
  });

  it("give a feature with few values a bin for each, whatever the reference holds", () => {
    expect(chooseBinning("touch_enabled", floats(1, 1))).toEqual({ kind: "values", values: [0, 1] });
  });
});

function floats(...numbers: number[]): Float64Array {
  return Float64Array.from(numbers);
}
