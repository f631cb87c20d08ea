import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/**
 * Parts groups of rows (sessions) into folds of equal size, in an order that the seed draws: no group is in two folds. The same
 * groups and seed give the same folds.
 * @param group ordinal of each row's group; ordinals need not be without gaps
 * @param maxGroups so many of the groups take part, drawn by the seed
 * @returns fold of each row, 0 to folds - 1; -1 where its group takes no part
 */
export function foldsOf(
  group: ArrayLike<number>,
  { folds, seed, maxGroups = Number.POSITIVE_INFINITY }: { folds: number; seed: number; maxGroups?: number },
): Int32Array {
  const order = Uint32Array.from(new Set(Array.from(group)));
  const random = xoroshiro128plus(seed);
  // Fisher-Yates.
  for (let i = order.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const fold = new Map(Array.from(order, (of, i) => [of, i < maxGroups ? i % folds : -1]));
  return Int32Array.from({ length: group.length }, (_, row) => fold.get(group[row] as number) as number);
}
