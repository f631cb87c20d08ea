import type { Lifecycle } from "../config.ts";
import type { Reference } from "../registry/schema.ts";
import { insufficient, type Measured } from "../stats/measured.ts";
import { BinPlaces } from "./bin-places.ts";

type Policy = Lifecycle["triggers"]["reference"];

/** Quarters of a day, of which a week has 28. */
const QUARTERS = 4;
const WEEKDAY_CELLS = 5 * QUARTERS;

/** Cells of the same quarter, on weekdays (0-3) or at weekends (4-7), are alike: what a thin one is filled up from. */
function groupOf(cell: number): number {
  return (cell < WEEKDAY_CELLS ? 0 : QUARTERS) + (cell % QUARTERS);
}
const GROUPS = 2 * QUARTERS;

/**
 * Counts per hour-of-week cell, each cell shrunk towards its group (the same quarter of weekdays or of weekends) and that towards
 * the whole week: share = (count + prior rows x share of the parent) / (rows + prior rows).
 */
export class ShrunkCells {
  readonly bins: number;
  /** cells x bins. */
  private readonly shares: Float64Array;

  /** @param counts cells x bins, each cell's over the same rows */
  constructor(counts: readonly (readonly number[])[], priorRows: number) {
    this.bins = counts[0]?.length ?? 0;
    const groups = Array.from({ length: GROUPS }, () => new Float64Array(this.bins));
    const all = new Float64Array(this.bins);
    counts.forEach((cell, c) => {
      const group = groups[groupOf(c)];
      cell.forEach((count, bin) => {
        if (group !== undefined) group[bin] = (group[bin] ?? 0) + count;
        all[bin] = (all[bin] ?? 0) + count;
      });
    });
    const total = sum(all);
    const ofAll = all.map((count) => (total === 0 ? 0 : count / total));
    const ofGroups = groups.map((group) => shrink(group, ofAll, priorRows));
    this.shares = new Float64Array(counts.length * this.bins);
    counts.forEach((cell, c) => {
      this.shares.set(shrink(cell, ofGroups[groupOf(c)] ?? ofAll, priorRows), c * this.bins);
    });
  }

  /** Expected share of each bin among visitors who spread over the cells like this; `mix` adds up to 1. */
  expected(mix: Float64Array): Float64Array {
    const shares = new Float64Array(this.bins);
    mix.forEach((weight, c) => {
      if (weight === 0) return;
      const from = c * this.bins;
      for (let bin = 0; bin < this.bins; bin++) {
        shares[bin] = (shares[bin] ?? 0) + weight * (this.shares[from + bin] ?? 0);
      }
    });
    return shares;
  }
}

function shrink(counts: ArrayLike<number>, parent: Float64Array, priorRows: number): Float64Array {
  const rows = sum(counts);
  // A cell without rows and without a prior is its parent.
  if (rows + priorRows === 0) return parent;
  return parent.map((share, bin) => ((counts[bin] ?? 0) + priorRows * share) / (rows + priorRows));
}

function sum(counts: ArrayLike<number>): number {
  return Array.from(counts).reduce((total, count) => total + count, 0);
}

/** A version's reference, ready to be compared with days of any mix of hours. */
export class MatchedReference {
  readonly reference: Reference;
  readonly designEffect: number;
  readonly bands: NonNullable<Reference["bands"]>;
  readonly places: BinPlaces;
  private readonly policy: Policy;
  /** Of each cell, and of each group of cells. */
  private readonly rows: Float64Array;
  private readonly groupRows = new Float64Array(GROUPS);
  private languageNames: string[] | undefined;
  private readonly shrunk = new Map<string, ShrunkCells>();

  private constructor(
    reference: Reference,
    measured: { designEffect: number; bands: NonNullable<Reference["bands"]> },
    policy: Policy,
  ) {
    this.reference = reference;
    this.designEffect = measured.designEffect;
    this.bands = measured.bands;
    this.policy = policy;
    this.places = new BinPlaces(reference.features);
    this.rows = Float64Array.from(reference.cells, ({ rows }) => rows);
    this.rows.forEach((rows, c) => {
      this.groupRows[groupOf(c)] = (this.groupRows[groupOf(c)] ?? 0) + rows;
    });
  }

