import { performance } from "node:perf_hooks";
import { logger } from "firebase-functions";
import { onCall } from "firebase-functions/https";
import { onSchedule } from "firebase-functions/scheduler";
import { REGION } from "../config.ts";
import { VersionStore } from "../registry/store.ts";
import { RoutingStore } from "../serve/store.ts";
import { asAdmin } from "../shared/callable.ts";
import { parseInput } from "../shared/errors.ts";
import { bucket, database } from "../shared/firestore.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { advanceDueDeployments } from "./advance-due-deployments.ts";
import { listVersionsOn } from "./list-versions.ts";
import { openDeployment } from "./open-deployment.ts";
import { rollBack } from "./roll-back.ts";
import { ListRequest } from "./schema.ts";
import { DeploymentStore } from "./store.ts";

/** Every minute at most one step of the deployment that goes on; "now" is the schedule's own time. */
export const advanceDeployments = onSchedule(
  { schedule: "every 1 minutes", region: REGION, memory: "512MiB", timeoutSeconds: 120, maxInstances: 1 },
  async (event) => {
    const now = { nowMs: Date.parse(event.scheduleTime), clockMs: () => performance.now() };
    const moved = await advanceDueDeployments(database(), bucket(), now);
    if (moved !== undefined) logger.info("deployment", { ...moved });
  },
);

/** Opens a deployment of a registered version: for admins, with a reason. */
export const deployVersion = onCall({ region: REGION, memory: "512MiB" }, (request) =>
  asAdmin(request, async ({ uid }, db) => {
    const policy = await readLifecycle(db);
    const { id, phase } = await openDeployment({ ...tools(), policy }, request.data, uid);
    logger.info("deployment opened", { id });
    return { id, phase };
  }),
);

/** Returns everybody to an earlier version or to the rules, at once: for admins, with a reason. */
export const rollback = onCall({ region: REGION, memory: "512MiB" }, (request) =>
  asAdmin(request, async ({ uid }) => {
    const done = await rollBack(tools(), request.data, uid);
    logger.info("rolled back", { ...done });
    return done;
  }),
);

/** Lists versions, the newest first, with the history of what served; for admins. */
export const listVersions = onCall({ region: REGION }, (request) =>
  asAdmin(request, async () => {
    const wanted = parseInput(ListRequest, request.data ?? {}, "the request");
    return listVersionsOn(tools(), wanted);
  }),
);

function tools() {
  const db = database();
  return {
    deployments: new DeploymentStore(db),
    versions: new VersionStore(db, bucket()),
    routing: new RoutingStore(db),
  };
}
