/** What one arm did under one routing revision: its mature logs, and what the instances that served it have counted. */
export interface ArmSums {
  /** Distinct visitors with a mature log, and their visits. */
  visitors: number;
  visits: number;
  /** BUCKETS x BUCKET_SUMS (outcomes.ts). */
  outcomes: Float64Array;
  /** Distinct visitors with at least one error, and with at least one negative feedback. */
  erred: number;
  negative: number;
  /** A uniform sample of the visitors: their 64-bit hashes, ascending, the least 1024 of them. */
  sample: BigUint64Array;
  /** BUCKETS x SERVED_SUMS (serve/schema.ts): every answer so far, mature or not. */
  served: Float64Array;
  /** BUCKETS x [predictions, logs] of those hours whose logs have all come: what has none by now is a visit without a log. */
  matched: Float64Array;
}

/** Arms that are compared, under one routing revision: the split does not change within it. */
export interface Stratum {
  revision: number;
  /** Of the treatment, 0-1; the control has one half while it is at most one half, and is null above. */
  share: number;
  /** Event time from which it was in force, epoch ms. */
  sinceMs: number;
  control: ArmSums | null;
  treatment: ArmSums;
}

/**
 * How many visitors of each arm are in a sample that all arms are drawn alike into: those whose hashes are below the smallest limit of
 * any arm's own sample. So the counts keep the arms' true ratio, where distinct counts of sketches are right to 1.6 % only.
 * @param samples hashes of each arm, ascending
 */
export function commonSample(samples: readonly BigUint64Array[], limit = SAMPLE_LIMIT): number[] {
  const full = samples.filter(({ length }) => length >= limit);
  const [threshold] = full.map((sample) => sample[sample.length - 1] ?? 0n).sort((a, b) => (a < b ? -1 : 1));
  return samples.map(
    (sample) => (threshold === undefined ? sample : sample.filter((hash) => hash <= threshold)).length,
  );
}

/** Visitors that the sample of an arm holds at most. */
export const SAMPLE_LIMIT = 1024;
