import { VARIABLES, type VariableName } from "../design/schema.ts";

/** The length of a circular variable's circle; null for the others. */
export function periodOf(name: VariableName): number | null {
  const { min, max, circular } = VARIABLES[name];
  return circular ? max - min : null;
}

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

/** Values that are tried as the best constant of a circular quantity: as many as there are whole degrees. */
const TRIED = 360;

/**
 * The constant with the least weighted absolute error: the median; NaN without weight.
 * @param period for a circular quantity, the length of the circle, of which TRIED points are tried
 */
export function bestConstant(values: ArrayLike<number>, weights: ArrayLike<number>, period: number | null): number {
  if (period === null || values.length === 0) return weightedMedian(values, weights);
  const errorOf = (constant: number): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += (weights[i] as number) * absoluteError(constant, values[i] as number, period);
    }
    return sum;
  };
  let best = { constant: Number.NaN, error: Number.POSITIVE_INFINITY };
  for (let i = 0; i < TRIED; i++) {
    const constant = (i * period) / TRIED;
    const error = errorOf(constant);
    if (error < best.error) best = { constant, error };
  }
  return best.constant;
}

/** The least value with at least half of the weight at or below it; NaN without weight. */
function weightedMedian(values: ArrayLike<number>, weights: ArrayLike<number>): number {
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
