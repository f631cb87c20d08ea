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
