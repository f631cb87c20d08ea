/** Something of the day now, of the day before and of the one before that. */
export type ThreeDays<T> = readonly [T, T, T];

/**
 * Whether the days' verdicts are to be believed: now, and on one of the two days before. The days do not overlap, so chance
 * would have to strike twice, and what is over fires nothing.
 * @param beyond null where there was too little to judge
 */
export function isConfirmed([now, before, earlier]: ThreeDays<boolean | null>): boolean {
  return now === true && (before === true || earlier === true);
}

/** Applies a function to each of the days. */
export function eachDay<From, To>([now, before, earlier]: ThreeDays<From>, make: (day: From) => To): ThreeDays<To> {
  return [make(now), make(before), make(earlier)];
}
