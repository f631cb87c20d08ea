import { expect, it } from "vitest";
import { ServingWindow } from "./schema.ts";
import { countVisit, emptyServingWindow, latencyBin, windowKey } from "./serving-window.ts";

const receipt = {
  event_at: "2026-09-28T05:09:59.999Z",
  assigned_version: "v_20260928T050607Z_0123456789ab",
  model_version: "rules" as const,
  arm: "treatment" as const,
};

it("is named by its five minutes of event time, the assigned version and the arm", () => {
  expect(windowKey(receipt)).toBe("2026-09-28T05:05Z.v_20260928T050607Z_0123456789ab.treatment");
});

it("counts fallbacks on the account of the version that should have answered", () => {
  const window = emptyServingWindow(receipt);
  countVisit(window, { receipt, stale: false, latency: 0.4 });
  countVisit(window, { receipt: { ...receipt, model_version: receipt.assigned_version }, stale: true, latency: 4000 });
  expect(ServingWindow.parse(window)).toEqual({
    schema_version: 1,
    start: "2026-09-28T05:05:00.000Z",
    assigned_version: receipt.assigned_version,
    arm: "treatment",
    predictions: 2,
    fallbacks: 1,
    stale: 1,
    latency: { "0": 1, "14": 1 },
  });
});

it.each([
  { ms: 0, bin: 0 },
  { ms: 0.5, bin: 0 },
  { ms: 0.501, bin: 1 },
  { ms: 5, bin: 4 },
  { ms: 2000, bin: 13 },
  { ms: 2000.1, bin: 14 },
])("$ms ms falls into bin $bin", ({ ms, bin }) => {
  expect(latencyBin(ms)).toBe(bin);
});
