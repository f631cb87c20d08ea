import { SERVED_SUMS } from "../serve/schema.ts";
import { BUCKETS } from "../shared/visitor-buckets.ts";
import type { BucketSums } from "../stats/stratified-difference.ts";
import type { ArmSums } from "./arm-sums.ts";
import { BUCKET_SUMS, sumBuckets } from "./outcomes.ts";
import type { Window } from "./schema.ts";

/**
 * A mean of outcomes: sums of an arm by bucket of visitors, those of y over those of w.
 * @param scale what a sum of y counts for, in the unit of the mean
 */
export function outcomeOf(y: (typeof BUCKET_SUMS)[number], w: (typeof BUCKET_SUMS)[number], scale: number) {
  return ({ outcomes }: Pick<ArmSums, "outcomes">): BucketSums => ({
    y: column(outcomes, BUCKET_SUMS.length, BUCKET_SUMS.indexOf(y)).map((sum) => sum * scale),
    w: column(outcomes, BUCKET_SUMS.length, BUCKET_SUMS.indexOf(w)),
  });
}

/** What windows hold of outcomes, together: BUCKETS x BUCKET_SUMS. */
export function outcomesOf(windows: readonly Pick<Window, "outcomes">[]): Float64Array {
  return sumBuckets(windows.flatMap(({ outcomes }) => outcomes?.buckets ?? []));
}

/** Milliseconds of an answer. */
export function latencyOf({ served }: Pick<ArmSums, "served">): BucketSums {
  const microseconds = column(served, SERVED_SUMS.length, SERVED_SUMS.indexOf("latency_us"));
  return {
    y: microseconds.map((sum) => sum / 1000),
    w: column(served, SERVED_SUMS.length, SERVED_SUMS.indexOf("predictions")),
  };
}

/** Of the predictions whose log should have come, those without one. */
export function missingOf({ matched }: Pick<ArmSums, "matched">): BucketSums {
  const predictions = column(matched, 2, 0);
  const logs = column(matched, 2, 1);
  return { y: predictions.map((count, i) => count - (logs[i] ?? 0)), w: predictions };
}

function column(sums: Float64Array, columns: number, of: number): Float64Array {
  const values = new Float64Array(BUCKETS);
  for (let bucket = 0; bucket < BUCKETS; bucket++) values[bucket] = sums[bucket * columns + of] ?? 0;
  return values;
}
