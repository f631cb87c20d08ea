import type { Lifecycle } from "../config.ts";
import { insufficient, type Measured } from "../stats/measured.ts";
import { wilsonBounds } from "../stats/wilson.ts";
import type { Feedback } from "./visitors.ts";

/** What visitors who gave feedback say: each is one independent trial. */
export type FeedbackFinding = Measured<{
  share: number;
  /** One-sided bound: the true share of negative feedback is hardly below. */
  lower: number;
  /** Above the threshold beyond doubt. */
  isBeyond: boolean;
}>;

/** Judges the feedback of the last seven days. */
export function judgeFeedback(
  { visitors, negative }: Feedback,
  policy: Lifecycle["triggers"]["negative_feedback"],
): FeedbackFinding {
  if (visitors < policy.visitors) {
    return insufficient(`${visitors} visitors gave feedback, ${policy.visitors} are needed`);
  }
  const bounds = wilsonBounds({ successes: negative, trials: visitors, confidence: policy.confidence });
  if (bounds.status !== "measured") return bounds;
  const { estimate: share, lower } = bounds;
  return { status: "measured", share, lower, isBeyond: lower > policy.threshold };
}
