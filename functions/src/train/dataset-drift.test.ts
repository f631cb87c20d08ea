import { describe, expect, it } from "vitest";
import { learnableLogs } from "../../../test/seeded-logs.ts";
import { Lifecycle } from "../config.ts";
import { comparison } from "../evaluate/judge-day.ts";
import { judgeDataset } from "./dataset-drift.ts";
import { COLUMNS, type Examples, examplesOf } from "./examples.ts";
import { referenceOf } from "./reference.ts";
import { sampleOf } from "./sample.ts";

const lifecycle = Lifecycle.parse({ triggers: { reference: { min_days: 1, thin_cell_visitors: 10 } } });
const END_MS = Date.parse("2026-09-28T00:00:00Z");
const TOUCH = 7;

const logs = learnableLogs("drift", { sessions: 1500, endMs: END_MS });
const examples = examplesOf(logs.map(sampleOf), "engagement");
const nothing = new Uint8Array(examples.ids.length);
const reference = referenceOf(examples, { density: nothing, font: nothing, theme: nothing });
const compared = comparison(reference, "", lifecycle.triggers);
const validation = (valid: number) =>
  ({ verdict: "proceed", checked: valid, valid, invalid: {}, reason: "all valid" }) as const;

/** The same visits, of which this share have a touch screen. */
function withTouch(share: number): Examples {
  const features = examples.features.slice();
  examples.ids.forEach((_, row) => {
    features[row * COLUMNS + TOUCH] = Number(((examples.unit[row] ?? 0) * 7919) % 1000 < 1000 * share);
  });
  return { ...examples, features };
}
const touchOf = (of: Examples) =>
  judgeDataset(of, validation(of.ids.length), compared, lifecycle).features?.find(
    ({ feature }) => feature === "touch_enabled",
  );
const reachable = reference.cells.reduce((sum, cell) => sum + (cell.histograms.touch_enabled[1] ?? 0), 0);

describe("a data set beside the reference", () => {
  it("that it is itself has not drifted", () => {
    const report = judgeDataset(examples, validation(examples.ids.length), compared, lifecycle);
    expect(report.verdict).toBe("proceed");
    expect(report.features).toHaveLength(COLUMNS);
    const touch = report.features?.find(({ feature }) => feature === "touch_enabled");
    expect(touch?.counts).toBe(false);
    expect(touch?.score).toBeLessThan(0.05);
  });

  it("with another share of touch screens is warned of, then refused, with the figures", () => {
    expect(reachable).toBe(0);
    const refused = judgeDataset(withTouch(0.5), validation(examples.ids.length), compared, lifecycle);
    expect(refused.verdict).toBe("abort");
    expect(refused.reason).toMatch(/^all valid; touch_enabled has drifted by \d\.\d+ \(more than noise: .+\)$/);
    const scores = [0.02, 0.1, 0.2].map((share) => touchOf(withTouch(share))?.score ?? 0);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    const limits = { ...lifecycle, validation: { ...lifecycle.validation, abort_drift: 50, caution_drift: 0.05 } };
    const warned = judgeDataset(withTouch(0.5), validation(examples.ids.length), compared, limits);
    expect(warned.verdict).toBe("caution");
  });

  it.each([
    ["there is nothing to compare with", comparison(null, "the rules are in service", lifecycle.triggers), 2000],
    ["it is small", compared, 100],
  ])("proceeds where %s, and says why nothing was compared", (_, with_, valid) => {
    const report = judgeDataset(withTouch(0.5), validation(valid), with_, lifecycle);
    expect(report.verdict).toBe("proceed");
    expect(report.features?.every(({ score, reason }) => score === null && reason !== "")).toBe(true);
  });

  it("tells what is missing, and what is far out", () => {
    const features = examples.features.slice();
    for (let row = 0; row < 30; row++) features[row * COLUMNS + 9] = 1e9;
    const report = judgeDataset({ ...examples, features }, validation(2000), compared, lifecycle);
    const of = (name: string) => report.features?.find(({ feature }) => feature === name);
    expect(of("avg_session_duration")).toMatchObject({ missing: 1, outliers: 0 });
    expect(of("viewport_area")?.outliers).toBeCloseTo(30 / examples.ids.length, 10);
    expect(of("touch_enabled")).toMatchObject({ missing: 0, outliers: 0 });
  });
});
