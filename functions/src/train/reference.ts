import type { ClassGroup } from "../design/schema.ts";
import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { binCount, binOf, chooseBinning } from "../evaluate/binning.ts";
import { type Binning, CELLS, type Reference } from "../registry/schema.ts";
import { COLUMNS, type Examples } from "./examples.ts";

/**
 * What the training and hold-out data looked like, per hour-of-week cell: the counts of every feature over bins that are
 * fixed here, and of the classes that the version answers. Later traffic is compared with it.
 * @param predicted class index of each row, by the version itself, before overrides
 */
export function referenceOf(examples: Examples, predicted: Record<ClassGroup, Uint8Array>): Reference {
  const features = Object.fromEntries(
    FEATURE_NAMES.map((name, i) => [name, chooseBinning(name, column(examples, i))]),
  ) as Record<FeatureName, Binning>;
  const cells = Array.from({ length: CELLS }, (): Reference["cells"][number] => ({
    rows: 0,
    visitors: 0,
    histograms: Object.fromEntries(
      FEATURE_NAMES.map((name) => [name, Array<number>(binCount(features[name])).fill(0)]),
    ) as Record<FeatureName, number[]>,
    predictions: { density: [0, 0, 0], font: [0, 0, 0], theme: [0, 0, 0] },
  }));
  const visitors = cells.map(() => new Set<number>());
  examples.cell.forEach((index, row) => {
    const cell = cells[index];
    if (cell === undefined) throw new RangeError(`there is no hour-of-week cell ${index}`);
    cell.rows++;
    visitors[index]?.add(examples.unit[row] ?? -1);
    FEATURE_NAMES.forEach((name, i) => {
      const value = examples.features[row * COLUMNS + i] ?? Number.NaN;
      increment(cell.histograms[name], binOf(features[name], value));
    });
    for (const [group, counts] of Object.entries(cell.predictions)) {
      increment(counts, predicted[group as ClassGroup][row] ?? -1);
    }
  });
  cells.forEach((cell, i) => {
    cell.visitors = visitors[i]?.size ?? 0;
  });
  return { schema_version: 1, features, cells };
}

function column({ features, ids }: Examples, i: number): Float64Array {
  return Float64Array.from(ids, (_, row) => features[row * COLUMNS + i] ?? Number.NaN);
}

function increment(counts: number[], bin: number): void {
  const before = counts[bin];
  if (before === undefined) throw new RangeError(`there is no bin ${bin} of ${counts.length}`);
  counts[bin] = before + 1;
}
