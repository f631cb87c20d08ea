import type { Lifecycle } from "../config.ts";
import type { Routing } from "../serve/schema.ts";
import type { Analysis, Check, Deployment, Forecast } from "./schema.ts";

/**
 * What a deployment can be told to do next: `start` begins the shadow, `advance` takes the next stage, `halve` and `restore` are
 * what a guardrail of medium severity does, `extend` gives a stage its second term and `give_up` ends it without a verdict.
 */
export type Action =
  | "wait"
  | "hold"
  | "start"
  | "advance"
  | "halve"
  | "restore"
  | "extend"
  | "complete"
  | "give_up"
  | "fail"
  | "roll_back"
  | "abort";

/** What to do, and why, in words for a person. */
export interface Decision {
  action: Action;
  reason: string;
}

/** All that a decision looks at besides the deployment itself. */
export interface Facts {
  policy: Lifecycle["deployment"];
  /** The routing in force, read together with the deployment. */
  routing: Routing;
  /** Why the version may answer nobody any more, read together with the deployment; null if it may. */
  outOfUse: string | null;
  /** What the pre-deployment checks said; null while they have not been run. */
  checks: readonly Check[] | null;
  /** What a look at the step that this routing revision began has seen, and its treatment visitors; null if there was none. */
  look: { ofRevision: number; analysis: Analysis; stepVisitors: number } | null;
  /** Why nothing could be measured: an error on our side, which says nothing about the version. */
  problem: string | null;
}

/** What is measured beforehand; the rest is looked at in the transaction that acts on it. */
export type Measured = Omit<Facts, "routing" | "outOfUse"> & {
  /** What is expected, made together with the checks. */
  forecast: Forecast | null;
};

/** Whoever watches may only end what does harm; the schedule may do everything. */
export type Mandate = "everything" | "harm";

const DAY_MS = 86_400_000;

/** A decision. */
export function decided(action: Action, reason: string): Decision {
  return { action, reason };
}

/**
 * The decision while there is time, and the end of the deployment when there is none left. Whoever has got everybody's traffic
 * is past that: its last hours are counted by the bake alone.
 */
export function heldUp(deployment: Deployment, { policy }: Facts, nowMs: number, decision: Decision): Decision {
  const isInTime = nowMs - Date.parse(deployment.started_at) <= policy.max_days * DAY_MS;
  if (isInTime || deployment.phase === "baking") return decision;
  return decided("give_up", `not through within ${policy.max_days} days; ${decision.reason}`);
}

/** A share as a person writes it. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`;
}
