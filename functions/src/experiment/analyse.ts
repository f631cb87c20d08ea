import { type ArmSums, commonSample } from "../collect/arm-sums.ts";
import type { Lifecycle } from "../config.ts";
import { type MeanMetric, meanMetrics } from "../deploy/differences.ts";
import { iso } from "../shared/time.ts";
import { type ClusteredRatio, clusteredRatio } from "../stats/clustered-ratio.ts";
import { sequenceWidth, sequentialPValue } from "../stats/confidence-sequence.ts";
import { logEvidenceOfMismatch } from "../stats/sample-ratio.ts";
import { stratifiedDifference } from "../stats/stratified-difference.ts";
import type { ArmStratum, ExperimentEvidence } from "./evidence.ts";
import type { Experiment, ExperimentAnalysis, ExperimentFigure, Recommendation } from "./schema.ts";

type Metric = ExperimentFigure["metric"];

/** What an analysis is made with. */
export interface AnalysisContext {
  policy: Lifecycle;
  /** Event time, epoch ms. */
  nowMs: number;
  /** The horizon is over, and its visits have been counted. */
  isOver: boolean;
}

/** What is measured of one metric of one treatment, before anybody judges it. */
interface Measure {
  estimate: ClusteredRatio;
  /** Independent units that it is worth. */
  worth: number;
  n: { control: number; treatment: number };
  control: number;
  treatment: number;
}

/** Names of the means that deployments are guarded by, as experiments call them. */
const MEANS: Record<MeanMetric["metric"], Metric> = {
  engagement: "engagement",
  click_through: "click_through",
  satisfaction: "user_satisfaction",
  rendering: "performance",
  latency: "latency",
  missing_logs: "missing_logs",
};
const LESS_IS_BETTER: readonly Metric[] = ["performance", "latency", "missing_logs"];
const NO_CUPED = { used: false, reduction: null, reason: "no earlier visits were read" };

/** What an experiment has shown so far, by intervals that hold at all looks at once. */
export function analyseExperiment(
  experiment: Experiment,
  evidence: ExperimentEvidence,
  { policy, nowMs, isOver }: AnalysisContext,
): ExperimentAnalysis {
  const { experiments: own } = policy;
  const arms = experiment.arms.map(({ name }, i) => ({
    name,
    visitors: sumOf(evidence.strata, i, "visitors"),
    visits: sumOf(evidence.strata, i, "visits"),
  }));
  const figures = experiment.arms
    .slice(1)
    .flatMap(({ name }, i) => figuresOf(experiment, evidence, name, i + 1, policy));
  const sample_ratio = sampleRatio(experiment, evidence.strata, own);
  const exposure = multipleExposure(evidence.strata, own.multiple_exposure_share);
  const least = Math.min(...arms.map(({ visitors }) => visitors));
  const enough = least >= own.min_samples;
  const recommendation = recommended({ figures, sample_ratio, exposure }, { isOver, enough, least, own });
  const power = { visitors_needed: null, visitors_left: null, days_left: null, reason: "not computed" };
  const at = iso(nowMs);
  return { at, at_horizon: isOver, arms, figures, sample_ratio, exposure, segments: [], power, recommendation };
}

/** The order is the policy: can it be believed; does an arm do harm; is there enough; is an arm better. */
function recommended(
  { figures, sample_ratio, exposure }: Pick<ExperimentAnalysis, "figures" | "sample_ratio" | "exposure">,
  { isOver, enough, least, own }: { isOver: boolean; enough: boolean; least: number; own: Lifecycle["experiments"] },
): Recommendation {
  if (!sample_ratio.ok) return { action: "invalid", arm: null, reasons: [sample_ratio.reason] };
  if (!exposure.ok) return { action: "invalid", arm: null, reasons: [exposure.reason] };
  const harm = figures.find(({ finding }) => finding === "worse");
  if (harm !== undefined) return { action: "roll_back", arm: harm.arm, reasons: [harm.reason] };
  const better = figures.find(({ finding, primary }) => finding === "better" && primary);
  if (better !== undefined && enough && (isOver || own.ship_early)) {
    return { action: "ship", arm: better.arm, reasons: [better.reason] };
  }
  const samples = `the smallest arm has ${least} visitors of ${own.min_samples}`;
  if (!isOver) return { action: "keep_running", arm: null, reasons: [`the horizon is not reached; ${samples}`] };
  const reasons = figures.filter(({ primary }) => primary).map(({ reason }) => reason);
  return { action: "review", arm: null, reasons: [enough ? "no primary is better beyond doubt" : samples, ...reasons] };
}

function figuresOf(
  { arms, metrics }: Experiment,
  { strata, accuracy }: ExperimentEvidence,
  arm: string,
  index: number,
  { deployment, experiments: own }: Lifecycle,
): ExperimentFigure[] {
  const treatments = arms.length - 1;
  const primaries = metrics.filter(({ primary }) => primary).length * treatments;
  const guardrails = (metrics.length - primaries / treatments) * treatments;
  const means = meanMetrics(deployment, { isLastPass: false });
  return metrics.flatMap(({ metric, primary }): ExperimentFigure[] => {
    const tests = primary ? primaries : guardrails;
    const alpha = primary ? own.alpha : own.guardrail_alpha;
    const of = { arm, metric, primary, tests, alpha, tunedFor: own.tuned_for };
    if (metric === "accuracy") {
      const groups = accuracy.find((found) => found.arm === arm)?.groups ?? [];
      return groups.map(({ group, sums, candidate, stable }) => {
        const n = { control: sums.clusters, treatment: sums.clusters };
        const enough = sums.clusters >= own.min_samples;
        const measure = { worth: sums.clusters, n, control: stable, treatment: candidate };
        return figure(
          { ...of, tests: tests * groups.length },
          group,
          enough ? { ...measure, estimate: clusteredRatio(sums) } : n,
        );
      });
    }
    const mean = means.find((known) => MEANS[known.metric] === metric);
    return mean === undefined ? [] : [figure(of, null, meanOf(mean, strata, index, own.min_samples))];
  });
}

