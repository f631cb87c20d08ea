import type { Stratum } from "../collect/arm-sums.ts";
import type { FoldStore } from "../collect/fold-store.ts";
import { type ArmStores, readArm } from "../collect/read-arm.ts";
import type { TrafficStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { countDay } from "../evaluate/count-day.ts";
import { dayOf } from "../evaluate/day-of.ts";
import type { Comparison } from "../evaluate/judge-day.ts";
import { groupDays } from "../evaluate/prediction-drift.ts";
import { ownReference } from "../evaluate/version-in-service.ts";
import type { Day } from "../evaluate/visitors.ts";
import type { VersionStore } from "../registry/store.ts";
import { floorTo } from "../shared/time.ts";
import type { AnswerDrift, Evidence } from "./evidence.ts";
import { pairedAccuracy } from "./paired-accuracy.ts";
import type { Deployment } from "./schema.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Minutes after a visit's log is mature until the fold has surely been there, if it works. */
export const FOLD_MINUTES = 10;
/** Logs of a shard that wait while nobody has folded for so long: the fold is behind. */
const WAITING = 500;

/** Where evidence is read. */
export interface EvidenceSources {
  arms: ArmStores;
  traffic: TrafficStore;
  folds: FoldStore;
  versions: VersionStore;
  lifecycle: Lifecycle;
}

/** All that a look at a deployment that is under way is judged by, from windows, traffic and what the instances have served. */
export async function readEvidence(deployment: Deployment, sources: EvidenceSources, nowMs: number): Promise<Evidence> {
  const { lifecycle } = sources;
  const startedMs = Date.parse(deployment.started_at);
  const matureMs = nowMs - lifecycle.collect.maturity_minutes * MINUTE_MS;
  const [strata, judged, fault] = await Promise.all([
    readStrata(deployment, sources, { nowMs, matchedUntilMs: matureMs - FOLD_MINUTES * MINUTE_MS }),
    judgeAnswers(deployment, sources, { startedMs, nowMs }),
    foldFault(sources.folds),
  ]);
  const ofStage = strata.filter(({ revision }) => revision >= deployment.stage_revision);
  const { stage, stages, phase } = deployment;
  return {
    phase: phase === "shadow" || phase === "baking" ? phase : "rolling",
    startedMs,
    stageSinceMs: Date.parse(deployment.stage_since),
    nextShare: stages[stage + 1] ?? null,
    strata,
    strataOfStage: ofStage.length,
    ...judged,
    fault,
  };
}

/** A stratum for each routing revision under which somebody was answered by the candidate. */
async function readStrata(
  { version, previous, started_at, steps }: Deployment,
  { arms }: EvidenceSources,
  { nowMs, matchedUntilMs }: { nowMs: number; matchedUntilMs: number },
): Promise<Stratum[]> {
  const exposed = steps.filter(({ share }) => share > 0);
  if (exposed.length === 0) return [];
  const range = { fromMs: floorTo(Date.parse(started_at), HOUR_MS), toMs: nowMs + HOUR_MS, matchedUntilMs };
  const [treatment, control] = await Promise.all([
    readArm(arms, { version, arm: "treatment", ...range }),
    readArm(arms, { version: previous, arm: "control", ...range }),
  ]);
  return [...treatment]
    .sort(([a], [b]) => a - b)
    .flatMap(([revision, treated]): Stratum[] => {
      const step = exposed.findLast((known) => known.revision <= revision);
      if (step === undefined) return [];
      return [{ revision, share: step.share, control: control.get(revision) ?? null, treatment: treated }];
    });
}

/** Visits that the candidate has not answered. */
const SCORED_ARMS = ["stable", "control"] as const;

/** What the candidate would have answered to the site's visitors, since the first full hour of its shadow. */
async function judgeAnswers(
  { version, previous }: Deployment,
  { versions, traffic, lifecycle }: EvidenceSources,
  { startedMs, nowMs }: { startedMs: number; nowMs: number },
): Promise<Pick<Evidence, "accuracy" | "accuracyVisitors" | "drift">> {
  const { triggers, training } = lifecycle;
  const fromMs = floorTo(startedMs + HOUR_MS - 1, HOUR_MS);
  const [candidate, stable, hours] = await Promise.all([
    versions.load(version),
    previous === "rules" ? null : versions.loadModel(previous),
    fromMs < nowMs ? traffic.range("1h", { fromMs, toMs: nowMs }) : [],
  ]);
  const { model } = candidate;
  const { target_policy: policy } = training;
  const { groups, visitors } = pairedAccuracy(hours, { candidate: model, stable, policy, among: SCORED_ARMS });
  const span = { fromMs: Math.max(fromMs, nowMs - DAY_MS), toMs: nowMs };
  const drift = answerDrift(dayOf(hours, span, { model, policy, arms: new Set() }), {
    reference: ownReference(candidate, triggers),
    policy: triggers.prediction_drift,
  });
  return { accuracy: groups, accuracyVisitors: visitors, drift };
}

/** A version's answers to a day's visitors, against those to its own reference at the same hours of the week; none if it has none. */
export function answerDrift(
  day: Day,
  { reference, policy }: { reference: Comparison; policy: Lifecycle["triggers"]["prediction_drift"] },
): AnswerDrift[] {
  if (reference.status !== "measured") return [];
  const { matched } = reference;
  return groupDays(countDay(day, matched), matched, { ...policy, visitors: 1 }).flatMap((found): AnswerDrift[] => {
    if (found.status !== "measured") return [];
    const { group, distance, visitors: n, referenceVisitors: m } = found;
    return [{ group, distance, n, m }];
  });
}

/** Why the fold is not to be believed, or null. */
export async function foldFault(folds: FoldStore): Promise<string | null> {
  for (const shard of folds.shards()) {
    const { due, rests } = await folds.look(shard, 3 * FOLD_MINUTES * MINUTE_MS);
    if (due >= WAITING && !rests) return `the fold is behind: ${due} logs of shard ${shard} wait to be counted`;
  }
  return null;
}
