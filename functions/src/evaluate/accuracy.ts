import type { Lifecycle } from "../config.ts";
import { CLASS_GROUPS, type ClassGroup } from "../design/schema.ts";
import { insufficient, type Measured } from "../stats/measured.ts";
import { wilsonBounds } from "../stats/wilson.ts";
import type { Visitor } from "./visitors.ts";

type Policy = Lifecycle["triggers"]["accuracy"];

/** How often the version in service answered what visits wanted, in one class group on one day. */
export type AccuracyDay = { group: ClassGroup; visitors: number } & Measured<{
  accuracy: number;
  /** One-sided bound: the true accuracy is hardly above. */
  upper: number;
  /** Below the threshold beyond doubt. */
  isBeyond: boolean;
}>;

/**
 * Accuracy per class group: each visitor is one independent trial. A group whose target never varies is right every time and
 * never the worst, so none has to be left out.
 */
export function accuracyDays(visitors: readonly Visitor[], policy: Policy): AccuracyDay[] {
  const tallies = { density: new Tally(), font: new Tally(), theme: new Tally() };
  for (const { right } of visitors) {
    tallies.density.add(right.density);
    tallies.font.add(right.font);
    tallies.theme.add(right.theme);
  }
  return CLASS_GROUPS.map((group): AccuracyDay => judge(group, tallies[group], policy));
}

/** How many answers could be judged, and how many were right. */
class Tally {
  known = 0;
  right = 0;

  add(right: boolean | null): void {
    if (right === null) return;
    this.known++;
    if (right) this.right++;
  }
}

function judge(group: ClassGroup, { known, right }: Tally, policy: Policy): AccuracyDay {
  const of = { group, visitors: known };
  if (known < policy.visitors) {
    return { ...of, ...insufficient(`${known} visitors with a known target, ${policy.visitors} are needed`) };
  }
  const bounds = wilsonBounds({ successes: right, trials: known, confidence: policy.confidence });
  if (bounds.status !== "measured") return { ...of, ...bounds };
  const { estimate: accuracy, upper } = bounds;
  return { ...of, status: "measured", accuracy, upper, isBeyond: upper < policy.threshold };
}
