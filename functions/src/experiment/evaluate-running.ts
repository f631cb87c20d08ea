import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { FoldStore } from "../collect/fold-store.ts";
import { TrafficStore, WindowStore } from "../collect/store.ts";
import { VersionStore } from "../registry/store.ts";
import { ServingStore } from "../serve/serving-store.ts";
import { reasonOf } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import { analyseExperiment } from "./analyse.ts";
import { matureMs } from "./decide.ts";
import type { Action, Measured } from "./decision.ts";
import { type EvidenceSources, evidenceFault, maturityMinutes, readExperiment } from "./read-evidence.ts";
import type { Experiment } from "./schema.ts";
import { ExperimentStore } from "./store.ts";

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
  const sources: EvidenceSources = {
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
async function lookAt(experiment: Experiment, sources: EvidenceSources, nowMs: number): Promise<Measured> {
  const facts = { maturityMinutes: maturityMinutes(sources.lifecycle) };
  try {
    const fault = await evidenceFault(sources);
    if (fault !== null) return { ...facts, look: null, problem: fault };
    const evidence = await readExperiment(experiment, sources, nowMs);
    const isOver = nowMs >= matureMs(experiment, facts);
    const analysis = analyseExperiment(experiment, evidence, { policy: sources.lifecycle, nowMs, isOver });
    return { ...facts, look: { ofHorizon: experiment.ends_at, analysis }, problem: null };
  } catch (error) {
    return { ...facts, look: null, problem: reasonOf(error) };
  }
}
