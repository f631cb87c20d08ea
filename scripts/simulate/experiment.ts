import type { Lifecycle } from "../../functions/src/config.ts";
import { analyseExperiment } from "../../functions/src/experiment/analyse.ts";
import { begun } from "../../functions/src/experiment/apply.ts";
import type { ArmStratum } from "../../functions/src/experiment/evidence.ts";
import type { Experiment, ExperimentAnalysis } from "../../functions/src/experiment/schema.ts";
import { FIRST_ROUTING } from "../../functions/src/serve/schema.ts";
import { DeliverySite } from "./delivery-site.ts";
import { type Effects, STEP_MINUTES } from "./site-visits.ts";

const MINUTE_MS = 60_000;
/** A Monday. */
const START_MS = Date.parse("2026-01-05T00:00:00Z");
const VERSION = "v_20260105T000000Z_0123456789ab";
/** Minutes after the horizon until all of its visits have been counted. */
const MATURE_MINUTES = 60;

/** An experiment of two arms at a site of some size. */
export interface ExperimentScenario {
  visitorsPerHour: number;
  hours: number;
  seed: number;
  /** Looks up to the end, evenly spaced, by what holds at all of them; null: one look, by the test at the horizon. */
  looks: number | null;
  effects: Effects;
  policy: Pick<Lifecycle, "collect" | "experiments">;
}

/** What an experiment has shown, over all of its looks. */
export interface ExperimentRun {
  /** A difference in a primary was found, at any look. */
  better: boolean;
  worse: boolean;
  /** A guardrail was found worse, or better, at any look. */
  guardrail: boolean;
  /** Visitors do not fall into the arms as they were dealt, or are in several. */
  invalid: boolean;
  /** The last one. */
  recommendation: ExperimentAnalysis["recommendation"]["action"];
  /** From the start until something was found; null if nothing was. */
  hours: number | null;
  reasons: string[];
}

/** Lives through one experiment: the product's own analysis, over simulated visitors. */
export function simulateExperiment(scenario: ExperimentScenario, run: number): ExperimentRun {
  const { effects, hours, looks, policy } = scenario;
  const share = policy.experiments.treatment_share;
  const site = new DeliverySite({ ...scenario, accuracyDelta: 0, fromShare: 0 }, run);
  const begunMs = START_MS + site.startStep * STEP_MINUTES * MINUTE_MS;
  const { experiment } = begun(
    {
      id: "simulated",
      hypothesis: `engagement differs by ${effects.engagementDelta}`,
      arms: [
        { name: "control", version: "rules", share: 1 - share },
        { name: "treatment", version: VERSION, share },
      ],
      salt: "salt",
      metrics: policy.experiments.metrics,
      correction: policy.experiments.correction,
      requested_by: "uid",
      reason: "a simulation",
      hours,
    },
    { routing: FIRST_ROUTING, nowMs: begunMs },
  );
  const horizon = (hours * 60) / STEP_MINUTES;
  const end = horizon + MATURE_MINUTES / STEP_MINUTES;
  const lookAt = new Set(Array.from({ length: looks ?? 1 }, (_, i) => Math.round((end * (i + 1)) / (looks ?? 1))));
  const revision = experiment.steps[0]?.revision ?? 0;
  const seen: ExperimentRun = {
    better: false,
    worse: false,
    guardrail: false,
    invalid: false,
    recommendation: "keep_running",
    hours: null,
    reasons: [],
  };
  for (let step = 1; step <= end; step++) {
    const isOn = step <= horizon;
    site.live(step - 1, { share: isOn ? share : 0, control: isOn ? 1 - share : 0, revision });
    if (!lookAt.has(step)) continue;
    const nowMs = begunMs + step * STEP_MINUTES * MINUTE_MS;
    const analysis = analyseExperiment(experiment, evidenceOf(experiment, site), {
      policy,
      nowMs,
      isOver: looks === null,
    });
    note(seen, analysis, (step * STEP_MINUTES) / 60);
  }
  return seen;
}

function evidenceOf({ steps, arms }: Experiment, site: DeliverySite) {
  const strata = steps.flatMap(({ revision }): ArmStratum[] => {
    const of = site.armsOf(revision);
    return of === null ? [] : [{ revision, arms: [of.control, of.treatment] }];
  });
  const { accuracy: groups, visitors } = site.accuracy();
  return { strata, accuracy: [{ arm: arms[1]?.name ?? "", groups, visitors }], segments: [] };
}

function note(
  seen: ExperimentRun,
  { figures, recommendation, sample_ratio, exposure }: ExperimentAnalysis,
  hours: number,
) {
  const found = figures.filter(({ finding }) => finding === "better" || finding === "worse");
  seen.better ||= found.some(({ primary, finding }) => primary && finding === "better");
  seen.worse ||= found.some(({ primary, finding }) => primary && finding === "worse");
  seen.guardrail ||= found.some(({ primary }) => !primary);
  seen.invalid ||= !sample_ratio.ok || !exposure.ok;
  seen.recommendation = recommendation.action;
  seen.reasons = recommendation.reasons;
  if (found.length > 0) seen.hours ??= hours;
}
