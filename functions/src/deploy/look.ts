import type { RoutingStore } from "../serve/store.ts";
import { reasonOf } from "../shared/errors.ts";
import { lookBy } from "./analyse.ts";
import { takenBy } from "./decide.ts";
import type { Measured } from "./decision.ts";
import { type EvidenceSources, readEvidence } from "./read-evidence.ts";
import { readForecast } from "./read-forecast.ts";
import { type CheckSources, runChecks } from "./run-checks.ts";
import type { Deployment } from "./schema.ts";

/** What a look is taken with. */
export type LookSources = EvidenceSources & CheckSources & { routing: RoutingStore };

/**
 * Looks at a deployment: before its shadow the checks are run and the forecast is made, later everything that it has led to is
 * judged. What cannot be measured is a fact too: it holds, and says nothing bad.
 */
export async function lookAt(deployment: Deployment, sources: LookSources, nowMs: number): Promise<Measured> {
  const policy = sources.lifecycle.deployment;
  const facts: Measured = { policy, checks: null, look: null, forecast: null, problem: null };
  try {
    if (deployment.phase === "checking") {
      // Checks load every file and time hundreds of answers: not every minute while nothing can begin.
      if (deployment.paused !== null || takenBy(await sources.routing.read()) !== undefined) return facts;
      const [checks, forecast] = await Promise.all([
        runChecks(deployment.version, sources, nowMs),
        readForecast(deployment.previous, sources, nowMs),
      ]);
      return { ...facts, checks, forecast };
    }
    const evidence = await readEvidence(deployment, sources, nowMs);
    return { ...facts, look: lookBy(evidence, deployment, { policy, nowMs }) };
  } catch (error) {
    return { ...facts, problem: reasonOf(error) };
  }
}
