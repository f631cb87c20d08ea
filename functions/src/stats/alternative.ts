/** What a test looks for, as R and scipy name it; `less` and `greater` are one-sided, of a figure against the other or the null. */
export type Alternative = "two-sided" | "less" | "greater";

/**
 * The p-value of a statistic whose distribution is symmetric around 0. Upper tails are lower ones of the negative, so that
 * small ones keep their digits.
 * @param cdf of the distribution
 */
export function symmetricPValue(statistic: number, alternative: Alternative, cdf: (x: number) => number): number {
  if (alternative === "less") return cdf(statistic);
  if (alternative === "greater") return cdf(-statistic);
  return Math.min(1, 2 * cdf(-Math.abs(statistic)));
}
