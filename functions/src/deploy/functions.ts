import { performance } from "node:perf_hooks";
import { logger } from "firebase-functions";
import { type CallableRequest, onCall } from "firebase-functions/https";
import { onSchedule } from "firebase-functions/scheduler";
import { REGION } from "../config.ts";
import { VersionStore } from "../registry/store.ts";
import { RoutingStore } from "../serve/store.ts";
import { asAdmin } from "../shared/callable.ts";
import { parseInput } from "../shared/errors.ts";
import { bucket, database } from "../shared/firestore.ts";
import { independently } from "../shared/independently.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { missSignOfLife } from "../shared/sign-of-life.ts";
import { advanceDueDeployments } from "./advance-due-deployments.ts";
import type { Wish } from "./apply.ts";
import { listVersionsOn } from "./list-versions.ts";
import { openDeployment } from "./open-deployment.ts";
import { rollBack } from "./roll-back.ts";
import { ListRequest } from "./schema.ts";
import { DeploymentStore } from "./store.ts";
import { tellDeployment } from "./tell-deployment.ts";

/** Every minute at most one step of the deployment that goes on; "now" is the schedule's own time. */
export const advanceDeployments = onSchedule(
  { schedule: "every 1 minutes", region: REGION, memory: "512MiB", timeoutSeconds: 120, maxInstances: 1 },
  async (event) => {
    const now = { nowMs: Date.parse(event.scheduleTime), clockMs: () => performance.now() };
    const { monitoring } = await readLifecycle(database());
    const watched = missSignOfLife(database(), { nowMs: now.nowMs, minutes: monitoring.dead_man_minutes });
    const [moved] = await independently(advanceDueDeployments(database(), bucket(), now), watched);
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

/** Nothing is raised until it is resumed; guardrails go on. For admins, with a reason, as the next three. */
export const pauseDeployment = onCall({ region: REGION }, tell("pause"));

/** Goes on where it was paused; its stage's patience begins anew. */
export const resumeDeployment = onCall({ region: REGION }, tell("resume"));

/** Leaves the present stage without further patience, and approves the next one; guardrails go on. */
export const promoteDeployment = onCall({ region: REGION }, tell("promote"));

/** Ends a deployment at once: everybody is answered as before it. */
export const abortDeployment = onCall({ region: REGION }, tell("abort"));

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

function tell(kind: Wish | "abort") {
  return (request: CallableRequest) =>
    asAdmin(request, async ({ uid }) => {
      const { id, phase, stage } = await tellDeployment(tools().deployments, kind, { data: request.data, uid });
      logger.info("deployment told", { id, kind, phase, stage });
      return { id, phase, stage };
    });
}

function tools() {
  const db = database();
  return {
    deployments: new DeploymentStore(db),
    versions: new VersionStore(db, bucket()),
    routing: new RoutingStore(db),
  };
}
