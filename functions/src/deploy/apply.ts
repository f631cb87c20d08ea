import type { Routing, ServedVersion } from "../serve/schema.ts";
import type { RoutingChange } from "../serve/store.ts";
import { iso } from "../shared/time.ts";
import type { Decision } from "./decide.ts";
import type { Check, Deployment } from "./schema.ts";

/** What a deployment may change in `routing/live`: less than `serve` can. */
export type RoutingMove = Pick<RoutingChange, "stable" | "previous_good" | "canary">;

/** What a decision is applied with. */
export interface Circumstances {
  nowMs: number;
  /** uid of the admin, or `system`. */
  by: string;
  /** The routing that the decision looked at; a change makes its next revision. */
  routing: Routing;
  /** The checks that the decision looked at, to be put on record. */
  checks: readonly Check[] | null;
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
    stage_revision: 0,
    checks: [],
    log: [{ at, action: "open", reason: request.reason, by: request.requested_by }],
    ended_at: null,
  };
}

/** Carries a decision out, on plain data. */
export function apply(deployment: Deployment, decision: Decision, now: Circumstances): Outcome {
  switch (decision.action) {
    case "wait":
      return { deployment, routing: null };
    case "hold":
      return { deployment: held(deployment, decision, now), routing: null };
    case "start": {
      const started_at = iso(now.nowMs);
      const begun: Deployment = { ...deployment, previous: now.routing.stable, phase: "rolling", started_at };
      return stageOf({ ...logged(begun, decision, now), checks: [...(now.checks ?? [])] }, now);
    }
    case "advance":
      return stageOf(logged(deployment, decision, now), now);
    case "complete": {
      const routing = { stable: deployment.version, previous_good: deployment.previous, canary: null };
      return { deployment: ended(deployment, "completed", decision, now), routing };
    }
    case "fail": {
      const failed = ended(deployment, "failed", decision, now);
      const checks = deployment.phase === "checking" ? [...(now.checks ?? [])] : deployment.checks;
      return { deployment: { ...failed, checks }, routing: withdrawn(deployment, now.routing) };
    }
    case "abort":
      return {
        deployment: ended(deployment, "aborted", decision, now),
        routing: withdrawn(deployment, now.routing),
      };
    case "roll_back":
      return {
        deployment: ended(deployment, "rolled_back", decision, now),
        routing: withdrawn(deployment, now.routing),
      };
  }
}

/** The routing that returns everybody to `target`: the canary goes, and `previous_good` stays what a release made it. */
export function returnTo(target: ServedVersion): RoutingMove {
  return { stable: target, canary: null };
}

/** The next stage, and the share that goes with it. */
function stageOf(deployment: Deployment, { nowMs, routing }: Circumstances): Outcome {
  const stage = deployment.stage + 1;
  const share = deployment.stages[stage];
  if (share === undefined) throw new RangeError(`${deployment.id} has no stage ${stage}`);
  const { id, version, salt } = deployment;
  return {
    deployment: { ...deployment, stage, stage_since: iso(nowMs), stage_revision: routing.revision + 1 },
    routing: { canary: { deployment: id, version, share, salt } },
  };
}

function ended(deployment: Deployment, phase: Deployment["phase"], decision: Decision, now: Circumstances): Deployment {
  return { ...logged(deployment, decision, now), phase, ended_at: iso(now.nowMs) };
}

/** Takes the deployment's own canary out of routing, and nobody else's. */
function withdrawn({ id }: Deployment, routing: Routing): RoutingMove | null {
  return routing.canary?.deployment === id ? { canary: null } : null;
}

function logged(deployment: Deployment, { action, reason }: Decision, { nowMs, by }: Circumstances): Deployment {
  return { ...deployment, log: [...deployment.log, { at: iso(nowMs), action, reason, by }] };
}

/** A hold is put on record once, not every minute. */
function held(deployment: Deployment, decision: Decision, now: Circumstances): Deployment {
  const last = deployment.log.at(-1);
  const known = last?.action === decision.action && last.reason === decision.reason;
  return known || deployment.log.length >= LOG_ROOM ? deployment : logged(deployment, decision, now);
}
