import type { Lifecycle } from "../config.ts";
import type { Examples } from "./examples.ts";
import type { Split } from "./split.ts";

const DAY_MS = 86_400_000;
/** Share of all weight that one person may have, however few there are: thrice an equal share. */
const MAX_SHARE = 0.001;
const MAX_EQUAL_SHARES = 3;

/**
 * The rows' final weights. In training, a visit of so many days before the newest weighs half, if the policy wants; on either
 * side nobody weighs more than max(0.1 %, 3 / number of people) of all, so that no single person teaches or judges a version.
 */
export function weighted(
  { weights, eventMs, subject }: Pick<Examples, "weights" | "eventMs" | "subject">,
  { train, holdout }: Pick<Split, "train" | "holdout">,
  { recency_half_life_days: halfLife }: Pick<Lifecycle["training"], "recency_half_life_days">,
): Float64Array {
  const all = weights.slice();
  if (halfLife !== null) {
    const newest = train.reduce((ms, row) => Math.max(ms, eventMs[row] as number), Number.NEGATIVE_INFINITY);
    for (const row of train) {
      const days = (newest - (eventMs[row] as number)) / DAY_MS;
      all[row] = (all[row] as number) * 0.5 ** (days / halfLife);
    }
  }
  for (const side of [train, holdout]) capSubjects(all, side, subject);
  return all;
}

/** Takes weight from the heaviest subjects of a side until none has more than its share of what is left. */
function capSubjects(weights: Float64Array, side: Int32Array, subject: Int32Array): void {
  const totals = new Map<number, number>();
  for (const row of side) {
    const of = subject[row] as number;
    totals.set(of, (totals.get(of) ?? 0) + (weights[row] as number));
  }
  const limit = cap([...totals.values()], Math.max(MAX_SHARE, MAX_EQUAL_SHARES / totals.size));
  for (const row of side) {
    const total = totals.get(subject[row] as number) as number;
    if (total > limit) weights[row] = ((weights[row] as number) * limit) / total;
  }
}

/**
 * The weight to which the heaviest are cut so that it is `share` of the sum after the cut. With k of them cut the sum T is
 * what the others have, R, and k share T: T = R / (1 - k share).
 */
function cap(totals: readonly number[], share: number): number {
  const heaviest = Float64Array.from(totals).sort().reverse();
  let rest = heaviest.reduce((sum, total) => sum + total, 0);
  for (const [k, total] of heaviest.entries()) {
    if (k * share >= 1) break;
    const limit = (share * rest) / (1 - k * share);
    if (total <= limit) return limit;
    rest -= total;
  }
  return Number.POSITIVE_INFINITY;
}
