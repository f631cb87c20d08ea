/** Where a column is cut into bins: bin b holds cuts[b - 1] <= value < cuts[b], open at both ends. */
export interface ColumnCuts {
  /** Ascending, at most one less than there are bins. */
  cuts: Float32Array;
  /** Less than every value, and more: thresholds that part what is missing from all that is not. */
  below: number;
  above: number;
}

/** Entries of the summary for each bin, as XGBoost keeps them. */
const SUMMARY_FACTOR = 8;

/** Distinct values, ascending, with the sums of weights before each and up to it. */
interface Summary {
  values: Float32Array;
  before: Float32Array;
  upTo: Float32Array;
}

/**
 * Cuts a column at weighted quantiles as XGBoost 3.2 does (common/quantile.h, WQSummary::SetPrune; HistogramCuts). Where a
 * column has more than 8 x `maxBins` distinct values XGBoost sketches them, and the cuts are only about the same.
 * @param values without missing ones; reordered
 * @param weightOf sums of weights by the position of a distinct value; undefined if every value weighs 1
 */
export function cutsOf(
  values: Float32Array,
  maxBins: number,
  weightOf?: (distinct: Float32Array) => Float64Array,
): ColumnCuts {
  const summary = pruned(pruned(summaryOf(values, weightOf), maxBins * SUMMARY_FACTOR), maxBins + 1);
  const kept = summary.values;
  const [least = 0] = kept;
  const most = kept.at(-1) ?? 0;
  return {
    cuts: kept.slice(1, Math.min(kept.length, maxBins)),
    below: Math.fround(least - (Math.abs(least) + 1e-5)),
    above: Math.fround(most + (Math.abs(most) + 1e-5)),
  };
}

function summaryOf(values: Float32Array, weightOf?: (distinct: Float32Array) => Float64Array): Summary {
  values.sort();
  const distinct = new Float32Array(values.length);
  const counts = new Float64Array(values.length);
  let size = 0;
  for (const value of values) {
    // -0 and 0 are one value.
    if (size === 0 || distinct[size - 1] !== value) distinct[size++] = value;
    counts[size - 1] = (counts[size - 1] as number) + 1;
  }
  const kept = distinct.slice(0, size);
  const weights = weightOf === undefined ? counts.subarray(0, size) : weightOf(kept);
  const before = new Float32Array(size);
  const upTo = new Float32Array(size);
  let sum = 0;
  for (let i = 0; i < size; i++) {
    before[i] = sum;
    sum += weights[i] as number;
    upTo[i] = sum;
  }
  return { values: kept, before, upTo };
}

/** Keeps the first, the last, and what is nearest to the quantiles between them; sums in float32 as in XGBoost. */
function pruned(summary: Summary, size: number): Summary {
  const { values, before, upTo } = summary;
  const last = values.length - 1;
  if (values.length <= size) return summary;
  const f = Math.fround;
  const begin = upTo[0] as number;
  const range = f((before[last] as number) - begin);
  const parts = size - 1;
  const kept = [0];
  let i = 1;
  for (let k = 1; k < parts; k++) {
    const twice = f(2 * f(f(f(k * range) / parts) + begin));
    while (i < last && twice >= f((upTo[i + 1] as number) + (before[i + 1] as number))) i++;
    if (i === last) break;
    // Of this and the next the nearer one: the middle between them is at this one's end and the next one's start.
    const nearest = twice < f((upTo[i] as number) + (before[i + 1] as number)) ? i : i + 1;
    if (nearest !== kept.at(-1)) kept.push(nearest);
  }
  if (kept.at(-1) !== last) kept.push(last);
  const pick = (from: Float32Array): Float32Array => Float32Array.from(kept, (at) => from[at] as number);
  return { values: pick(values), before: pick(before), upTo: pick(upTo) };
}
