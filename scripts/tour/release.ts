import { type Deployment, FINAL_PHASES } from "../../functions/src/deploy/schema.ts";
import { check, eventually } from "./check.ts";
import { liveHour } from "./ordinary-days.ts";
import { TOUR_POLICY } from "./policy.ts";
import { runAt } from "./schedule.ts";
import type { Tour } from "./tour.ts";

const MINUTE_MS = 60_000;
/** Virtual hours that a release may take: 1850 visitors come in two days, and as much again. */
const MAX_HOURS = 96;
/** What instances keep routing for, ROUTING_FRESH_SECONDS of the local stack, and a little. */
export const ROUTING_FRESH_MS = 1_200;
/** Treatment visitors beyond the floor before a stage is thought full: some logs are lost, some visits came too early. */
const SPARE_VISITORS = 5;
/** Seconds within which what was visited is surely folded: the fold stays FOLD_SETTLE_SECONDS behind. */
const FOLDED_SECONDS = 10;

/**
 * A deployment takes the version through its stages while the crowd keeps visiting: the second half of step 3, and of step 5
 * once more.
 */
export async function release(tour: Tour, version: string): Promise<void> {
  const { narrator, state, life } = tour;
  let deployment = await begin(tour, version);
  tell(tour, deployment, 0);
  let treated = new Set<number>();
  let wanted = TOUR_POLICY.deployment.stage_min_visitors + SPARE_VISITORS;
  for (let hour = 0; hour < MAX_HOURS && !FINAL_PHASES.includes(deployment.phase); hour++) {
    for (const { visit, prediction } of await liveHour(tour, hour)) {
      if (prediction.arm === "treatment") treated.add(visit.visitorNumber);
    }
    const isInShadow = deployment.phase === "shadow";
    const share = 100 * (deployment.stages[deployment.stage] ?? 0);
    const at = isInShadow ? "in the shadow" : `${share} %: ${treated.size} treatment visitors`;
    narrator.progress(`${at}, ${life.crowd.visitorCount} visitors in all`);
    if (!isInShadow && treated.size < wanted) continue;
    const before = deployment;
    deployment = await advance(tour, before);
    tell(tour, deployment, before.log.length);
    if (deployment.stage === before.stage) {
      wanted = treated.size + SPARE_VISITORS;
    } else {
      treated = new Set();
      wanted = TOUR_POLICY.deployment.stage_min_visitors + SPARE_VISITORS;
      // Visits that are still answered by the routing before would not count for the stage.
      await new Promise((later) => setTimeout(later, ROUTING_FRESH_MS));
    }
  }
  check(deployment.phase === "completed", () => {
    const { phase, stage, log } = deployment;
    return `the release of ${version} should be completed within ${MAX_HOURS} virtual hours, but it is ${phase} at stage ${stage}: ${log.at(-1)?.reason}`;
  });
  const [deployed, versions] = [await state.deployments(), await state.versions()];
  const once = versions.every((made) => deployed.filter((one) => one.version === made.version).length === 1);
  check(once && deployed.length === versions.length, () => {
    return `every version should have one deployment, but there are ${deployed.map(({ id }) => id).join(", ")}`;
  });
  check(deployment.checks.length > 0 && deployment.checks.every(({ ok }) => ok), () => {
    return `every pre-deployment check should have passed, but they say ${JSON.stringify(deployment.checks)}`;
  });
  const raised = deployment.log.filter(({ action }) => action === "start" || action === "advance").length;
  check(raised === 1 + deployment.stages.length, () => {
    return `the release should have gone through the shadow and ${deployment.stages.length} stages, but its log has ${raised}`;
  });
  const routing = await state.routing();
  check(routing?.stable === version && routing.canary === null, () => {
    return `${version} should be stable without a canary, but routing/live says ${JSON.stringify(routing)}`;
  });
}

/** Lets the schedule run, minute by minute, until the version is in the shadow. */
async function begin(tour: Tour, version: string): Promise<Deployment> {
  const { life, state } = tour;
  let atMs = life.crowd.nowMs;
  const begun = await eventually(
    async () => {
      // As in a project: somebody is missed who does not run every five minutes.
      if ((atMs - life.crowd.nowMs) % (5 * MINUTE_MS) === 0) await runAt(tour, "monitorHealth", atMs);
      atMs += MINUTE_MS;
      await runAt(tour, "advanceDeployments", atMs);
      const deployment = (await state.deployments()).find((one) => one.version === version);
      return deployment === undefined || deployment.phase === "checking" ? null : deployment;
    },
    {
      seconds: 30,
      sentence: () => `a deployment of ${version} should have opened and passed its checks, but has not`,
    },
  );
  await new Promise((later) => setTimeout(later, ROUTING_FRESH_MS));
  return begun;
}

/** Lets the system fold what was visited, and look at it once. */
async function advance(tour: Tour, before: Deployment): Promise<Deployment> {
  const { life, state } = tour;
  const deadline = performance.now() + FOLDED_SECONDS * 1000;
  do {
    await new Promise((later) => setTimeout(later, 300));
    await runAt(tour, "monitorHealth", life.crowd.nowMs);
  } while ((await state.folded()) < life.told.accepted && performance.now() < deadline);
  await runAt(tour, "advanceDeployments", life.crowd.nowMs + MINUTE_MS);
  const after = (await state.deployments()).find(({ id }) => id === before.id);
  check(after !== undefined, () => `the deployment ${before.id} should still be there, but is gone`);
  return after;
}

/** What a deployment has put on record since it had `from` entries. */
function tell({ narrator }: Tour, { log }: Deployment, from: number): void {
  for (const { action, reason, at } of log.slice(from)) {
    narrator.note(`${at.slice(0, 16).replace("T", " ")} ${action}: ${reason}`);
  }
}
