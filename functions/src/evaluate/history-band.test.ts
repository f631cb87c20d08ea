import { expect, it } from "vitest";
import { historyBand } from "./history-band.ts";

it.each([
  [Number.NaN, "new"],
  [0, "week"],
  [7, "week"],
  [8, "month"],
  [30, "month"],
  [31, "older"],
])("a visitor of %d days is %s", (days, band) => {
  expect(historyBand(days)).toBe(band);
});