  /** Opens a reference, or says why nothing can be compared with it. */
  static open(reference: Reference, policy: Policy): Measured<{ matched: MatchedReference }> {
    const { days, design_effect: designEffect, bands } = reference;
    if (days === undefined || designEffect === undefined || bands === undefined) {
      return insufficient("the version's reference was made before visitors were counted in it");
    }
    if (days < policy.min_days) {
      // Rounded down, so that too few never read as enough.
      const covered = (Math.floor(days * 10) / 10).toFixed(1);
      return insufficient(`the version's reference covers ${covered} days, ${policy.min_days} are needed`);
    }
    return { status: "measured", matched: new MatchedReference(reference, { designEffect, bands }, policy) };
  }

  /** Counts of some kind per cell, shrunk; made once for each name. */
  cells(name: string, counts: (cell: Reference["cells"][number]) => readonly number[]): ShrunkCells {
    const known = this.shrunk.get(name);
    if (known !== undefined) return known;
    const made = new ShrunkCells(this.reference.cells.map(counts), this.policy.shrinkage);
    this.shrunk.set(name, made);
    return made;
  }

  /** The reference's languages, a bin for each and one more for all others; null where they were not counted. */
  languages(): { names: readonly string[]; cells: ShrunkCells } | null {
    if (this.reference.cells.some(({ languages }) => languages === undefined)) return null;
    this.languageNames ??= [
      ...new Set(this.reference.cells.flatMap((cell) => Object.keys(cell.languages ?? {}))),
    ].sort();
    const names = this.languageNames;
    const cells = this.cells("languages", ({ languages, rows }) => {
      const counts = names.map((name) => languages?.[name] ?? 0);
      return [...counts, rows - sum(counts)];
    });
    return { names, cells };
  }

  /**
   * Independent visitors that the reference is worth, seen through a mix of hours: 1 / sum(a^2 / rows) over cells, over the design
   * effect, where a is what a cell's own share weighs in the expected one, by itself and as part of its group's and the week's
   * prior. Or that too many of the mix are in cells that the reference hardly knows.
   */
  size(mix: Float64Array): Measured<{ visitors: number }> {
    const { thin_cell_visitors: least, max_thin_share: most } = this.policy;
    const thin = mix.reduce((sum, of, c) => ((this.reference.cells[c]?.visitors ?? 0) < least ? sum + of : sum), 0);
    if (thin > most) {
      const share = Math.round(thin * 100);
      return insufficient(`${share} % of the visitors came at hours of the week with under ${least} in the reference`);
    }
    return { status: "measured", visitors: 1 / this.variance(mix) / this.designEffect };
  }

  /** Variance of an expected share, in units of the share's own p (1 - p). */
  private variance(mix: Float64Array): number {
    const own = new Float64Array(mix.length);
    const ofGroups = new Float64Array(GROUPS);
    let ofAll = 0;
    mix.forEach((weight, c) => {
      own[c] = weight * ownWeight(this.rows[c] ?? 0, this.policy.shrinkage);
      ofGroups[groupOf(c)] = (ofGroups[groupOf(c)] ?? 0) + weight - (own[c] ?? 0);
    });
    ofGroups.forEach((weight, group) => {
      ofGroups[group] = weight * ownWeight(this.groupRows[group] ?? 0, this.policy.shrinkage);
      ofAll += weight - (ofGroups[group] ?? 0);
    });
    const total = sum(this.rows);
    return this.rows.reduce((variance, rows, c) => {
      if (rows === 0) return variance;
      const group = groupOf(c);
      const inherited = ((ofGroups[group] ?? 0) * rows) / (this.groupRows[group] ?? 1) + (ofAll * rows) / total;
      return variance + ((own[c] ?? 0) + inherited) ** 2 / rows;
    }, 0);
  }
}

/** What counts weigh against a prior of so many rows; as `shrink`, all where there is neither. */
function ownWeight(rows: number, priorRows: number): number {
  return rows + priorRows === 0 ? 0 : rows / (rows + priorRows);
}
