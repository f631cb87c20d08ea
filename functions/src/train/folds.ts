/**
 * Parts groups of rows (sessions) into folds of equal size, in an order that the seed draws: no group is in two folds. The same
 * groups and seed give the same folds.
 * @param group ordinal of each row's group, from 0
 * @returns fold of each row, 0 to folds - 1
 */
export function foldsOf(group: ArrayLike<number>, { folds, seed }: { folds: number; seed: number }): Int32Array {
  let groups = 0;
  for (let row = 0; row < group.length; row++) groups = Math.max(groups, (group[row] as number) + 1);
  const fold = Int32Array.from({ length: groups }, (_, i) => i % folds);
  // Fisher-Yates over the linear congruential generator of Numerical Recipes, by its upper bits.
  let state = (seed ^ 0x5deece66) >>> 0;
  for (let i = groups - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [fold[i], fold[j]] = [fold[j] as number, fold[i] as number];
  }
  return Int32Array.from({ length: group.length }, (_, row) => fold[group[row] as number] as number);
}
