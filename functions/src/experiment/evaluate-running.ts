import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { FoldStore } from "../collect/fold-store.ts";
import { LogStore, TrafficStore, WindowStore } from "../collect/store.ts";
import type { EvidenceSources } from "../deploy/read-evidence.ts";
import { VersionStore } from "../registry/store.ts";
import { ServingStore } from "../serve/serving-store.ts";
import { RoutingStore } from "../serve/store.ts";
import { reasonOf } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { analyseExperiment } from "./analyse.ts";
import { matureMs } from "./decide.ts";
import type { Action, Measured } from "./decision.ts";
import { readEarlier } from "./read-earlier.ts";
import { evidenceFault, maturityMinutes, readExperiment } from "./read-evidence.ts";
import type { Experiment } from "./schema.ts";
import { ExperimentStore } from "./store.ts";

type LookSources = EvidenceSources & { logs: LogStore; routing: RoutingStore };

/** An experiment that was looked at, for the log. */
export interface Evaluated {
  id: string;
  action: Action;
  phase: Experiment["phase"];
  reason: string;
}

/**
 * Looks at the experiment that runs and moves it by at most one step. Called again at the same time, it changes nothing.
 * @param nowMs the schedule's own time: event time, epoch ms
 */
export async function evaluateRunning(db: Firestore, bucket: Bucket, nowMs: number): Promise<Evaluated | undefined> {
  const experiments = new ExperimentStore(db);
  const running = await experiments.running();
  if (running === undefined) return undefined;
  const sources: LookSources = {
    logs: new LogStore(db),
    routing: new RoutingStore(db),
    arms: { windows: new WindowStore(db), serving: new ServingStore(db) },
    traffic: new TrafficStore(db),
    folds: new FoldStore(db),
    versions: new VersionStore(db, bucket),
    lifecycle: await readLifecycle(db),
  };
  const step = await experiments.step(running.id, await lookAt(running, sources, nowMs), nowMs);
  if (step === undefined) return undefined;
  return { id: running.id, action: step.decision.action, phase: step.experiment.phase, reason: step.decision.reason };
}

/** What a look has measured, or why it could not. */
async function lookAt(running: Experiment, sources: LookSources, nowMs: number): Promise<Measured> {
  const facts = { maturityMinutes: maturityMinutes(sources.lifecycle), earlier: null };
  try {
    const fault = await evidenceFault(sources);
    if (fault !== null) return { ...facts, look: null, problem: fault };
    // Read once: what was before the start changes no more.
    const earlier = running.earlier ?? (await earlierOf(running, sources));
    const evidence = await readExperiment(running, sources, nowMs);
    const isOver = nowMs >= matureMs(running, facts);
    const policy = sources.lifecycle;
    const analysis = analyseExperiment({ ...running, earlier }, evidence, { policy, nowMs, isOver });
    return { ...facts, earlier, look: { ofHorizon: running.ends_at, analysis }, problem: null };
  } catch (error) {
    return { ...facts, look: null, problem: reasonOf(error) };
  }
}

async function earlierOf(running: Experiment, { logs, routing, lifecycle }: LookSources) {
  const { experiments: policy } = lifecycle;
  // Of the start: who would have been in which arm must not hang on what was edited since.
  const began = (await routing.revision(running.steps[0]?.revision ?? 0)) ?? (await routing.read());
  return readEarlier(running, { logs, routing: began, policy });
}
