import { describe, expect, it } from "vitest";
import { FEATURE_NAMES } from "../design/schema.ts";
import { CELLS, HISTORY_BANDS, HISTORY_FEATURES, Reference } from "../registry/schema.ts";
import { renewedReference } from "./renewed-reference.ts";

const record = <T>(names: readonly string[], value: () => T) =>
  Object.fromEntries(names.map((name) => [name, value()]));

/** A reference whose cells and bands all hold these counts. */
function reference(
  counts: [number, number, number],
  predictions: [number, number, number],
  language: string,
): Reference {
  const rows = counts[0] + counts[1] + counts[2];
  return Reference.parse({
    schema_version: 1,
    features: record(FEATURE_NAMES, () => ({ kind: "edges", edges: [1] })),
    days: 14,
    design_effect: 1.5,
    bands: record(HISTORY_BANDS, () => ({
      rows,
      visitors: rows,
      design_effect: 1.2,
      histograms: record(HISTORY_FEATURES, () => counts),
    })),
    cells: Array.from({ length: CELLS }, () => ({
      rows,
      visitors: rows,
      languages: { [language]: rows },
      histograms: record(FEATURE_NAMES, () => counts),
      predictions: record(["density", "font", "theme"], () => predictions),
    })),
  });
}

describe("a child's reference", () => {
  const parent = reference([5, 3, 1], [9, 0, 0], "es");
  const fresh = { ...reference([1, 1, 0], [0, 2, 0], "fr"), days: 7, design_effect: 1.1 };
  const renewed = renewedReference(parent, fresh, 0.5);

  it("is the parent's counts decayed, whole and adding up, and the new ones", () => {
    // 9 rows decay to 5 (4.5 rounded): running sums 2.5, 4, 4.5 are 3, 4, 5.
    expect(renewed.cells[0]).toMatchObject({ languages: { es: 5, fr: 2 } });
    expect(renewed.cells[0]?.histograms.is_mobile).toEqual([3 + 1, 1 + 1, 1]);
    expect(renewed.bands?.week).toMatchObject({ rows: 7, design_effect: 1.2 });
    expect(renewed.features).toEqual(parent.features);
    expect(Reference.parse(renewed)).toEqual(renewed);
  });

  it("has the answers of the child alone: what the parent answered is not its own", () => {
    expect(renewed.cells[0]?.predictions.density).toEqual([0, 2, 0]);
    // And is worth as many visitors as they are.
    expect(renewed.cells[0]).toMatchObject({ rows: 2, visitors: 2 });
    expect(renewed).toMatchObject({ days: 7, design_effect: 1.1 });
  });
});
