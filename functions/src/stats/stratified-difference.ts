import { addCluster, type ClusteredRatio, clusteredRatio, noRatioSums } from "./clustered-ratio.ts";
import { insufficient, type Measured } from "./measured.ts";

/** Sums of one arm by bucket of units: those of y over those of w is what is compared. Buckets are independent. */
export interface BucketSums {
  y: ArrayLike<number>;
  w: ArrayLike<number>;
}

/** Two arms under one split. */
export interface StratumSums {
  control: BucketSums;
  treatment: BucketSums;
}

/** A difference of two arms over strata, treatment minus control. */
export interface StratifiedDifference {
  difference: number;
  standardError: number;
  /** Welch-Satterthwaite over all arms and strata. */
  degreesOfFreedom: number;
  /** Sum over strata of nT nC / (nT + nC) in units of w: what the difference is worth. */
  worth: number;
  /** Over all strata, each weighed as its difference is. */
  control: number;
  treatment: number;
  /** Squared standard errors of `control` and `treatment`, which add up to that of the difference. */
  squares: { control: number; treatment: number };
  /** Sums of w. */
  weights: { control: number; treatment: number };
}

/** Weight from which on an arm's own variance is taken at its word: by simulation (docs/delivery.md). */
const KNOWS_ITSELF = 500;

/**
 * The difference of two ratios over strata of a constant split, each weighed by nT nC / (nT + nC), which is what makes the variance
 * least where all strata vary alike (Mantel and Haenszel's weights); counts are never pooled over strata, whose splits differ (Simpson's paradox).
 * Standard errors are those of linearised ratios over buckets (`clusteredRatio`). A stratum in which an arm has no weight, or fewer
 * than two buckets with some, is left out.
 * @param guarded takes for the treatment at least the variance that it would have at the control's variance per weight: a small arm in
 *   which hardly anything has happened yet (less than KNOWS_ITSELF) does not know its own
 */
export function stratifiedDifference(
  strata: readonly StratumSums[],
  { guarded }: { guarded: boolean },
): Measured<StratifiedDifference> {
  let [worth, sum, pieces, controlSum, treatmentSum] = [0, 0, 0, 0, 0];
  const squares = { control: 0, treatment: 0 };
  const weights = { control: 0, treatment: 0 };
  for (const { control, treatment } of strata) {
    const [c, t] = [armOf(control), armOf(treatment)];
    if (c === null || t === null) continue;
    const h = (t.w * c.w) / (t.w + c.w);
    const ofControl = c.ratio.standardError ** 2;
    const own = t.ratio.standardError ** 2;
    const borrowed = guarded && t.w < KNOWS_ITSELF ? (ofControl * c.w) / t.w : 0;
    const ofTreatment = Math.max(own, borrowed);
    const df = ofTreatment > own ? c.ratio.degreesOfFreedom : t.ratio.degreesOfFreedom;
    worth += h;
    sum += h * (t.ratio.estimate - c.ratio.estimate);
    controlSum += h * c.ratio.estimate;
    treatmentSum += h * t.ratio.estimate;
    squares.control += h * h * ofControl;
    squares.treatment += h * h * ofTreatment;
    pieces += (h * h * ofControl) ** 2 / c.ratio.degreesOfFreedom + (h * h * ofTreatment) ** 2 / df;
    weights.control += c.w;
    weights.treatment += t.w;
  }
  if (worth === 0) return insufficient("there is no stratum with two buckets of visitors in both arms");
  const variance = squares.control + squares.treatment;
  if (!(variance > 0)) return insufficient("neither arm varies");
  return {
    status: "measured",
    difference: sum / worth,
    standardError: Math.sqrt(variance) / worth,
    degreesOfFreedom: variance ** 2 / pieces,
    worth,
    control: controlSum / worth,
    treatment: treatmentSum / worth,
    squares: { control: squares.control / worth ** 2, treatment: squares.treatment / worth ** 2 },
    weights,
  };
}

function armOf({ y, w }: BucketSums): { ratio: ClusteredRatio; w: number } | null {
  const sums = noRatioSums();
  for (let i = 0; i < w.length; i++) {
    const weight = w[i] ?? 0;
    if (weight > 0) addCluster(sums, { y: y[i] ?? 0, w: weight });
  }
  return sums.clusters < 2 ? null : { ratio: clusteredRatio(sums), w: sums.w };
}
