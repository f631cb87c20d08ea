import type { ArmSums, Stratum } from "../functions/src/collect/arm-sums.ts";
import { BUCKET_SUMS } from "../functions/src/collect/outcomes.ts";
import { SERVED_SUMS } from "../functions/src/serve/schema.ts";
import { BUCKETS } from "../functions/src/shared/visitor-buckets.ts";

/** What an arm did. Rates are means over visits; visitors are half as many as visits unless told. */
export interface ArmFigures {
  visits: number;
  visitors?: number;
  engaged?: number;
  clickThrough?: number;
  satisfaction?: number;
  /** Visits with a rating. */
  ratings?: number;
  renderingMs?: number;
  latencyMs?: number;
  /** Share of answers without a log. */
  noLog?: number;
  /** Visitors with an error, and with negative feedback. */
  erred?: number;
  negative?: number;
  /** Visitors in the sample that the split is judged by. */
  sampled?: number;
}

/** Buckets are by turns so much, of the mean, above and below it: a mean m has a standard error of SPREAD m / sqrt(127). */
const SPREAD = 0.2;

/** An arm whose visits are even over all buckets. */
export function someArm({
  visits,
  visitors = visits / 2,
  engaged = 0.2,
  clickThrough = 0.1,
  satisfaction = 3.8,
  ratings = visits / 20,
  renderingMs = 60,
  latencyMs = 40,
  noLog = 0.03,
  erred = 0,
  negative = 0,
  sampled = 0,
}: ArmFigures): ArmSums {
  const even = (total: number): number => total / BUCKETS;
  const around = (mean: number, total: number, bucket: number): number =>
    even(total) * mean * (bucket % 2 === 0 ? 1 + SPREAD : 1 - SPREAD);
  const outcome = (name: (typeof BUCKET_SUMS)[number], bucket: number): number => {
    switch (name) {
      case "visits":
        return even(visits);
      case "engaged":
        return around(engaged, visits, bucket);
      case "click_through_millionths":
        return around(clickThrough * 1e6, visits, bucket);
      case "rendering_us":
        return around(renderingMs * 1000, visits, bucket);
      case "satisfaction_count":
        return even(ratings);
      case "satisfaction":
        return around(satisfaction, ratings, bucket);
      // Nothing is decided by the sums of these.
      case "errors":
      case "feedback":
      case "negative":
        return 0;
    }
  };
  return {
    visitors,
    visits,
    outcomes: filled(BUCKET_SUMS.length, (bucket, i) => outcome(BUCKET_SUMS[i] ?? "visits", bucket)),
    erred,
    negative,
    sample: BigUint64Array.from({ length: sampled }, (_, i) => BigInt(i)),
    served: filled(SERVED_SUMS.length, (bucket, i) =>
      i === 0 ? even(visits) : around(latencyMs * 1000, visits, bucket),
    ),
    matched: filled(2, (bucket, i) => even(visits) - (i === 0 ? 0 : around(noLog, visits, bucket))),
  };
}

/** A stratum of the first stage, whose arms are alike but for what is told. */
export function someStratum({
  control = {},
  treatment = {},
  ...more
}: Partial<Omit<Stratum, "control" | "treatment">> & {
  control?: Partial<ArmFigures>;
  treatment?: Partial<ArmFigures>;
}): Stratum {
  return {
    revision: 1,
    share: 0.05,
    control: someArm({ visits: 12_800, ...control }),
    treatment: someArm({ visits: 1280, ...treatment }),
    ...more,
  };
}

function filled(width: number, value: (bucket: number, i: number) => number): Float64Array {
  return Float64Array.from({ length: BUCKETS * width }, (_, at) => value(Math.floor(at / width), at % width));
}