function meanOf(
  { sums }: MeanMetric,
  strata: readonly ArmStratum[],
  index: number,
  least: number,
): Measure | Measure["n"] {
  const compared = strata.flatMap(({ arms }) => {
    const [control, treatment] = [arms[0], arms[index]];
    return control && treatment ? [{ control: sums(control), treatment: sums(treatment) }] : [];
  });
  const found = stratifiedDifference(compared, { guarded: true });
  if (found.status !== "measured") return { control: 0, treatment: 0 };
  const { difference, standardError, degreesOfFreedom, worth, weights: n, control, treatment } = found;
  if (Math.min(n.control, n.treatment) < least) return n;
  return { estimate: { estimate: difference, standardError, degreesOfFreedom }, worth, n, control, treatment };
}

interface Asked {
  arm: string;
  metric: Metric;
  primary: boolean;
  /** Figures that share the alpha. */
  tests: number;
  alpha: number;
  tunedFor: number;
}

function figure(
  { arm, metric, primary, tests, alpha, tunedFor }: Asked,
  group: string | null,
  measure: Measure | Measure["n"],
): ExperimentFigure {
  const base = { arm, metric, primary, group, horizon: null, relative: null, cuped: NO_CUPED };
  const name = group === null ? metric : `${metric} of ${group}`;
  if (!("estimate" in measure)) {
    const none = {
      control: null,
      treatment: null,
      difference: null,
      effect: null,
      standard_error: null,
      sequential: null,
    };
    const reason = `${name} of ${arm}: ${Math.round(measure.treatment)} visits are too few`;
    return { ...base, ...none, finding: "insufficient_data", found_by: null, n: measure, reason };
  }
  const { estimate: found, worth, n, control, treatment } = measure;
  const { estimate: difference, standardError, degreesOfFreedom } = found;
  const half = standardError * sequenceWidth({ alpha: alpha / tests, n: worth, tunedFor, sides: 2, degreesOfFreedom });
  const [lower, upper] = [difference - half, difference + half];
  const p =
    standardError > 0 ? sequentialPValue(difference / standardError, { alpha: alpha / tests, n: worth, tunedFor }) : 1;
  const sequential = { lower, upper, p, adjusted: Math.min(1, p * tests) };
  const isMore = lower > 0;
  const finding = lower <= 0 && upper >= 0 ? "unsure" : isMore !== LESS_IS_BETTER.includes(metric) ? "better" : "worse";
  const digits = (value: number) => Number(value.toPrecision(4));
  const reason = `${name} of ${arm}: ${digits(treatment)} against ${digits(control)}, ${digits(difference)} [${digits(lower)}, ${digits(upper)}]`;
  const figures = { n, control, treatment, difference, effect: difference, standard_error: standardError, sequential };
  return { ...base, ...figures, finding, found_by: finding === "unsure" ? null : "sequential", reason };
}

function sampleRatio(
  { arms }: Experiment,
  strata: readonly ArmStratum[],
  { sample_ratio_alpha: alpha, sample_ratio_concentration: concentration }: Lifecycle["experiments"],
): ExperimentAnalysis["sample_ratio"] {
  const all = arms.reduce((sum, { share }) => sum + share, 0);
  const shares = arms.map(({ share }) => share / all);
  const stretches = strata.map((stratum) => ({ counts: commonSample(stratum.arms.map(sampleOf)), shares }));
  const counts = arms.map((_, i) => stretches.reduce((sum, stretch) => sum + (stretch.counts[i] ?? 0), 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const log_evidence = logEvidenceOfMismatch(stretches, concentration);
  const ok = log_evidence < -Math.log(alpha);
  const words = `${counts.join(", ")} visitors of a sample where ${shares.map((share) => Math.round(total * share)).join(", ")} were dealt`;
  const reason = ok ? words : `visitors do not fall into the arms as they were dealt: ${words}`;
  return { ok, reason, counts, expected: shares.map((share) => total * share), p: null, log_evidence };
}

function multipleExposure(strata: readonly ArmStratum[], most: number): ExperimentAnalysis["exposure"] {
  const arms = new Map<bigint, Set<number>>();
  for (const stratum of strata) {
    stratum.arms.forEach((arm, i) => {
      for (const unit of sampleOf(arm)) arms.set(unit, (arms.get(unit) ?? new Set()).add(i));
    });
  }
  const visitors = arms.size;
  const multiple = [...arms.values()].filter((seen) => seen.size > 1).length;
  const reason = `${multiple} of ${visitors} visitors of a sample were in more than one arm`;
  return { ok: multiple <= most * visitors, reason, visitors, multiple };
}

function sampleOf(arm: ArmSums | null): BigUint64Array {
  return arm?.sample ?? new BigUint64Array();
}

function sumOf(strata: readonly ArmStratum[], index: number, of: "visitors" | "visits"): number {
  return strata.reduce((sum, { arms }) => sum + (arms[index]?.[of] ?? 0), 0);
}
