import type { ArmSums, StretchOf } from "../collect/arm-sums.ts";
import { mergeOutcomes } from "../collect/outcomes.ts";
import { readArm } from "../collect/read-arm.ts";
import type { Lifecycle } from "../config.ts";
import { pairedAccuracy, scoredSample } from "../deploy/paired-accuracy.ts";
import { type EvidenceSources, FOLD_MINUTES, foldFault } from "../deploy/read-evidence.ts";
import type { JudgedModel } from "../model/bundle.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { floorTo } from "../shared/time.ts";
import type { ArmAccuracy, ArmSegments, ArmStratum, ExperimentEvidence } from "./evidence.ts";
import type { Experiment } from "./schema.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Minutes after a visit until it has surely been counted, if the fold works. */
export function maturityMinutes({ collect }: Pick<Lifecycle, "collect">): number {
  return collect.maturity_minutes + FOLD_MINUTES;
}

/** Why what the windows hold is not to be believed now, in words; null if nothing is wrong. */
export async function evidenceFault({ folds }: Pick<EvidenceSources, "folds">): Promise<string | null> {
  return foldFault(folds);
}

/** All that an experiment is judged by, from windows, traffic and what the instances have served up to `nowMs`. */
export async function readExperiment(
  experiment: Experiment,
  sources: EvidenceSources,
  nowMs: number,
): Promise<ExperimentEvidence> {
  const [strata, accuracy, segments] = await Promise.all([
    readStrata(experiment, sources, nowMs),
    readAccuracy(experiment, sources, nowMs),
    readSegments(experiment, sources, nowMs),
  ]);
  return { strata, accuracy, segments };
}

async function readStrata(
  { id, arms, started_at, ends_at, steps, metrics }: Experiment,
  { arms: stores, lifecycle }: EvidenceSources,
  nowMs: number,
): Promise<ArmStratum[]> {
  const matchedUntilMs = nowMs - maturityMinutes(lifecycle) * MINUTE_MS;
  // The arms have visitors until it is decided; what counts ends with the horizon, whenever that was looked at.
  const toMs = Math.min(nowMs + HOUR_MS, Date.parse(ends_at));
  const stretchOf: StretchOf = (revision) => steps.findLast((step) => step.revision <= revision)?.revision ?? null;
  // A document for every five minutes, arm and instance: only where a metric is made of them.
  const served = metrics.some(({ metric }) => SERVED_METRICS.includes(metric));
  const range = { fromMs: floorTo(Date.parse(started_at), HOUR_MS), toMs, matchedUntilMs, stretchOf, served };
  const read = await Promise.all(
    arms.map(({ name, version }) => readArm(stores, { version, arm: `exp.${id}.${name}`, ...range })),
  );
  return stratified(read);
}

/** Arms side by side, split by split: other edits of the routing leave the arms as they are, and their visitors the same. */
function stratified(arms: readonly ReadonlyMap<number, ArmSums>[]): ArmStratum[] {
  const revisions = new Set(arms.flatMap((arm) => [...arm.keys()]));
  return [...revisions]
    .sort((a, b) => a - b)
    .map((revision) => ({ revision, arms: arms.map((arm) => arm.get(revision) ?? null) }));
}

/** Segments of each arm, from its days: nobody was in the arm before the experiment, so that whole days are its own. */
async function readSegments(
  { id, arms, started_at, ends_at }: Experiment,
  { arms: { windows } }: EvidenceSources,
  nowMs: number,
): Promise<ArmSegments[]> {
  const toMs = Math.min(nowMs + HOUR_MS, Date.parse(ends_at));
  const range = { fromMs: floorTo(Date.parse(started_at), DAY_MS), toMs };
  const days = await Promise.all(
    arms.map(({ name, version }) => windows.range({ version, arm: `exp.${id}.${name}`, granularity: "1d", ...range })),
  );
  return days.map((all) => {
    const { segments: visits, engaged } = mergeOutcomes(all.flatMap(({ outcomes }) => outcomes ?? []));
    return { visits, engaged };
  });
}

/** Each treatment's answers against the control's to the visits since the first full hour of the experiment. */
async function readAccuracy(
  { arms, started_at, ends_at, metrics }: Experiment,
  { versions, traffic, lifecycle }: EvidenceSources,
  nowMs: number,
): Promise<ArmAccuracy[]> {
  const [control, ...treatments] = arms;
  const fromMs = floorTo(Date.parse(started_at) + HOUR_MS - 1, HOUR_MS);
  const toMs = Math.min(nowMs, Date.parse(ends_at));
  const isAsked = metrics.some(({ metric }) => metric === "accuracy");
  if (control === undefined || fromMs >= toMs || !isAsked) return [];
  // Day by day: an experiment may last 90 of them, and each hour has a thousand visitors.
  let visitors = scoredSample([]);
  for (let at = fromMs; at < toMs; at += DAY_MS) {
    const hours = await traffic.range("1h", { fromMs: at, toMs: Math.min(at + DAY_MS, toMs) });
    visitors = scoredSample([visitors, ...hours.map((hour) => hour.visitors)]);
  }
  const { target_policy: policy } = lifecycle.training;
  const load = async (version: ServedVersion): Promise<JudgedModel | null> =>
    version === "rules" ? null : await versions.loadModel(version);
  const stable = await load(control.version);
  const compared: ArmAccuracy[] = [];
  for (const { name: arm, version } of treatments) {
    if (version === control.version) continue;
    const candidate = await load(version);
    const found = pairedAccuracy([{ visitors }], { candidate, stable, policy, among: EXPERIMENTS });
    compared.push({ arm, groups: found.groups, visitors: found.visitors });
  }
  return compared;
}

/** Metrics that instances count, not logs. */
const SERVED_METRICS: readonly Experiment["metrics"][number]["metric"][] = ["latency", "missing_logs"];

/** Visitors whose visits are scored: all who are in no deployment, whichever arm answered them. */
const EXPERIMENTS = ["stable", "experiment"] as const;
