import { demand } from "./measured.ts";

/** Two samples of numbers, in any order. */
export interface Samples {
  reference: ArrayLike<number>;
  current: ArrayLike<number>;
}

/**
 * A sorted copy.
 * @throws RangeError for NaN or infinity: what is missing is left out, or counted, before
 */
export function sorted(values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  demand(
    copy.every((value) => Number.isFinite(value)),
    "samples are finite numbers",
  );
  return copy.sort();
}

/**
 * How far the empirical distribution functions of two sorted samples are apart, from each of their values on to the next:
 * that of the first minus that of the second. Both step over all equal values at once.
 */
export function* distancesOf(a: Float64Array, b: Float64Array): Generator<{ value: number; distance: number }> {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    yield { value, distance: i / a.length - j / b.length };
  }
}
