/** Weighted share of rows whose class was predicted; NaN without weight. */
export function accuracy({
  predicted,
  actual,
  weights,
}: {
  predicted: ArrayLike<number>;
  actual: ArrayLike<number>;
  weights: ArrayLike<number>;
}): number {
  return weightedMean(weights, (i) => Number(predicted[i] === actual[i]));
}

/**
 * Least probability that log-loss reckons with: a class that was called impossible costs 36.04 nats. It is the machine
 * epsilon of float64, as in scikit-learn's log_loss.
 */
const LEAST_PROBABILITY = 2 ** -52;

/**
 * Weighted mean of -ln(probability of the class that was right), in nats; NaN without weight.
 * @param probabilities of the right class, one per row
 */
export function logLoss({
  probabilities,
  weights,
}: {
  probabilities: ArrayLike<number>;
  weights: ArrayLike<number>;
}): number {
  return weightedMean(
    weights,
    (i) => -Math.log(Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, probabilities[i] ?? Number.NaN))),
  );
}

/**
 * Weighted mean of absolute errors; NaN without weight.
 * @param period for a circular quantity, the length of the circle: errors go the short way round
 */
export function meanAbsoluteError({
  predicted,
  actual,
  weights,
  period,
}: {
  predicted: ArrayLike<number>;
  actual: ArrayLike<number>;
  weights: ArrayLike<number>;
  period: number | null;
}): number {
  return weightedMean(weights, (i) => {
    const error = Math.abs((predicted[i] ?? Number.NaN) - (actual[i] ?? Number.NaN));
    if (period === null) return error;
    const around = error % period;
    return Math.min(around, period - around);
  });
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

function weightedMean(weights: ArrayLike<number>, value: (i: number) => number): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    sum += weight * value(i);
    total += weight;
  }
  return sum / total;
}
