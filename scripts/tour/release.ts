import { type Deployment, FINAL_PHASES } from "../../functions/src/deploy/schema.ts";
import { check } from "./check.ts";
import { liveHour } from "./ordinary-days.ts";
import { runAt } from "./schedule.ts";
import type { Tour } from "./tour.ts";

const MINUTE_MS = 60_000;
/** Virtual hours that a release may take: 1850 visitors at 1500 visits a day, and more than as much again. */
const MAX_HOURS = 144;
/** Steps that a deployment takes within an hour, each with its own minute: opened, checked, begun. */
const STEPS_AN_HOUR = 3;
/** What instances keep routing for, ROUTING_FRESH_SECONDS of the local stack, and a little. */
export const ROUTING_FRESH_MS = 2_200;

/** Step 3, second half: the deployment takes the version through its stages while the crowd keeps visiting. */
export async function release(tour: Tour, version: string): Promise<void> {
  const { narrator, state, life } = tour;
  let told = 0;
  let deployment: Deployment | undefined;
  for (let hour = 0; hour < MAX_HOURS; hour++) {
    const before = deployment?.stage;
    deployment = await advance(tour, deployment);
    for (const { action, reason, at } of deployment?.log.slice(told) ?? []) {
      narrator.note(`${at.slice(0, 16).replace("T", " ")} ${action}: ${reason}`);
      told++;
    }
    if (deployment !== undefined && FINAL_PHASES.includes(deployment.phase)) break;
    // Visits that are still answered by the routing before would not count for the stage.
    if (deployment?.stage !== before) await new Promise((later) => setTimeout(later, ROUTING_FRESH_MS));
    await liveHour(tour, hour);
    const share = deployment?.stages[deployment.stage] ?? 0;
    narrator.progress(`${share * 100} %: ${life.crowd.visitorCount} visitors so far`);
  }
  const seen =
    deployment === undefined ? "there is no deployment" : `it is ${deployment.phase} at stage ${deployment.stage}`;
  check(deployment?.phase === "completed", () => {
    return `the release of ${version} should be completed within ${MAX_HOURS} virtual hours, but ${seen}: ${deployment?.log.at(-1)?.reason ?? "nothing was logged"}`;
  });
  const all = await state.deployments();
  check(all.length === 1 && deployment.version === version, () => {
    return `there should be one deployment, of ${version}, but there are ${all.map(({ id }) => id).join(", ")}`;
  });
  check(deployment.checks.length > 0 && deployment.checks.every(({ ok }) => ok), () => {
    return `every pre-deployment check should have passed, but they say ${JSON.stringify(deployment?.checks)}`;
  });
  const raised = deployment.log.filter(({ action }) => action === "start" || action === "advance").length;
  check(raised === deployment.stages.length, () => {
    return `the release should have gone through ${deployment?.stages.length} stages, but its log has ${raised}`;
  });
  const routing = await state.routing();
  check(routing?.stable === version && routing.canary === null, () => {
    return `${version} should be stable without a canary, but routing/live says ${JSON.stringify(routing)}`;
  });
}

/** Lets the schedule of the minutes after now run, as often as the deployment still moves. */
async function advance(tour: Tour, deployment: Deployment | undefined): Promise<Deployment | undefined> {
  const { life, state } = tour;
  let current = deployment;
  for (let minute = 1; minute <= STEPS_AN_HOUR; minute++) {
    await runAt(tour, "advanceDeployments", life.crowd.nowMs + minute * MINUTE_MS);
    const [after] = await state.deployments();
    const moved = after?.log.length !== current?.log.length;
    current = after;
    if (!moved || (after !== undefined && after.phase !== "checking")) break;
  }
  return current;
}
