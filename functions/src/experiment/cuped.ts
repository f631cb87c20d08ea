import type { ArmSums } from "../collect/arm-sums.ts";
import { sumBuckets } from "../collect/outcomes.ts";
import { addSums } from "../shared/visitor-buckets.ts";
import { adjustedDifference, pairedMoments } from "../stats/adjusted-difference.ts";
import type { BucketSums } from "../stats/stratified-difference.ts";
import type { Experiment, ExperimentFigure } from "./schema.ts";

/** Part of the variance that earlier visits must take away: less is what chance takes away among 128 buckets, too. */
const LEAST_REDUCTION = 0.05;

/** What is tested of a mean: the difference, or what is left of it without what was different before. */
export interface Adjustment {
  effect: number;
  standardError: number;
  degreesOfFreedom: number;
  /** Squared standard errors of the two arms, whose sum is that of the effect; null where arms are not apart. */
  squares: { control: number; treatment: number } | null;
  cuped: ExperimentFigure["cuped"];
}

/** Where nobody was there before. */
export const NOT_ADJUSTED: ExperimentFigure["cuped"] = {
  used: false,
  reduction: null,
  reason: "there are no earlier visits",
};

/**
 * The difference with CUPED, where earlier visits of those who fell into the two arms take enough of its variance away. They are of before
 * the start, when no arm could change them; whether they are used hangs on the variance, never on the effect.
 * @param of.strata under one split, whose sums may be added up; null where it was changed: the arms were others' before then
 */
export function adjustedByEarlier(
  plain: Adjustment,
  of: {
    sums: (arm: Pick<ArmSums, "outcomes">) => BucketSums;
    earlier: Experiment["earlier"];
    /** Names of the control and the treatment. */
    arms: readonly [string, string];
    strata: readonly { control: ArmSums; treatment: ArmSums }[] | null;
  },
): Adjustment {
  const [before, beforeOfTreatment] = [of.earlier?.[of.arms[0]], of.earlier?.[of.arms[1]]];
  if (before === undefined || beforeOfTreatment === undefined) return plain;
  const not = (reason: string, reduction: number | null = null): Adjustment => ({
    ...plain,
    cuped: { used: false, reduction, reason },
  });
  if (of.strata === null) return not("the split was changed: earlier visits are those of other arms");
  const control = momentsOf(of.strata, "control", before, of.sums);
  const treatment = momentsOf(of.strata, "treatment", beforeOfTreatment, of.sums);
  if (control === null || treatment === null) return not("hardly anybody was there before");
  const found = adjustedDifference({ control, treatment });
  if (found.status !== "measured") return not(found.reason);
  // Against the standard error that would be used without: that of a small arm may be a borrowed one.
  const reduction = 1 - (found.standardError / plain.standardError) ** 2;
  const percent = `${(100 * Math.max(0, reduction)).toFixed(1)} %`;
  if (!(found.reduction >= LEAST_REDUCTION && reduction >= LEAST_REDUCTION)) {
    return not(`earlier visits would take ${percent} of the variance away, which chance can, too`, reduction);
  }
  const { difference: effect, standardError, degreesOfFreedom, squares } = found;
  const cuped = { used: true, reduction, reason: `earlier visits take ${percent} of the variance away` };
  return { effect, standardError, degreesOfFreedom, squares, cuped };
}

function momentsOf(
  strata: readonly { control: ArmSums; treatment: ArmSums }[],
  arm: "control" | "treatment",
  before: Uint8Array,
  sums: (arm: Pick<ArmSums, "outcomes">) => BucketSums,
) {
  const outcomes = sumBuckets([]);
  for (const stratum of strata) addSums(outcomes, stratum[arm].outcomes);
  const { y, w } = sums({ outcomes });
  const { y: x, w: v } = sums({ outcomes: sumBuckets([before]) });
  return pairedMoments({ y, w, x, v });
}
