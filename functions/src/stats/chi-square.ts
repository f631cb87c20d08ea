import { chiSquareUpperTail } from "./distributions.ts";
import { demand, insufficient, type Measured } from "./measured.ts";

/** What the test found. */
export interface ChiSquare {
  /** Pearson's, >= 0, without continuity correction. */
  statistic: number;
  degreesOfFreedom: number;
  /** Upper tail. */
  pValue: number;
  /** The smallest expected count: the p-value is an approximation that wants 5 (Cochran 1954); 1 is the least. */
  smallestExpected: number;
}

/**
 * Pearson's test that k groups come from one distribution over c categories, (k - 1) (c - 1) degrees of freedom; R's
 * chisq.test(table, correct = FALSE), scipy.stats.chi2_contingency(table, correction=False). Categories that nobody chose are
 * dropped. If one is left, the groups do not differ: statistic 0, p = 1. A group without any count is insufficient data.
 * @param groups k x c counts of independent units
 * @throws RangeError for fewer than two groups, groups of different length, counts that are negative or not finite
 */
export function chiSquareTest(groups: readonly ArrayLike<number>[]): Measured<ChiSquare> {
  const width = groups[0]?.length ?? 0;
  demand(groups.length >= 2, "two groups at least are compared");
  demand(
    groups.every((group) => group.length === width),
    "all groups have the same categories",
  );
  const rows = groups.map((group) => Array.from(group));
  demand(
    rows.every((row) => row.every((count) => count >= 0 && Number.isFinite(count))),
    "counts are finite and not negative",
  );

  const rowTotals = rows.map((row) => row.reduce((sum, count) => sum + count, 0));
  const empty = rowTotals.indexOf(0);
  if (empty !== -1) return insufficient(`group ${empty} is empty`);
  const total = rowTotals.reduce((sum, count) => sum + count, 0);
  const columns = Array.from({ length: width }, (_, j) => rows.map((row) => row[j] ?? 0)).filter((column) =>
    column.some((count) => count > 0),
  );

  let statistic = 0;
  let smallestExpected = Number.POSITIVE_INFINITY;
  for (const column of columns) {
    const share = column.reduce((sum, count) => sum + count, 0) / total;
    column.forEach((count, i) => {
      const expected = (rowTotals[i] ?? 0) * share;
      statistic += (count - expected) ** 2 / expected;
      smallestExpected = Math.min(smallestExpected, expected);
    });
  }
  const degreesOfFreedom = (groups.length - 1) * (columns.length - 1);
  if (degreesOfFreedom === 0)
    return { status: "measured", statistic: 0, degreesOfFreedom, pValue: 1, smallestExpected };
  const pValue = chiSquareUpperTail(statistic, degreesOfFreedom);
  return { status: "measured", statistic, degreesOfFreedom, pValue, smallestExpected };
}
