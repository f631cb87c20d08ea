import type { Lifecycle } from "../config.ts";
import type { Routing } from "../serve/schema.ts";
import { type Check, type Deployment, FINAL_PHASES } from "./schema.ts";

/** What a deployment can be told to do next. */
export type Action = "wait" | "hold" | "start" | "advance" | "complete" | "fail" | "abort" | "roll_back";

/** What to do, and why, in words for a person. */
export interface Decision {
  action: Action;
  reason: string;
}

/** All that a decision looks at besides the deployment itself. */
export interface Facts {
  policy: Pick<Lifecycle["deployment"], "stage_min_minutes" | "stage_min_visitors" | "max_days">;
  /** The routing in force, read together with the deployment. */
  routing: Routing;
  /** Why the version may answer nobody any more, read together with the deployment; null if it may. */
  outOfUse: string | null;
  /** What the pre-deployment checks said; null while they have not been run. */
  checks: readonly Check[] | null;
  /** Distinct visitors with a mature treatment visit of this or a later routing revision; null if not counted. */
  visitors: { sinceRevision: number; count: number } | null;
  /** Why checks or visitors could not be measured: an error on our side, which says nothing about the version. */
  problem: string | null;
}

const DAY_MS = 86_400_000;

/**
 * The next step of a deployment; the order is the policy: what has ended stays, one step per time of the schedule, the
 * health of what we see, patience, and then at most one step. Patience is a floor, never a reason to pass, and it ends after
 * `max_days` with the old version.
 */
export function decide(deployment: Deployment, facts: Facts, nowMs: number): Decision {
  if (FINAL_PHASES.includes(deployment.phase)) return wait(`it has ended: ${deployment.phase}`);
  if (nowMs <= lastMoveMs(deployment)) return wait("it has moved at this time already");
  return deployment.phase === "checking"
    ? decideStart(deployment, facts, nowMs)
    : decideStage(deployment, facts, nowMs);
}

/** When the deployment last moved, event time in epoch ms: nothing moves it twice at one time, or backwards. */
export function lastMoveMs(deployment: Deployment): number {
  return Date.parse(deployment.log.at(-1)?.at ?? deployment.started_at);
}

function decideStart(deployment: Deployment, facts: Facts, nowMs: number): Decision {
  const { routing, checks } = facts;
  if (routing.stable === deployment.version) return abort("the version is in service already");
  if (facts.problem !== null) return heldUp(deployment, facts, nowMs, hold(facts.problem));
  if (routing.canary !== null) {
    return heldUp(deployment, facts, nowMs, wait(`routing/live has the canary of ${routing.canary.deployment}`));
  }
  if (checks === null) return heldUp(deployment, facts, nowMs, wait("the checks have not been run"));
  const failed = checks.filter((check) => !check.ok);
  if (failed.length > 0) {
    return fail(
      `pre-deployment checks failed: ${failed.map(({ name, message }) => `${name} (${message})`).join(", ")}`,
    );
  }
  if (facts.outOfUse !== null) return fail(facts.outOfUse);
  return { action: "start", reason: `${checks.length} pre-deployment checks passed` };
}

function decideStage(deployment: Deployment, facts: Facts, nowMs: number): Decision {
  const { routing, policy, visitors } = facts;
  const lost = takenOver(deployment, routing);
  if (lost !== undefined) return abort(lost);
  if (facts.outOfUse !== null) return fail(facts.outOfUse);
  const share = routing.canary?.share ?? 0;
  if (share !== deployment.stages[deployment.stage]) {
    const reason = `the share was set to ${percent(share)} by hand; it goes on once that is ${stagePercent(deployment)} again`;
    return heldUp(deployment, facts, nowMs, hold(reason));
  }
  if (facts.problem !== null) return heldUp(deployment, facts, nowMs, hold(facts.problem));
  if (visitors === null || visitors.sinceRevision !== deployment.stage_revision) {
    return heldUp(deployment, facts, nowMs, wait("the visitors of this stage have not been counted"));
  }
  const elapsedMs = nowMs - Date.parse(deployment.stage_since);
  const seen = `${visitors.count} of ${policy.stage_min_visitors} visitors, ${minutes(elapsedMs)} of ${policy.stage_min_minutes} minutes`;
  if (elapsedMs < policy.stage_min_minutes * 60_000 || visitors.count < policy.stage_min_visitors) {
    return heldUp(deployment, facts, nowMs, wait(`at ${stagePercent(deployment)}: ${seen}`));
  }
  // A release that has all it needs is completed, however long it took; but nobody else is moved to it after its time.
  const action = deployment.stage === deployment.stages.length - 1 ? "complete" : "advance";
  const step: Decision = { action, reason: `at ${stagePercent(deployment)}: ${seen}` };
  return action === "complete" ? step : heldUp(deployment, facts, nowMs, step);
}

/** Why a rolling deployment no longer has its traffic, or undefined if it does: whoever edits routing takes over. */
function takenOver({ id, version, salt, previous }: Deployment, routing: Routing): string | undefined {
  const { canary } = routing;
  if (canary === null || canary.deployment !== id) return "routing/live no longer names this deployment";
  if (canary.version !== version || canary.salt !== salt) return "routing/live has another canary in its name";
  return routing.stable === previous ? undefined : `the stable version was changed to ${routing.stable}`;
}

/** The decision while there is time, and the end of the deployment when there is none left. */
function heldUp(deployment: Deployment, { policy }: Facts, nowMs: number, decision: Decision): Decision {
  if (nowMs - Date.parse(deployment.started_at) <= policy.max_days * DAY_MS) return decision;
  return fail(`not enough data within ${policy.max_days} days; ${decision.reason}`);
}

function stagePercent({ stage, stages }: Deployment): string {
  return percent(stages[stage] ?? 0);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`;
}

function minutes(ms: number): number {
  return Math.floor(ms / 60_000);
}

const wait = (reason: string): Decision => ({ action: "wait", reason });
const hold = (reason: string): Decision => ({ action: "hold", reason });
const fail = (reason: string): Decision => ({ action: "fail", reason });
const abort = (reason: string): Decision => ({ action: "abort", reason });
