import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import { Reference } from "../registry/schema.ts";
import { examplesOf } from "./examples.ts";
import { referenceOf } from "./reference.ts";
import { sampleOf } from "./sample.ts";

const context = someLog({}).user_context;
const MONDAY_MORNING = "2026-09-28T07:12:00+02:00";
const SUNDAY_NIGHT = "2026-09-27T23:12:00+02:00";

/** Six visits of two visitors on Monday morning, one of a third on Sunday night; areas 1 to 7. */
const visits = Array.from({ length: 7 }, (_, i) =>
  sampleOf(
    someLog({
      prediction_id: `p${i}`,
      session_id: `s${i}`,
      unit: i === 6 ? "sunday" : `u${i % 2}`,
      user_context: { ...context, hora_local: i === 6 ? SUNDAY_NIGHT : MONDAY_MORNING },
      features: someLog({}).features.map((value, f) => (f === 9 ? i + 1 : f === 17 && i === 0 ? 2 : value)),
    }),
  ),
);
const predicted = {
  density: Uint8Array.of(0, 1, 1, 1, 1, 1, 2),
  font: new Uint8Array(7),
  theme: Uint8Array.of(0, 0, 0, 0, 0, 0, 1),
};

describe("the reference", () => {
  const reference = referenceOf(examplesOf(visits, "engagement"), predicted);

  it("is what its schema says", () => {
    expect(Reference.parse(reference)).toEqual(reference);
  });

  it("counts rows, visitors and predicted classes per cell of the week", () => {
    const { rows, visitors, predictions } = reference.cells[1] ?? {};
    expect({ rows, visitors, predictions }).toEqual({
      rows: 6,
      visitors: 2,
      predictions: { density: [1, 5, 0], font: [6, 0, 0], theme: [6, 0, 0] },
    });
    expect(reference.cells[27]).toMatchObject({ rows: 1, visitors: 1, predictions: { density: [0, 0, 1] } });
    expect(reference.cells.reduce((sum, cell) => sum + cell.rows, 0)).toBe(7);
  });

  it("counts every row once in each feature's histogram, missing values in the last bin", () => {
    for (const cell of reference.cells) {
      for (const name of FEATURE_NAMES) {
        expect(cell.histograms[name].reduce((sum, count) => sum + count, 0)).toBe(cell.rows);
      }
    }
    expect(reference.cells[1]?.histograms.estimated_network_speed).toEqual([0, 0, 1, 0, 5]);
    expect(reference.features.viewport_area).toEqual({ kind: "edges", edges: [2, 3, 4, 5, 6, 7] });
    expect(reference.cells[1]?.histograms.viewport_area).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
    expect(reference.cells[27]?.histograms.viewport_area).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
  });
});
