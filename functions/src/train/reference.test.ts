import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { FEATURE_NAMES } from "../design/schema.ts";
import { Reference } from "../registry/schema.ts";
import { examplesOf } from "./examples.ts";
import { referenceOf } from "./reference.ts";
import { sampleOf } from "./sample.ts";

const context = someLog({}).user_context;
const MONDAY_MORNING = "2026-09-28T07:12:00+02:00";
const TUESDAY_MORNING = "2026-09-29T07:12:00+02:00";
const SUNDAY_NIGHT = "2026-09-27T23:12:00+02:00";

/** On Monday morning two visitors with three visits each, who come again on Tuesday once; on Sunday night a third one. */
const MONDAY = "2026-09-28T05:12:00.000Z";
const TUESDAY = "2026-09-29T05:12:00.000Z";
const SUNDAY = "2026-09-27T21:12:00.000Z";
const local = { [MONDAY]: MONDAY_MORNING, [TUESDAY]: TUESDAY_MORNING, [SUNDAY]: SUNDAY_NIGHT };
const visits = Array.from({ length: 9 }, (_, i) => {
  const event_at = i === 8 ? SUNDAY : i >= 6 ? TUESDAY : MONDAY;
  return sampleOf(
    someLog({
      prediction_id: `p${i}`,
      session_id: `s${i}`,
      unit: i === 8 ? "sunday" : `u${i % 2}`,
      event_at,
      user_context: { ...context, hora_local: local[event_at] ?? "", ...(i === 8 ? {} : { locale: "es-PE" }) },
      features: someLog({}).features.map((value, f) =>
        f === 9 ? i + 1 : f === 17 && i === 8 ? 2 : i < 6 || i === 8 || f !== 15 ? value : 31,
      ),
    }),
  );
});
const predicted = {
  density: Uint8Array.of(0, 1, 0, 1, 0, 1, 1, 1, 2),
  font: new Uint8Array(9),
  theme: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1),
};

describe("the reference", () => {
  const reference = referenceOf(examplesOf(visits, "engagement"), predicted);

  it("is what its schema says", () => {
    expect(Reference.parse(reference)).toEqual(reference);
  });

  it("counts a visitor once a day, per cell of the week", () => {
    const { rows, visitors, languages, predictions } = reference.cells[1] ?? {};
    expect({ rows, visitors, languages, predictions }).toEqual({
      rows: 2,
      visitors: 2,
      languages: { es: 2 },
      predictions: { density: [1, 1, 0], font: [2, 0, 0], theme: [2, 0, 0] },
    });
    expect(reference.cells[5]).toMatchObject({ rows: 2, visitors: 2, languages: { es: 2 } });
    expect(reference.cells[27]).toMatchObject({ rows: 1, visitors: 1, languages: { "": 1 } });
    expect(reference.cells.reduce((sum, cell) => sum + cell.rows, 0)).toBe(5);
  });

  it("says how long it is and how much rows of the same visitors are worth", () => {
    // Two visitors of two days, one of one: (4 + 4 + 1) / 5.
    expect(reference).toMatchObject({ days: 32 / 24, design_effect: 1.8 });
  });

  it("counts history by how long visitors have been known", () => {
    expect(reference.bands).toMatchObject({
      new: { rows: 3, visitors: 3, design_effect: 1 },
      week: { rows: 0, visitors: 0, design_effect: 1 },
      month: { rows: 0 },
      older: { rows: 2, visitors: 2, histograms: { user_density_group: [0, 0, 0, 0, 2] } },
    });
  });

  it("takes the same visits whatever order they come in, and any of a day's", () => {
    const backwards = referenceOf(examplesOf([...visits].reverse(), "engagement"), {
      density: predicted.density.slice().reverse(),
      font: predicted.font,
      theme: predicted.theme.slice().reverse(),
    });
    expect(backwards).toEqual(reference);
    const areas = reference.features.viewport_area;
    // The edges are all areas but the smallest: which of three visits each has, the hash of its id says.
    expect(areas.kind === "edges" && areas.edges.length).toBe(4);
  });

  it("leaves out languages that hardly anybody has", () => {
    const many = Array.from({ length: 2001 }, (_, i) =>
      sampleOf(
        someLog({
          prediction_id: `p${i}`,
          session_id: `s${i}`,
          unit: `u${i}`,
          user_context: { ...context, locale: i === 0 ? "ja" : i < 4 ? "de" : "es" },
        }),
      ),
    );
    const nobody = new Uint8Array(many.length);
    const { cells } = referenceOf(examplesOf(many, "engagement"), { density: nobody, font: nobody, theme: nobody });
    expect(cells[1]?.languages).toEqual({ de: 3, es: 1997 });
  });

  it("counts every row once in each feature's histogram, missing values in the last bin", () => {
    for (const cell of reference.cells) {
      for (const name of FEATURE_NAMES) {
        expect(cell.histograms[name].reduce((sum, count) => sum + count, 0)).toBe(cell.rows);
      }
    }
    expect(reference.cells[1]?.histograms.estimated_network_speed).toEqual([0, 0, 0, 0, 2]);
    expect(reference.cells[27]?.histograms.estimated_network_speed).toEqual([0, 0, 1, 0, 0]);
    expect(reference.cells[27]?.histograms.viewport_area).toEqual([0, 0, 0, 0, 1, 0]);
  });
});
