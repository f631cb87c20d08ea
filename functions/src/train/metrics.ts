/**
 * Distance of a prediction from what was right.
 * @param period for a circular quantity, the length of the circle: errors go the short way round
 */
export function absoluteError(predicted: number, actual: number, period: number | null): number {
  const error = Math.abs(predicted - actual);
  if (period === null) return error;
  const around = error % period;
  return Math.min(around, period - around);
}

/** The class that has most weight, the first of equals. */
export function majorityClass(actual: ArrayLike<number>, weights: ArrayLike<number>, classes: number): number {
  const sums = new Float64Array(classes);
  for (let i = 0; i < actual.length; i++) {
    const label = actual[i] ?? 0;
    sums[label] = (sums[label] ?? 0) + (weights[i] ?? 0);
  }
  return sums.indexOf(Math.max(...sums));
}

/** The least value with at least half of the weight at or below it; NaN without weight. */
export function weightedMedian(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number),
  );
  const half = order.reduce((sum, i) => sum + (weights[i] as number), 0) / 2;
  let below = 0;
  for (const i of order) {
    below += weights[i] as number;
    if (below >= half && below > 0) return values[i] as number;
  }
  return Number.NaN;
}
