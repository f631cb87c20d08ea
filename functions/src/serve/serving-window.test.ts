import { expect, it } from "vitest";
import { hash64, openBuckets, visitorBucket } from "../shared/visitor-buckets.ts";
import { SERVED_SUMS, ServingWindow } from "./schema.ts";
import { closeServingWindow, countVisit, emptyServingWindow, latencyBin, windowKey } from "./serving-window.ts";

const receipt = {
  event_at: "2026-09-28T05:09:59.999Z",
  assigned_version: "v_20260928T050607Z_0123456789ab",
  model_version: "rules" as const,
  arm: "stable" as const,
  routing_revision: 7,
  unit: "u1",
};

it("is named by its five minutes of event time, the assigned version and the arm", () => {
  expect(windowKey(receipt)).toBe("2026-09-28T05:05Z.v_20260928T050607Z_0123456789ab.stable");
});

it("counts fallbacks on the account of the version that should have answered", () => {
  const window = emptyServingWindow(receipt);
  countVisit(window, { receipt, stale: false, latency: 0.4 });
  countVisit(window, { receipt: { ...receipt, model_version: receipt.assigned_version }, stale: true, latency: 4000 });
  expect(ServingWindow.parse(closeServingWindow(window))).toEqual({
    schema_version: 1,
    start: "2026-09-28T05:05:00.000Z",
    assigned_version: receipt.assigned_version,
    arm: "stable",
    predictions: 2,
    fallbacks: 1,
    stale: 1,
    latency: { "0": 1, "14": 1 },
  });
});

it("adds up what arms that are compared have answered, by routing revision and bucket of visitors", () => {
  const treated = { ...receipt, arm: "treatment" as const };
  const window = emptyServingWindow(treated);
  countVisit(window, { receipt: treated, stale: false, latency: 0.4 });
  countVisit(window, { receipt: treated, stale: false, latency: 12.3456789 });
  countVisit(window, { receipt: { ...treated, unit: "u2" }, stale: false, latency: 3 });
  countVisit(window, { receipt: { ...treated, routing_revision: 8 }, stale: false, latency: 5 });
  const { by_revision: revisions = {} } = ServingWindow.parse(closeServingWindow(window));
  const of = (revision: string, unit: string) => {
    const first = visitorBucket(hash64(unit)) * SERVED_SUMS.length;
    return [...openBuckets(revisions[revision] ?? new Uint8Array(), SERVED_SUMS.length).slice(first, first + 2)];
  };
  expect(Object.keys(revisions)).toEqual(["7", "8"]);
  expect([of("7", "u1"), of("7", "u2"), of("8", "u1"), of("8", "u2")]).toEqual([
    [2, 12_746],
    [1, 3000],
    [1, 5000],
    [0, 0],
  ]);
  // Two buckets, each its number and two sums.
  expect(revisions["7"]).toHaveLength(2 * 17);
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
