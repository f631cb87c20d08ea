import type { Routing, ServedVersion } from "../serve/schema.ts";
import type { RoutingChange } from "../serve/store.ts";
import { hasSameWords } from "../shared/same-words.ts";
import { iso } from "../shared/time.ts";
import { wantedShare } from "./decide-exposure.ts";
import type { Decision } from "./decision.ts";
import { type Analysis, type Check, type Deployment, FINAL_PHASES, type Forecast, type Step } from "./schema.ts";

/** What a deployment may change in `routing/live`: less than `serve` can. */
export type RoutingMove = Pick<RoutingChange, "stable" | "previous_good" | "canary" | "shadow" | "experiment">;

/** What a decision is applied with. */
export interface Circumstances {
  nowMs: number;
  /** uid of the admin, or `system`. */
  by: string;
  /** The routing that the decision looked at; a change makes its next revision. */
  routing: Routing;
  /** The checks that the decision looked at, to be put on record, and what was expected then. */
  checks: readonly Check[] | null;
  forecast: Forecast | null;
  /** What the decision has seen. */
  analysis: Analysis | null;
}

/** A deployment after a step, and what the step changes in routing; the very same deployment if nothing has happened. */
export interface Outcome {
  deployment: Deployment;
  routing: RoutingMove | null;
}

/** Entries of the log from which held-up minutes are no longer added: a document has an end. */
const LOG_ROOM = 200;

/** How a deployment begins: its checks come first, and no traffic. */
export function opened(
  request: Pick<Deployment, "id" | "version" | "previous" | "requested_by" | "reason" | "stages" | "salt">,
  nowMs: number,
): Deployment {
  const at = iso(nowMs);
  return {
    schema_version: 1,
    ...request,
    phase: "checking",
    stage: -1,
    started_at: at,
    stage_since: at,
    patient_since: at,
    extended: false,
    stage_revision: 0,
    steps: [],
    halved: null,
    paused: null,
    promoted: null,
    checks: [],
    forecast: null,
    analysis: null,
    log: [{ at, action: "open", reason: request.reason, by: request.requested_by }],
    ended_at: null,
  };
}

/** Carries a decision out, on plain data. */
export function apply(before: Deployment, decision: Decision, now: Circumstances): Outcome {
  const deployment = seen(before, now);
  switch (decision.action) {
    case "wait":
      return { deployment, routing: null };
    case "hold":
      return { deployment: held(deployment, decision, now), routing: null };
    case "start": {
      const { forecast, checks, routing } = now;
      const begun = { ...logged(deployment, decision, now), started_at: iso(now.nowMs), checks: [...(checks ?? [])] };
      const shadow = { ...begun, previous: routing.stable, phase: "shadow" as const, forecast };
      return stageOf(shadow, now);
    }
    case "advance":
      return stageOf(
        { ...logged(deployment, decision, now), stage: deployment.stage + 1, halved: restored(deployment, now) },
        now,
      );
    case "halve":
      return stepOf({ ...logged(deployment, decision, now), halved: { at: iso(now.nowMs), restored_at: null } }, now);
    case "restore":
      return stepOf({ ...logged(deployment, decision, now), halved: restored(deployment, now) }, now);
    case "extend":
      return {
        deployment: { ...logged(deployment, decision, now), extended: true, patient_since: iso(now.nowMs) },
        routing: null,
      };
    case "complete": {
      const routing = { stable: deployment.version, previous_good: deployment.previous, canary: null };
      return { deployment: ended(deployment, "completed", decision, now), routing };
    }
    case "fail": {
      const failed = ended(deployment, "failed", decision, now);
      const checks = deployment.phase === "checking" ? [...(now.checks ?? [])] : deployment.checks;
      return { deployment: { ...failed, checks }, routing: withdrawn(deployment, now.routing) };
    }
    case "give_up":
      return {
        deployment: ended(deployment, "inconclusive", decision, now),
        routing: withdrawn(deployment, now.routing),
      };
    case "abort":
      return { deployment: ended(deployment, "aborted", decision, now), routing: withdrawn(deployment, now.routing) };
    case "roll_back":
      return {
        deployment: ended(deployment, "rolled_back", decision, now),
        routing: withdrawn(deployment, now.routing),
      };
  }
}

/** What an admin asks of a deployment: a word that is kept in it, and no move of the traffic. */
export type Wish = "pause" | "resume" | "promote";

