import type { Stratum } from "../collect/arm-sums.ts";
import type { ClassGroup } from "../design/schema.ts";
import type { RatioSums } from "../stats/clustered-ratio.ts";

/** Candidate and stable on the same visits: of each visitor, y adds up candidate right less stable right, and w visits. */
export interface PairedAccuracy {
  group: ClassGroup;
  sums: RatioSums;
  /** Shares of visits in which each was right, 0-1. */
  candidate: number;
  stable: number;
}

/** The candidate's answers to the site's visitors, against those of its own reference. */
export interface AnswerDrift {
  group: ClassGroup;
  /** Total variation distance, 0-1. */
  distance: number;
  /** Visitors now, and those whom the matched reference is worth. */
  n: number;
  m: number;
}

/** All that a look at a deployment in the shadow, rolling or baking is judged by. */
export interface Evidence {
  phase: "shadow" | "rolling" | "baking";
  /** Event time at which the deployment's shadow began, and its present stage, epoch ms. */
  startedMs: number;
  stageSinceMs: number;
  /** Share of the stage after the present one; null at the last. */
  nextShare: number | null;
  /** Those of the deployment, the oldest first; none in the shadow. */
  strata: readonly Stratum[];
  /** How many of the last strata are of the present stage: more than one after a halving or an edit by hand. */
  strataOfStage: number;
  /** Of the groups in which somebody can be wrong; from visits since the shadow began. */
  accuracy: readonly PairedAccuracy[];
  /** Distinct visitors that accuracy is from. */
  accuracyVisitors: number;
  drift: readonly AnswerDrift[];
  /** Why what we see is not to be believed, in words; null if nothing is wrong. */
  fault: string | null;
}
