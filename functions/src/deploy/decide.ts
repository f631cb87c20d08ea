import type { Routing } from "../serve/schema.ts";
import { decideExposure } from "./decide-exposure.ts";
import { type Decision, decided, type Facts, heldUp } from "./decision.ts";
import { type Deployment, FINAL_PHASES } from "./schema.ts";

/**
 * The next step of a deployment; the order is the policy: what has ended stays, one step per time of the schedule, who has
 * the traffic, the health of what we see, guardrails, and only then patience and at most one step.
 */
export function decide(deployment: Deployment, facts: Facts, nowMs: number): Decision {
  if (FINAL_PHASES.includes(deployment.phase)) return decided("wait", `it has ended: ${deployment.phase}`);
  if (nowMs <= lastMoveMs(deployment)) return decided("wait", "it has moved at this time already");
  if (deployment.phase === "checking") return decideStart(deployment, facts, nowMs);
  const lost = takenOver(deployment, facts.routing);
  if (lost !== undefined) return decided("abort", lost);
  if (facts.outOfUse !== null) return decided("fail", facts.outOfUse);
  return decideExposure(deployment, facts, nowMs);
}

/** When the deployment last moved, event time in epoch ms: nothing moves it twice at one time, or backwards. */
function lastMoveMs(deployment: Deployment): number {
  return Date.parse(deployment.log.at(-1)?.at ?? deployment.started_at);
}

/** True if it is time to look at it again: looks cost reads, and each of them is a chance to be wrong. */
export function isLookDue(deployment: Deployment, nowMs: number): boolean {
  if (nowMs <= lastMoveMs(deployment)) return false;
  const { phase, analysis, promoted, stage } = deployment;
  if (phase === "checking" || analysis === null || promoted?.stage === stage) return true;
  return nowMs - Date.parse(analysis.at) >= LOOK_MS;
}

/** True if it should have been looked at and was not: a look reads all that the deployment has led to, and one watcher is enough. */
export function isLookOverdue({ analysis }: Deployment, nowMs: number): boolean {
  return analysis === null || nowMs - Date.parse(analysis.at) >= 2 * LOOK_MS;
}

/** Between two looks of advanceDeployments. */
const LOOK_MS = 5 * 60_000;

function decideStart(deployment: Deployment, facts: Facts, nowMs: number): Decision {
  const { routing, checks } = facts;
  if (routing.stable === deployment.version) return decided("abort", "the version is in service already");
  if (deployment.paused !== null) return decided("wait", "it is paused");
  if (facts.problem !== null) return heldUp(deployment, facts, nowMs, decided("hold", facts.problem));
  const taken = takenBy(routing);
  if (taken !== undefined) return heldUp(deployment, facts, nowMs, decided("wait", taken));
  if (checks === null) return heldUp(deployment, facts, nowMs, decided("wait", "the checks have not been run"));
  const failed = checks.filter((check) => !check.ok);
  if (failed.length > 0) {
    const named = failed.map(({ name, message }) => `${name} (${message})`).join(", ");
    return decided("fail", `pre-deployment checks failed: ${named}`);
  }
  if (facts.outOfUse !== null) return decided("fail", facts.outOfUse);
  return decided("start", `${checks.length} pre-deployment checks passed`);
}

/** Who has the traffic that a deployment would need, or undefined if nobody has. */
export function takenBy({ canary, shadow, experiment }: Routing): string | undefined {
  if (canary !== null) return `routing/live has the canary of ${canary.deployment}`;
  if (shadow !== null) return `routing/live has the shadow of ${shadow.deployment}`;
  return experiment === null
    ? undefined
    : `the experiment ${experiment.id} is going on, and compares with what is stable`;
}

/** Why a deployment no longer has its place in the routing, or undefined if it does: whoever edits routing takes over. */
function takenOver({ id, version, salt, previous, phase }: Deployment, routing: Routing): string | undefined {
  if (phase === "shadow") {
    if (routing.shadow?.deployment !== id || routing.shadow.version !== version) {
      return "routing/live no longer names this deployment as its shadow";
    }
  } else {
    const { canary } = routing;
    if (canary === null || canary.deployment !== id) return "routing/live no longer names this deployment";
    if (canary.version !== version || canary.salt !== salt) return "routing/live has another canary in its name";
  }
  return routing.stable === previous ? undefined : `the stable version was changed to ${routing.stable}`;
}
