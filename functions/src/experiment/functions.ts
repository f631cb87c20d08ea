import { logger } from "firebase-functions";
import { onCall } from "firebase-functions/https";
import { onSchedule } from "firebase-functions/scheduler";
import { REGION } from "../config.ts";
import { VersionStore } from "../registry/store.ts";
import { asAdmin } from "../shared/callable.ts";
import { bucket, database } from "../shared/firestore.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { startExperimentFor } from "./start-experiment.ts";
import { stopExperimentFor } from "./stop-experiment.ts";
import { ExperimentStore } from "./store.ts";

/** Starts an experiment: arms of versions, each with its share of the visitors. For admins, with a reason. */
export const startExperiment = onCall({ region: REGION, memory: "512MiB" }, (request) =>
  asAdmin(request, async ({ uid }, db) => {
    const tools = { experiments: new ExperimentStore(db), versions: new VersionStore(db, bucket()) };
    const { id, phase, ends_at } = await startExperimentFor(
      { ...tools, policy: await readLifecycle(db) },
      request.data,
      uid,
    );
    logger.info("experiment started", { id, ends_at });
    return { id, phase, ends_at };
  }),
);

/** Stops an experiment, moves its horizon, or ships an arm of it into a deployment. For admins, with a reason. */
export const stopExperiment = onCall({ region: REGION, memory: "512MiB" }, (request) =>
  asAdmin(request, async ({ uid }, db) => {
    const tools = { experiments: new ExperimentStore(db), policy: await readLifecycle(db) };
    const { experiment, deployment } = await stopExperimentFor(tools, request.data, uid);
    const { id, phase, ends_at } = experiment;
    logger.info("experiment told", { id, phase, ends_at, deployment });
    return { id, phase, ends_at, deployment };
  }),
);

/** Every hour a look at the experiment that runs; at its horizon it ends. "Now" is the schedule's own time. */
export const evaluateExperiments = onSchedule(
  { schedule: "every 1 hours", region: REGION, memory: "1GiB", timeoutSeconds: 540, maxInstances: 1 },
  async (event) => {
    const { evaluateRunning } = await import("./evaluate-running.ts");
    const evaluated = await evaluateRunning(database(), bucket(), Date.parse(event.scheduleTime));
    if (evaluated !== undefined) logger.info("experiment", { ...evaluated });
  },
);
