import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { estimate } from "../collect/sketch.ts";
import { WindowStore } from "../collect/store.ts";
import { mergeWindows, sinceRevision } from "../collect/window.ts";
import type { Lifecycle } from "../config.ts";
import type { ModelVersion } from "../registry/schema.ts";
import { VersionStore } from "../registry/store.ts";
import { CorruptError, RefusedError, reasonOf } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { floorTo } from "../shared/time.ts";
import { type Candidate, checkCandidate } from "./checks.ts";
import { type Action, type Facts, lastMoveMs } from "./decide.ts";
import type { Deployment } from "./schema.ts";
import { DeploymentStore, type Measured } from "./store.ts";

/** A deployment that has moved, for the log. */
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
const HOUR_MS = 3_600_000;

/**
 * Moves the deployment that goes on by at most one step, or opens one for the newest version that proved better, if
 * it has not had its turn: neither deployed nor put in service by hand. Called again at the same time, it changes nothing.
 */
export async function advanceDueDeployments(db: Firestore, bucket: Bucket, now: Now): Promise<Moved | undefined> {
  const deployments = new DeploymentStore(db);
  const versions = new VersionStore(db, bucket);
  const { deployment: policy } = await readLifecycle(db);
  const running = await deployments.running();
  if (running === undefined) return openNext(deployments, versions, { policy, nowMs: now.nowMs });
  if (now.nowMs <= lastMoveMs(running)) return undefined;

  const facts = await factsOf(running, { versions, windows: new WindowStore(db), policy, now });
  const step = await deployments.step(running.id, facts, now.nowMs);
  if (step === undefined) return undefined;
  const { deployment, decision } = step;
  const { id, phase, stage } = deployment;
  return { id, action: decision.action, phase, stage, reason: decision.reason };
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

interface Sources {
  versions: VersionStore;
  windows: WindowStore;
  policy: Lifecycle["deployment"];
  now: Now;
}

/** What the deployment's phase needs to know. What cannot be measured is a fact too: it holds, and says nothing bad. */
async function factsOf(deployment: Deployment, sources: Sources): Promise<Measured> {
  const { policy } = sources;
  const facts = { policy, checks: null, visitors: null, problem: null };
  try {
    if (deployment.phase === "checking") {
      const candidate = await candidateOf(deployment.version, sources);
      return { ...facts, checks: checkCandidate(candidate, { policy, clockMs: sources.now.clockMs }) };
    }
    return { ...facts, visitors: await stageVisitors(deployment, sources) };
  } catch (error) {
    return { ...facts, problem: reasonOf(error) };
  }
}

async function candidateOf(version: string, { versions, now }: Sources): Promise<Candidate> {
  const beganMs = now.clockMs();
  try {
    const loaded = await versions.load(version, "every");
    return { loaded: true, ...loaded, loadMs: now.clockMs() - beganMs };
  } catch (error) {
    if (error instanceof CorruptError) return { loaded: false, reason: error.message };
    throw error;
  }
}

/** Distinct visitors of this stage, by mature logs of the treatment arm. */
async function stageVisitors(deployment: Deployment, { windows, now }: Sources): Promise<Facts["visitors"]> {
  const { version, stage_since, stage_revision } = deployment;
  const hours = await windows.range({
    version,
    arm: "treatment",
    granularity: "1h",
    fromMs: floorTo(Date.parse(stage_since), HOUR_MS),
    toMs: now.nowMs + HOUR_MS,
  });
  const { units } = sinceRevision(mergeWindows(hours), stage_revision);
  return { sinceRevision: stage_revision, count: estimate(units) };
}
