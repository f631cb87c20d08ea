import type { Lifecycle } from "../config.ts";
import { CLASS_GROUPS, type ClassGroup } from "../design/schema.ts";
import { insufficient, type Measured } from "../stats/measured.ts";
import { totalVariation, totalVariationNoise } from "../stats/total-variation.ts";
import { classLabel, movedBins } from "./bin-words.ts";
import type { DayCounts } from "./count-day.ts";
import type { MatchedReference } from "./matched-reference.ts";

type Policy = Lifecycle["triggers"]["prediction_drift"];

/** How the answers of one day, in one class group, compare with those to the reference's visits of the same hours. */
interface GroupComparison {
  /** Total variation distance. */
  distance: number;
  /** Distance that chance alone exceeds with probability alpha at most. */
  noise: number;
  /** Beyond threshold and noise together. */
  isBeyond: boolean;
  referenceVisitors: number;
  /** Most moved classes in words; none where it is not beyond. */
  moved: string[];
}

/** One class group on one day. */
export type GroupDay = { group: ClassGroup; visitors: number } & Measured<GroupComparison>;

/** Compares what the version in service answers on a day with what it answered to the reference, at the same hours of the week. */
export function groupDays({ answered }: DayCounts, matched: MatchedReference, policy: Policy): GroupDay[] {
  const { visitors, mix } = answered;
  const size =
    visitors < policy.visitors
      ? insufficient(`${visitors} answered visitors, ${policy.visitors} are needed`)
      : matched.size(mix);
  return CLASS_GROUPS.map((group): GroupDay => {
    if (size.status !== "measured") return { group, visitors, ...size };
    const current = answered.classes[group];
    const expected = matched.cells(`predictions ${group}`, (cell) => cell.predictions[group]).expected(mix);
    const measured = totalVariation({ reference: expected, current });
    if (measured.status !== "measured") return { group, visitors, ...measured };
    const sizes = { referenceSize: size.visitors, currentSize: visitors };
    const noise = totalVariationNoise({ ...sizes, alpha: policy.alpha });
    const shares = { reference: Array.from(expected), current: current.map((count) => count / visitors) };
    const contributions = shares.current.map((share, i) => Math.abs(share - (shares.reference[i] ?? 0)));
    const isBeyond = measured.distance > policy.threshold + noise;
    return {
      group,
      visitors,
      status: "measured",
      distance: measured.distance,
      noise,
      isBeyond,
      referenceVisitors: size.visitors,
      moved: isBeyond ? movedBins((index) => classLabel(group, index), { ...shares, contributions }) : [],
    };
  });
}
