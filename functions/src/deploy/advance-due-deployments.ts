import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import type { Lifecycle } from "../config.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { VersionStore } from "../registry/store.ts";
import { RefusedError } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { isLookDue, isLookOverdue } from "./decide.ts";
import type { Action, Mandate } from "./decision.ts";
import { lookAt } from "./look.ts";
import { lookSources } from "./look-sources.ts";
import type { Deployment } from "./schema.ts";
import { DeploymentStore } from "./store.ts";

/** A deployment that was looked at, for the log. */
export interface Moved {
  id: string;
  action: Action | "open";
  phase: Deployment["phase"];
  stage: number;
  reason: string;
}

/** When, and a clock in milliseconds to measure answers with. */
export interface Now {
  /** The schedule's own time: event time, epoch ms. */
  nowMs: number;
  clockMs: () => number;
}

/** Newest versions among which the next one to deploy is looked for: as many as are kept. */
const CANDIDATES = 10;

/**
 * Looks at the deployment that goes on, if it is time to, and moves it by at most one step; or opens one for the newest version
 * that proved better, if it has not had its turn: neither deployed nor put in service by hand. Called again at the same time, it
 * changes nothing.
 */
export async function advanceDueDeployments(db: Firestore, bucket: Bucket, now: Now): Promise<Moved | undefined> {
  const deployments = new DeploymentStore(db);
  const running = await deployments.running();
  if (running !== undefined) {
    return isLookDue(running, now.nowMs) ? lookAndStep(db, bucket, { running, now, mandate: "everything" }) : undefined;
  }
  const { deployment: policy } = await readLifecycle(db);
  return openNext(deployments, new VersionStore(db, bucket), { policy, nowMs: now.nowMs });
}

/**
 * Ends what does harm in the deployment that goes on, and nothing else, if nobody has looked at it for ten minutes: the same look, by
 * whoever watches. So a schedule that stands still cannot keep a harmful version in the traffic.
 */
export async function guardDeployment(db: Firestore, bucket: Bucket, now: Now): Promise<Moved | undefined> {
  const running = await new DeploymentStore(db).running();
  if (running === undefined || running.phase === "checking" || !isLookOverdue(running, now.nowMs)) return undefined;
  return lookAndStep(db, bucket, { running, now, mandate: "harm" });
}

async function lookAndStep(
  db: Firestore,
  bucket: Bucket,
  { running, now, mandate }: { running: Deployment; now: Now; mandate: Mandate },
): Promise<Moved | undefined> {
  const lifecycle = await readLifecycle(db);
  const facts = await lookAt(running, lookSources(db, bucket, { lifecycle, clockMs: now.clockMs }), now.nowMs);
  const step = await new DeploymentStore(db).step(running.id, facts, now.nowMs, mandate);
  if (step === undefined) return undefined;
  const { id, phase, stage } = step.deployment;
  return { id, action: step.decision.action, phase, stage, reason: step.decision.reason };
}

async function openNext(
  deployments: DeploymentStore,
  versions: VersionStore,
  { policy, nowMs }: { policy: Lifecycle["deployment"]; nowMs: number },
): Promise<Moved | undefined> {
  const better = (await versions.list(CANDIDATES)).filter(
    ({ gate, quarantined }) => gate.verdict === "better" && quarantined === undefined,
  );
  // A child that awaited evidence may prove better when a newer version has had its turn.
  const candidates = better.filter(({ gate }, i) => i === 0 || gate.judged !== undefined);
  const newest = await firstUnknown(deployments, candidates);
  if (newest === undefined) return undefined;
  const { version, gate, lineage } = newest;
  const than = lineage.parent ?? "rules";
  const request = { version, requestedBy: "system", reason: gate.reason, stages: policy.stages, nowMs, than };
  try {
    const { id, phase, stage } = await deployments.open(request);
    return { id, action: "open", phase, stage, reason: gate.reason };
  } catch (error) {
    // Somebody was faster, has put the version in service by hand, or has put another one in the place of what it beat.
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

async function firstUnknown(deployments: DeploymentStore, versions: ModelVersion[]): Promise<ModelVersion | undefined> {
  for (const version of versions) if (!(await deployments.knows(version.version))) return version;
  return undefined;
}