/** The deployment with an admin's word in it; the very same if it says nothing new. */
export function wish(
  deployment: Deployment,
  kind: Wish,
  { by, reason, nowMs }: { by: string; reason: string; nowMs: number },
): Deployment {
  const at = iso(Math.max(nowMs, Date.parse(deployment.log.at(-1)?.at ?? deployment.started_at)));
  const log = [...deployment.log, { at, action: kind, reason, by }];
  switch (kind) {
    case "pause":
      return deployment.paused === null ? { ...deployment, log, paused: { at, by, reason } } : deployment;
    case "resume":
      return deployment.paused === null ? deployment : { ...deployment, log, paused: null, patient_since: at };
    case "promote":
      return deployment.promoted?.stage === deployment.stage
        ? deployment
        : { ...deployment, log, paused: null, promoted: { stage: deployment.stage, by, reason } };
  }
}

/** The routing that returns everybody to `target`: who is compared goes, and `previous_good` stays what a release made it. */
export function returnTo(target: ServedVersion): RoutingMove {
  return { stable: target, canary: null, shadow: null, experiment: null };
}

/**
 * The deployment with a step of its own for a share that somebody has set by hand: visits under another split must not be counted
 * with those before it. One that a release without steps has begun gets its stage as its first.
 */
export function noted(deployment: Deployment, { canary, revision: current }: Routing, nowMs: number): Deployment {
  const { id, stage, stage_revision, stage_since } = deployment;
  const last = deployment.steps.at(-1);
  if (canary === null || canary.deployment !== id || canary.share === last?.share) return deployment;
  const begun =
    last === undefined ? { revision: stage_revision, since: stage_since } : { revision: current, since: iso(nowMs) };
  const step: Step = { ...begun, stage, share: canary.share };
  return { ...deployment, steps: [...deployment.steps, step] };
}

/** The stage that the deployment has come to: a new revision of the routing, from which on its visitors count. */
function stageOf(deployment: Deployment, now: Circumstances): Outcome {
  const at = iso(now.nowMs);
  const share = deployment.stages[deployment.stage];
  if (deployment.stage >= 0 && share === undefined)
    throw new RangeError(`${deployment.id} has no stage ${deployment.stage}`);
  const phase = share === undefined ? "shadow" : share === 1 ? "baking" : "rolling";
  const stage_revision = now.routing.revision + 1;
  return stepOf(
    { ...deployment, phase, stage_since: at, patient_since: at, extended: false, stage_revision, promoted: null },
    now,
  );
}

/** A step of the deployment with the share that it wants now. */
function stepOf(deployment: Deployment, { nowMs, routing }: Circumstances): Outcome {
  const { id, version, salt, stage } = deployment;
  const share = wantedShare(deployment);
  const step: Step = { revision: routing.revision + 1, stage, share, since: iso(nowMs) };
  const move: RoutingMove =
    deployment.phase === "shadow"
      ? { shadow: { deployment: id, version } }
      : { shadow: null, canary: { deployment: id, version, share, salt } };
  return { deployment: { ...deployment, steps: [...deployment.steps, step] }, routing: move };
}

/** The deployment with what a look has seen, unless it has ended or somebody has looked later. */
function seen(deployment: Deployment, { analysis }: Circumstances): Deployment {
  if (analysis === null || FINAL_PHASES.includes(deployment.phase)) return deployment;
  const isNews = deployment.analysis === null || deployment.analysis.at < analysis.at;
  return isNews ? { ...deployment, analysis } : deployment;
}

function restored({ halved }: Deployment, { nowMs }: Circumstances): Deployment["halved"] {
  return halved === null ? null : { ...halved, restored_at: halved.restored_at ?? iso(nowMs) };
}

function ended(deployment: Deployment, phase: Deployment["phase"], decision: Decision, now: Circumstances): Deployment {
  return { ...logged(deployment, decision, now), phase, ended_at: iso(now.nowMs) };
}

/** Takes the deployment's own place out of routing, and nobody else's. */
function withdrawn({ id }: Deployment, { canary, shadow }: Routing): RoutingMove | null {
  const own = canary?.deployment === id;
  const shadowed = shadow?.deployment === id;
  if (!own && !shadowed) return null;
  return { ...(own ? { canary: null } : {}), ...(shadowed ? { shadow: null } : {}) };
}

function logged(
  deployment: Deployment,
  { action, reason }: Decision,
  { nowMs, by, analysis }: Circumstances,
): Deployment {
  const entry = { at: iso(nowMs), action, reason, by, ...(analysis === null ? {} : { analysis }) };
  return { ...deployment, log: [...deployment.log, entry] };
}

/** A hold is put on record once, not at every look with its new figures, and without its analysis, which stands in `analysis`. */
function held(deployment: Deployment, decision: Decision, now: Circumstances): Deployment {
  const last = deployment.log.at(-1);
  const known = last?.action === decision.action && hasSameWords(last.reason, decision.reason);
  if (known || deployment.log.length >= LOG_ROOM) return deployment;
  return logged(deployment, decision, { ...now, analysis: null });
}
