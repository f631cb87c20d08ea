import { FEATURE_NAMES, type FeatureName } from "../functions/src/design/schema.ts";
import { binCount, binner, chooseBinning } from "../functions/src/evaluate/binning.ts";
import type { Day, Visitor } from "../functions/src/evaluate/visitors.ts";
import { CELLS, HISTORY_BANDS, HISTORY_FEATURES, type Reference } from "../functions/src/registry/schema.ts";
import { someLog } from "./some-log.ts";

const FEATURES = someLog({}).features.map((value) => value ?? Number.NaN);

/** A new visitor of a Monday morning on a desktop, right in every group, with whatever the test is about put in its place. */
export function someVisitor(
  differences: Partial<Omit<Visitor, "features">> & { features?: Partial<Record<FeatureName, number>> } = {},
): Visitor {
  const { features = {}, ...rest } = differences;
  return {
    cell: 1,
    language: "es",
    answered: { density: 1, font: 0, theme: 0 },
    right: { density: true, font: true, theme: true },
    ...rest,
    features: Float32Array.from(FEATURE_NAMES, (name, i) => features[name] ?? FEATURES[i] ?? Number.NaN),
  };
}

/** So many visitors, each made by its number. */
export function someDay(count: number, make: (i: number) => Visitor): Day {
  const visitors = Array.from({ length: count }, (_, i) => make(i));
  return { fromMs: 0, toMs: 86_400_000, visitors, seen: count };
}

/**
 * A reference of these visitors in each of the 28 cells: 14 days long, nobody twice. Bins are those of `chooseBinning` over
 * them all.
 */
export function someReference(perCell: number, make: (i: number) => Visitor, days = 14): Reference {
  const visitors = Array.from({ length: perCell }, (_, i) => make(i));
  const entries = FEATURE_NAMES.map((name, column) => {
    const values = Float64Array.from(visitors, ({ features }) => features[column] ?? Number.NaN);
    return [name, chooseBinning(name, values)] as const;
  });
  const features = Object.fromEntries(entries) as Reference["features"];
  const counted = (name: FeatureName, times: number): number[] => {
    const counts = Array<number>(binCount(features[name])).fill(0);
    for (const { features: row } of visitors) {
      const bin = binner(features[name])(row[FEATURE_NAMES.indexOf(name)] ?? Number.NaN);
      counts[bin] = (counts[bin] ?? 0) + times;
    }
    return counts;
  };
  const classes = (group: "density" | "font" | "theme"): number[] =>
    [0, 1, 2].map((index) => visitors.filter(({ answered }) => answered?.[group] === index).length);
  const languages: Record<string, number> = {};
  for (const { language } of visitors) languages[language] = (languages[language] ?? 0) + 1;
  const cell: Reference["cells"][number] = {
    rows: perCell,
    visitors: perCell,
    languages,
    histograms: Object.fromEntries(FEATURE_NAMES.map((name) => [name, counted(name, 1)])) as never,
    predictions: { density: classes("density"), font: classes("font"), theme: classes("theme") },
  };
  const rows = perCell * CELLS;
  const band = {
    rows,
    visitors: rows,
    design_effect: 1,
    histograms: Object.fromEntries(HISTORY_FEATURES.map((name) => [name, counted(name, CELLS)])) as never,
  };
  return {
    schema_version: 1,
    features,
    days,
    design_effect: 1,
    bands: Object.fromEntries(HISTORY_BANDS.map((name) => [name, band])) as never,
    cells: Array.from({ length: CELLS }, () => cell),
  };
}
