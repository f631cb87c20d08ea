import { closeBuckets } from "../shared/visitor-buckets.ts";
import { isNegative } from "./drawn-visit.ts";
import { addDraws, type DrawKind, mergeDraws } from "./draws.ts";
import { addVisits, BUCKET_SUMS, sumBuckets } from "./outcomes.ts";
import type { InteractionLog, Window } from "./schema.ts";
import { addHashes, emptySketch, mergeSketches } from "./sketch.ts";

/** What is counted of an arm that is compared, under one routing revision. */
export type Analysed = NonNullable<Window["by_revision"][string]["analysed"]>;

/** Visitors of an arm under one routing revision: that they were there is all that is kept of them. */
export const UNITS: DrawKind = { payload: 0, limit: 1024 };

const NOTHING = new Uint8Array();

/** Before the first visit. */
export function noneAnalysed(): Analysed {
  return { buckets: NOTHING, erred: emptySketch(), negative: emptySketch(), sample: NOTHING };
}

/** With more visits: order and grouping do not matter. */
export function addAnalysed(
  { buckets, erred, negative, sample }: Analysed,
  visits: readonly { log: InteractionLog; unit: bigint }[],
): Analysed {
  const unitsWhere = (is: (log: InteractionLog) => boolean): bigint[] =>
    visits.flatMap(({ log, unit }) => (is(log) ? unit : []));
  return {
    buckets: addVisits(buckets, visits),
    erred: addHashes(erred, unitsWhere(isErred)),
    negative: addHashes(
      negative,
      unitsWhere((log) => isNegative(log) === true),
    ),
    sample: addDraws(
      sample,
      visits.map(({ unit }) => ({ unit, draw: 0, payload: NOTHING })),
      UNITS,
    ),
  };
}

/** Several windows together. */
export function mergeAnalysed(all: readonly Analysed[]): Analysed {
  return {
    buckets: closeBuckets(sumBuckets(all.map(({ buckets }) => buckets)), BUCKET_SUMS.length),
    erred: mergeSketches(...all.map(({ erred }) => erred)),
    negative: mergeSketches(...all.map(({ negative }) => negative)),
    sample: mergeDraws(
      all.map(({ sample }) => sample),
      UNITS,
    ),
  };
}

/** An error: the page got no answer in time, or one that was not its assigned version's. */
function isErred({ predict_outcome, model_version, assigned_version }: InteractionLog): boolean {
  return predict_outcome !== "ok" || model_version !== assigned_version;
}
