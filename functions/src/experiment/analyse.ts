import type { Lifecycle } from "../config.ts";
import { iso } from "../shared/time.ts";
import type { ExperimentEvidence } from "./evidence.ts";
import { figuresOf, levelOf } from "./figures.ts";
import { powerOf } from "./power.ts";
import { recommend } from "./recommend.ts";
import type { Experiment, ExperimentAnalysis } from "./schema.ts";
import { segmentFigures } from "./segments.ts";
import { exposure, sampleRatio } from "./trust.ts";

const MINUTE_MS = 60_000;

/** What an analysis is made with. */
export interface AnalysisContext {
  policy: Pick<Lifecycle, "collect" | "experiments">;
  /** Event time, epoch ms. */
  nowMs: number;
  /** The horizon is over, and its visits have been counted. */
  isOver: boolean;
}

/**
 * What an experiment has shown so far, and what to do about it. The fixed-horizon test speaks at the horizon alone, and not where the
 * horizon was moved after somebody could look.
 */
export function analyseExperiment(
  experiment: Experiment,
  evidence: ExperimentEvidence,
  { policy, nowMs, isOver }: AnalysisContext,
): ExperimentAnalysis {
  const { strata } = evidence;
  const own = policy.experiments;
  const arms = experiment.arms.map(({ name }, i) => ({
    name,
    visitors: strata.reduce((sum, stratum) => sum + (stratum.arms[i]?.visitors ?? 0), 0),
    visits: strata.reduce((sum, stratum) => sum + (stratum.arms[i]?.visits ?? 0), 0),
  }));
  const speaks = isOver && experiment.extended_at === null;
  const figures = figuresOf(experiment, evidence, { policy: own, speaks });
  const matureMs = nowMs - policy.collect.maturity_minutes * MINUTE_MS;
  const power = powerOf(figures, {
    visitors: arms.reduce((sum, { visitors }) => sum + visitors, 0),
    observedMs: Math.min(matureMs, Date.parse(experiment.ends_at)) - Date.parse(experiment.started_at),
    isExtended: experiment.extended_at !== null,
    power: own.power,
    ...levelOf(experiment, true, own),
  });
  const seen = {
    at_horizon: isOver,
    arms,
    figures,
    sample_ratio: sampleRatio(experiment, strata, { policy: own, atHorizon: isOver }),
    exposure: exposure(strata, own),
    power,
  };
  return {
    at: iso(nowMs),
    ...seen,
    segments: segmentFigures(experiment, evidence.segments, figures),
    recommendation: recommend(seen, own),
  };
}
