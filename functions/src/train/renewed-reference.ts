import { CLASS_GROUPS, FEATURE_NAMES } from "../design/schema.ts";
import { HISTORY_BANDS, HISTORY_FEATURES, type Reference } from "../registry/schema.ts";

type Cell = Reference["cells"][number];
type Bands = NonNullable<Reference["bands"]>;

/**
 * The reference of an incremental child: the parent's, every count decayed, plus the new data's, in the parent's bins. What
 * the version answers is not decayed but the new data's alone: the old counts are another version's answers. Answers are what is
 * compared with this reference, so its days and its cells' rows and visitors are those of the new data, too: no more is known of them.
 *
 * Feature drift goes on being judged against the last full training (a reference that is renewed every week would hide a slow
 * change); this one tells what the child has learnt from.
 * @param decay what a row of the parent's weighs, 0-1
 */
export function renewedReference(parent: Reference, fresh: Reference, decay: number): Reference {
  const bands = parent.bands === undefined ? fresh.bands : renewedBands(parent.bands, fresh.bands, decay);
  return {
    schema_version: 1,
    features: parent.features,
    days: fresh.days ?? 0,
    design_effect: fresh.design_effect ?? 1,
    ...(bands === undefined ? {} : { bands }),
    cells: parent.cells.map((cell, i) => renewedCell(cell, fresh.cells[i] as Cell, decay)),
  };
}

function renewedCell(old: Cell, fresh: Cell, decay: number): Cell {
  const names = [...new Set([...Object.keys(old.languages ?? {}), ...Object.keys(fresh.languages ?? {})])].sort();
  const spoken = sums(
    names.map((name) => old.languages?.[name] ?? 0),
    names.map((name) => fresh.languages?.[name] ?? 0),
    decay,
  );
  return {
    rows: fresh.rows,
    visitors: fresh.visitors,
    ...(old.languages === undefined
      ? {}
      : { languages: Object.fromEntries(names.map((name, i) => [name, spoken[i] as number])) }),
    histograms: renewed(FEATURE_NAMES, old.histograms, fresh.histograms, decay),
    predictions: Object.fromEntries(
      CLASS_GROUPS.map((group) => [group, fresh.predictions[group]]),
    ) as Cell["predictions"],
  };
}

function renewedBands(old: Bands, fresh: Bands | undefined, decay: number): Bands {
  if (fresh === undefined) return old;
  return Object.fromEntries(
    HISTORY_BANDS.map((band) => [
      band,
      {
        rows: rows(old[band].rows, fresh[band].rows, decay),
        // Who came back is counted on both sides: at least as many are different people as the larger side has.
        visitors: Math.max(Math.round(old[band].visitors * decay), fresh[band].visitors),
        design_effect: Math.max(old[band].design_effect, fresh[band].design_effect),
        histograms: renewed(HISTORY_FEATURES, old[band].histograms, fresh[band].histograms, decay),
      },
    ]),
  ) as Bands;
}

function rows(old: number, fresh: number, decay: number): number {
  return Math.round(old * decay) + fresh;
}

function renewed<Name extends string>(
  names: readonly Name[],
  old: Record<Name, number[]>,
  fresh: Record<Name, number[]>,
  decay: number,
): Record<Name, number[]> {
  return Object.fromEntries(names.map((name) => [name, sums(old[name], fresh[name], decay)])) as Record<Name, number[]>;
}

/** Decays whole counts so that they stay whole and add up to the decayed total: each is the difference of rounded running sums. */
function sums(old: readonly number[], fresh: readonly number[], decay: number): number[] {
  let before = 0;
  let running = 0;
  return old.map((count, i) => {
    running += count;
    const kept = Math.round(running * decay) - before;
    before += kept;
    return kept + (fresh[i] as number);
  });
}
