import type { Lifecycle } from "../config.ts";
import { parseInput } from "../shared/errors.ts";
import { type Experiment, StopExperimentRequest } from "./schema.ts";
import type { ExperimentStore } from "./store.ts";

/** An experiment after an admin's word, and the deployment that one that was shipped has led to. */
export interface ToldExperiment {
  experiment: Experiment;
  deployment: string | null;
}

/** Hours from its start to its last horizon: older logs have expired. */
const MOST_HOURS = 90 * 24;

/**
 * Stops an experiment, moves its horizon, or ships an arm of it, for an admin.
 * @throws {InputError} for a request that is not one, or an experiment or arm that does not exist
 * @throws {RefusedError} when it has ended, would last too long, or the arm's version cannot be deployed
 */
export async function stopExperimentFor(
  { experiments, policy }: { experiments: ExperimentStore; policy: Lifecycle },
  data: unknown,
  uid: string,
): Promise<ToldExperiment> {
  const request = parseInput(StopExperimentRequest, data, "the request");
  const { id, reason } = request;
  const word = { id, reason, by: uid, nowMs: await experiments.eventNowMs() };
  switch (request.action) {
    case "stop":
      return { experiment: await experiments.stop(word), deployment: null };
    case "extend": {
      const more = { hours: request.hours, maxHours: MOST_HOURS };
      return { experiment: await experiments.extend(word, more), deployment: null };
    }
    case "ship": {
      const how = { arm: request.arm, stages: policy.deployment.stages };
      const { experiment, deployment } = await experiments.ship(word, how);
      return { experiment, deployment: deployment.id };
    }
  }
}
