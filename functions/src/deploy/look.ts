import { reasonOf } from "../shared/errors.ts";
import { analyse } from "./analyse.ts";
import { type EvidenceSources, readEvidence } from "./read-evidence.ts";
import { readForecast } from "./read-forecast.ts";
import { type CheckSources, runChecks } from "./run-checks.ts";
import type { Deployment } from "./schema.ts";
import type { Measured } from "./store.ts";

/** What a look is taken with. */
export type LookSources = EvidenceSources & CheckSources;

/**
 * Looks at a deployment: before its shadow the checks are run and the forecast is made, later everything that it has led to is
 * judged. What cannot be measured is a fact too: it holds, and says nothing bad.
 */
export async function lookAt(deployment: Deployment, sources: LookSources, nowMs: number): Promise<Measured> {
  const policy = sources.lifecycle.deployment;
  const facts: Measured = { policy, checks: null, look: null, forecast: null, problem: null };
  try {
    if (deployment.phase === "checking") {
      const [checks, forecast] = await Promise.all([
        runChecks(deployment.version, sources, nowMs),
        readForecast(deployment.previous, sources, nowMs),
      ]);
      return { ...facts, checks, forecast };
    }
    const evidence = await readEvidence(deployment, sources, nowMs);
    const analysis = analyse(evidence, policy, nowMs);
    const ofRevision = deployment.steps.at(-1)?.revision ?? deployment.stage_revision;
    const stepVisitors = evidence.strata
      .filter(({ revision }) => revision >= ofRevision)
      .reduce((sum, { treatment }) => sum + treatment.visitors, 0);
    return { ...facts, look: { ofRevision, analysis, stepVisitors } };
  } catch (error) {
    return { ...facts, problem: reasonOf(error) };
  }
}
