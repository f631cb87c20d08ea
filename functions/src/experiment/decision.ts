import type { Routing } from "../serve/schema.ts";
import type { Experiment, ExperimentAnalysis } from "./schema.ts";

/**
 * What an experiment can be told to do next, and why, in words for a person: `tell` puts a new recommendation on record, `decide` ends
 * it at its horizon, `invalidate` ends what must not be counted. The last two are an admin's alone.
 */
export type Decision =
  | { action: "wait" | "hold" | "tell" | "decide" | "invalidate" | "stop"; reason: string }
  | { action: "extend"; reason: string; hours: number }
  | { action: "ship"; reason: string; deployment: string };

export type Action = Decision["action"];

/** What is measured beforehand. */
export interface Measured {
  /** What a look has seen, and the horizon that it was taken for; null if there was none. */
  look: { ofHorizon: string; analysis: ExperimentAnalysis } | null;
  /** Earlier visits of each arm's visitors, read for an experiment that has none yet; null if they were not read. */
  earlier: Experiment["earlier"];
  /** Why nothing could be measured: an error on our side, which says nothing about the arms. */
  problem: string | null;
  /** Minutes after the horizon until the last visits before it have been counted. */
  maturityMinutes: number;
}

/** All that a decision looks at besides the experiment itself. */
export interface Facts extends Measured {
  /** The routing in force, read together with the experiment. */
  routing: Routing;
  /** Why an arm's version may answer nobody any more, read together with the experiment; null if all may. */
  outOfUse: string | null;
}
