// npm run plot-delivery: simulates what docs/delivery.md draws, and draws it into docs/. Takes some ten minutes on two cores.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Lifecycle } from "../functions/src/config.ts";
import { progressBar } from "./model/progress.ts";
import type { DeliveryRun, DeliveryScenario } from "./simulate/delivery.ts";
import { type DeliverySummary, summaryOfDeliveries } from "./simulate/delivery-summary.ts";
import { draw, type Point } from "./simulate/draw.ts";
import { runAll } from "./simulate/run-all.ts";
import { BASE_ERRORS, BASE_NO_LOG } from "./simulate/site-visits.ts";

const DOCS = resolve(import.meta.dirname, "../docs");
const RUNS = 60;
const SEED = 1;
/** Visitors an hour, and hours of a deployment: the less traffic, the longer it goes on. */
const SITES = [
  { visitorsPerHour: 50, hours: 168 },
  { visitorsPerHour: 200, hours: 168 },
  { visitorsPerHour: 500, hours: 168 },
  { visitorsPerHour: 2000, hours: 96 },
];
/** Share of engaged visits, candidate minus stable. */
const DELTAS = [-0.12, -0.1, -0.08, -0.06, -0.05, -0.04, -0.03, -0.02, -0.01, 0, 0.01, 0.02, 0.03];

async function outcome(scenario: DeliveryScenario): Promise<DeliverySummary> {
  const bar = progressBar(`${scenario.effects.engagementDelta} at ${scenario.visitorsPerHour}/h`, RUNS);
  const runs = runAll<DeliveryRun>("./delivery-worker.ts", scenario, RUNS, bar.update).finally(bar.stop);
  return summaryOfDeliveries(await runs).summary;
}

const { deployment: policy } = Lifecycle.parse({});
const rolledBack: Point[] = [];
const promoted: Point[] = [];
for (const { visitorsPerHour, hours } of SITES) {
  for (const engagementDelta of DELTAS) {
    const effects = { engagementDelta, latencyDelta: 0, errorRate: BASE_ERRORS, noLogRate: BASE_NO_LOG };
    const scenario = { visitorsPerHour, hours, seed: SEED, effects, accuracyDelta: 0, fromShare: 0, policy };
    const { rolled_back, promoted: all } = await outcome(scenario);
    const at = { x: Math.round(engagementDelta * 100), curve: `${visitorsPerHour} visitors an hour` };
    rolledBack.push({ ...at, share: rolled_back });
    promoted.push({ ...at, share: all });
  }
}
const x = "engagement, candidate minus stable (points; stable has 20)";
writeFileSync(
  join(DOCS, "delivery-rolled-back.svg"),
  draw(rolledBack, { x, y: "share of deployments rolled back", title: "Deployments that are rolled back" }),
);
writeFileSync(
  join(DOCS, "delivery-promoted.svg"),
  draw(promoted, { x, y: "share of deployments promoted", title: "Deployments that reach everybody" }),
);
console.log(JSON.stringify({ rolledBack, promoted }));
