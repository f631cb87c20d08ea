import type { Lifecycle } from "../config.ts";
import { refuseDamaged } from "../registry/refuse-damaged.ts";
import type { VersionStore } from "../registry/store.ts";
import { type FieldIssue, InputError, inWords, parseInput } from "../shared/errors.ts";
import { routed } from "./apply.ts";
import { type Experiment, type ExperimentArm, StartExperimentRequest } from "./schema.ts";
import type { ExperimentStore } from "./store.ts";

/**
 * Starts an experiment for an admin: arms of registered versions, each whole in all of its files, or of the rules. Two arms without
 * shares get the policy's.
 * @throws {InputError} for a request that is not one, arms that do not fit beside one another, or a version that is not registered
 * @throws {RefusedError} when a version is damaged, its id is taken, or a deployment or another experiment is going on
 */
export async function startExperimentFor(
  { experiments, versions, policy }: { experiments: ExperimentStore; versions: VersionStore; policy: Lifecycle },
  data: unknown,
  uid: string,
): Promise<Experiment> {
  const request = parseInput(StartExperimentRequest, data, "the request");
  const arms = withShares(request.arms, policy.experiments.treatment_share);
  const issues = armFaults(arms);
  if (issues.length > 0) throw new InputError(`the arms are not valid: ${inWords(issues)}`, issues);
  for (const [i, { version }] of arms.entries()) {
    await refuseDamaged(versions, version, { path: `arms.${i}.version`, cannot: "answer in an arm" });
  }
  const { id, hypothesis, reason } = request;
  const metrics = request.metrics ?? policy.experiments.metrics;
  const correction = request.correction ?? policy.experiments.correction;
  const hours = request.hours ?? policy.experiments.hours;
  const asked = { id, hypothesis, arms, metrics, correction, hours, requested_by: uid, reason };
  return experiments.start(asked, await experiments.eventNowMs());
}

/** Arms with their shares: where none is told, of two arms the second gets the policy's and the first, the control, the rest. */
export function withShares(asked: StartExperimentRequest["arms"], treatmentShare: number): ExperimentArm[] {
  const isSilent = asked.length === 2 && asked.every(({ share }) => share === undefined);
  return asked.map(({ name, version, share }, i) => {
    const own = isSilent ? (i === 0 ? 1 - treatmentShare : treatmentShare) : (share ?? 0);
    return { name, version, share: own };
  });
}

/** What is wrong with arms that the request's own rules do not see: every one needs visitors. */
export function armFaults(arms: readonly ExperimentArm[]): FieldIssue[] {
  return routed({ id: "", salt: "", arms: [...arms] }).arms.flatMap(({ from, to }, i): FieldIssue[] => {
    if (to > from) return [];
    const isSilent = arms[i]?.share === 0;
    const message = isSilent ? "is needed: only two arms have shares by default" : "is less than one visitor in 10 000";
    return [{ path: `arms.${i}.share`, message }];
  });
}
