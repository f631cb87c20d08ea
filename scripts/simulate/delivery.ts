import type { Stratum } from "../../functions/src/collect/arm-sums.ts";
import type { Lifecycle } from "../../functions/src/config.ts";
import { lookBy } from "../../functions/src/deploy/analyse.ts";
import { opened } from "../../functions/src/deploy/apply.ts";
import { isLookDue } from "../../functions/src/deploy/decide.ts";
import type { Measured } from "../../functions/src/deploy/decision.ts";
import type { Evidence } from "../../functions/src/deploy/evidence.ts";
import { type Deployment, FINAL_PHASES } from "../../functions/src/deploy/schema.ts";
import { takeStep } from "../../functions/src/deploy/take-step.ts";
import { CONTROL_SHARE } from "../../functions/src/serve/assign.ts";
import { FIRST_ROUTING, type Routing } from "../../functions/src/serve/schema.ts";
import { DeliverySite } from "./delivery-site.ts";
import { type Effects, STEP_MINUTES } from "./site-visits.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A Monday. */
const START_MS = Date.parse("2026-01-05T00:00:00Z");
const VERSION = "v_20260105T000000Z_0123456789ab";

/** A candidate on its way, at a site of some size. */
export interface DeliveryScenario {
  visitorsPerHour: number;
  hours: number;
  seed: number;
  effects: Effects;
  /** Accuracy, candidate minus stable, 0-1. */
  accuracyDelta: number;
  /** Share from which on the effects are there. */
  fromShare: number;
  policy: Lifecycle["deployment"];
}

/** How a run ended, or that it went on when its hours were over. */
export interface DeliveryRun {
  phase: Deployment["phase"];
  /** Largest share that the candidate had, 0-1. */
  exposure: number;
  /** From the shadow's beginning to the end; of a release that is completed, until everybody had it. */
  hours: number;
  /** An SRM error held it at least once. */
  mismatch: boolean;
  reason: string;
}

/** Lives through one deployment: the product's own decisions, over simulated visitors. */
export function simulateDelivery(scenario: DeliveryScenario, run: number): DeliveryRun {
  const site = new DeliverySite(scenario, run);
  // Sites begin at any time of a day.
  const begunMs = START_MS + site.startStep * STEP_MINUTES * MINUTE_MS;
  const request = { id: "d.1", version: VERSION, previous: "rules" as const, requested_by: "system", reason: "better" };
  let deployment = opened({ ...request, stages: scenario.policy.stages, salt: "salt" }, begunMs - MINUTE_MS);
  let routing: Routing = FIRST_ROUTING;
  let [exposure, mismatch, everybodyMs] = [0, false, 0];
  const steps = (scenario.hours * 60) / STEP_MINUTES;
  for (let step = 0; step < steps && !FINAL_PHASES.includes(deployment.phase); step++) {
    const nowMs = begunMs + step * STEP_MINUTES * MINUTE_MS;
    if (isLookDue(deployment, nowMs)) {
      const measured = measuredOf(deployment, { site, policy: scenario.policy, nowMs });
      mismatch ||= measured.look?.analysis.reason.startsWith("sample ratio") === true;
      const taken = takeStep(deployment, measured, { routing, outOfUse: null, nowMs, mandate: "everything" });
      deployment = taken?.deployment ?? deployment;
      const move = taken?.routing ?? null;
      if (move !== null) routing = { ...routing, ...move, revision: routing.revision + 1 };
    }
    const share = routing.canary?.share ?? 0;
    exposure = Math.max(exposure, share);
    if (share === 1 && everybodyMs === 0) everybodyMs = nowMs;
    if (!FINAL_PHASES.includes(deployment.phase))
      site.live(step, { share, control: controlBeside(share), revision: routing.revision });
  }
  const isOver = FINAL_PHASES.includes(deployment.phase);
  const endedMs = deployment.ended_at === null ? begunMs + scenario.hours * HOUR_MS : Date.parse(deployment.ended_at);
  return {
    phase: deployment.phase,
    exposure,
    hours: ((deployment.phase === "completed" ? everybodyMs : endedMs) - begunMs) / HOUR_MS,
    mismatch,
    reason: isOver ? (deployment.log.at(-1)?.reason ?? "") : (deployment.analysis?.reason ?? ""),
  };
}

/** There is a control while the candidate has one half at most (serve/assign.ts). */
function controlBeside(share: number): number {
  return share > 0 && share <= CONTROL_SHARE ? CONTROL_SHARE : 0;
}

function measuredOf(
  deployment: Deployment,
  { site, policy, nowMs }: { site: DeliverySite; policy: DeliveryScenario["policy"]; nowMs: number },
): Measured {
  const none = { policy, checks: null, look: null, forecast: null, problem: null };
  if (deployment.phase === "checking") return { ...none, checks: [] };
  return { ...none, look: lookBy(evidenceOf(deployment, site), deployment, { policy, nowMs }) };
}

function evidenceOf(deployment: Deployment, site: DeliverySite): Evidence {
  const { phase, steps, stage, stages } = deployment;
  const exposed = steps.filter(({ share }) => share > 0);
  const strata = exposed.flatMap(({ revision, share }): Stratum[] => {
    const sums = site.armsOf(revision);
    return sums === null ? [] : [{ revision, share, ...sums }];
  });
  const { accuracy, visitors } = site.accuracy();
  return {
    phase: phase === "shadow" || phase === "baking" ? phase : "rolling",
    startedMs: Date.parse(deployment.started_at),
    stageSinceMs: Date.parse(deployment.stage_since),
    nextShare: stages[stage + 1] ?? null,
    strata,
    strataOfStage: strata.filter(({ revision }) => revision >= deployment.stage_revision).length,
    accuracy,
    accuracyVisitors: visitors,
    drift: site.drift(),
    fault: null,
  };
}
