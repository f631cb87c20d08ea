import { type Decision, decided, type Facts, heldUp, percent } from "./decision.ts";
import type { Analysis, Deployment } from "./schema.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Share up to which harm of medium severity rolls back at once: there is nothing left to halve. */
const SMALL_SHARE = 0.05;
/** After a halving: minutes, or treatment visitors, until harm that is still confirmed rolls back. */
const HALVED_MINUTES = 30;
const HALVED_VISITORS = 200;

/**
 * The next step of a deployment that has its place in the routing: what we see first, guardrails next, then patience. Rolling
 * back on harm waits for nothing, not even for the end of a pause.
 */
export function decideExposure(deployment: Deployment, facts: Facts, nowMs: number): Decision {
  const share = facts.routing.canary?.share ?? 0;
  const step = deployment.steps.at(-1);
  if (facts.problem !== null) return heldUp(deployment, facts, nowMs, decided("hold", facts.problem));
  const { look } = facts;
  if (look === null || look.ofRevision !== step?.revision) {
    return heldUp(deployment, facts, nowMs, decided("wait", "nobody has looked at this step yet"));
  }
  const { analysis } = look;
  if (analysis.verdict === "fail") return onHarm(deployment, facts, nowMs, { analysis, visitors: look.stepVisitors });
  const wanted = wantedShare(deployment);
  if (share !== wanted) {
    const reason = `the share was set to ${percent(share)} by hand; it goes on once that is ${percent(wanted)} again`;
    return heldUp(deployment, facts, nowMs, decided("hold", reason));
  }
  if (analysis.verdict === "error") return heldUp(deployment, facts, nowMs, decided("hold", analysis.reason));
  if (isHalved(deployment) && hasSettled(deployment, nowMs, look.stepVisitors)) {
    return decided("restore", `back to ${stagePercent(deployment)}: ${analysis.reason}`);
  }
  const { paused } = deployment;
  return heldUp(
    deployment,
    facts,
    nowMs,
    paused === null
      ? patience(deployment, facts, nowMs, analysis)
      : decided("wait", `paused by ${paused.by}: ${paused.reason}`),
  );
}

/** Harm of high severity, or at a small share, or that a halving has not ended, rolls back. In the shadow nobody was harmed. */
function onHarm(
  deployment: Deployment,
  { routing }: Facts,
  nowMs: number,
  { analysis, visitors }: { analysis: Analysis; visitors: number },
): Decision {
  const { reason } = analysis;
  if (deployment.phase === "shadow") return decided("fail", reason);
  const share = routing.canary?.share ?? 0;
  if (analysis.severity !== "medium" || share <= SMALL_SHARE) return decided("roll_back", reason);
  if (deployment.halved === null) return decided("halve", reason);
  if (!isHalved(deployment)) return decided("roll_back", `again, after the traffic was halved once: ${reason}`);
  return hasSettled(deployment, nowMs, visitors)
    ? decided("roll_back", `still so at half of the traffic: ${reason}`)
    : decided("wait", `at half of the traffic: ${reason}`);
}

function patience(deployment: Deployment, { policy }: Facts, nowMs: number, analysis: Analysis): Decision {
  const at = deployment.phase === "shadow" ? "in the shadow" : `at ${stagePercent(deployment)}`;
  const promoted = deployment.promoted?.stage === deployment.stage ? deployment.promoted : null;
  if (deployment.phase === "baking") {
    const bakedMs = nowMs - Date.parse(deployment.stage_since);
    const hours = `${Math.floor(bakedMs / HOUR_MS)} of ${policy.bake_hours} hours`;
    if (promoted !== null) return decided("complete", `promoted by ${promoted.by} ${at}, ${hours}: ${promoted.reason}`);
    if (bakedMs < policy.bake_hours * HOUR_MS) return decided("wait", `${at}: ${hours}; ${analysis.reason}`);
    if (analysis.verdict === "pass") return decided("complete", `${at}: ${hours}; ${analysis.reason}`);
  } else {
    if (promoted !== null) return decided("advance", `promoted by ${promoted.by} ${at}: ${promoted.reason}`);
    if (analysis.verdict === "pass") {
      const next = deployment.stages[deployment.stage + 1] ?? 1;
      if (policy.approve_before.includes(next)) {
        return decided("hold", `${at}: ${analysis.reason}; ${percent(next)} waits for an approval (promoteDeployment)`);
      }
      return decided("advance", `${at}: ${analysis.reason}`);
    }
  }
  const patientMs = nowMs - Date.parse(deployment.patient_since ?? deployment.stage_since);
  if (patientMs < policy.hold_hours * HOUR_MS) return decided("wait", `${at}: ${analysis.reason}`);
  const held = `${at}: inconclusive for ${policy.hold_hours} hours: ${analysis.reason}`;
  return deployment.extended ? decided("give_up", `not enough data ${held}`) : decided("extend", held);
}

/** True while the share is half of the stage's. */
function isHalved({ halved }: Deployment): boolean {
  return halved !== null && halved.restored_at === null;
}

function hasSettled({ halved }: Deployment, nowMs: number, visitors: number): boolean {
  if (halved === null) return false;
  return nowMs - Date.parse(halved.at) >= HALVED_MINUTES * MINUTE_MS || visitors >= HALVED_VISITORS;
}

/** The share that the candidate is to have: that of its stage, or half of it; none in the shadow. */
export function wantedShare(deployment: Deployment): number {
  const share = deployment.stages[deployment.stage] ?? 0;
  return isHalved(deployment) ? share / 2 : share;
}

function stagePercent({ stage, stages }: Deployment): string {
  return percent(stages[stage] ?? 0);
}
