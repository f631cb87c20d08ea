import { latencyOf, missingOf, outcomeOf } from "../collect/arm-means.ts";
import type { ArmSums } from "../collect/arm-sums.ts";
import type { Lifecycle } from "../config.ts";
import type { PairedAccuracy } from "../deploy/evidence.ts";
import { clusteredRatio } from "../stats/clustered-ratio.ts";
import { type EventCounts, logEvidenceOfMore } from "../stats/event-ratio.ts";
import { LEAST_EVENTS, rarest } from "../stats/rule-of-five.ts";
import { type BucketSums, stratifiedDifference } from "../stats/stratified-difference.ts";
import { type Adjustment, adjustedByEarlier, NOT_ADJUSTED } from "./cuped.ts";
import type { ArmStratum } from "./evidence.ts";
import type { Experiment, ExperimentFigure } from "./schema.ts";
import { isOneSplit, sharesOf } from "./split.ts";

type Metric = ExperimentFigure["metric"];

/** What is measured of one metric of one treatment, before anybody judges it. Differences are treatment minus control. */
export type Measure = Counted &
  (
    | { kind: "too_few"; reason: string }
    /** An estimate with a standard error, which intervals are made of. */
    | ({ kind: "mean"; difference: number; worth: number; control: number; treatment: number } & Adjustment)
    /** Visitors with an event: the natural logarithm of the evidence that there are more, which holds at all looks. */
    | { kind: "events"; control: number; treatment: number; logEvidence: number }
  );

interface Counted {
  /** What it is from: visits, ratings, answers or visitors. */
  n: { control: number; treatment: number };
}

/** A metric that is a mean: its sums by bucket of visitors, and those of earlier visits where logs tell them. */
interface Mean {
  sums: (arm: ArmSums) => BucketSums;
  earlier: ((arm: Pick<ArmSums, "outcomes">) => BucketSums) | null;
}

function ofOutcomes(sums: (arm: Pick<ArmSums, "outcomes">) => BucketSums): Mean {
  return { sums, earlier: sums };
}

const MEANS: Record<Exclude<Metric, "accuracy" | "errors" | "negative_feedback">, Mean> = {
  engagement: ofOutcomes(outcomeOf("engaged", "visits", 1)),
  click_through: ofOutcomes(outcomeOf("click_through_millionths", "visits", 1e-6)),
  user_satisfaction: ofOutcomes(outcomeOf("satisfaction", "satisfaction_count", 1)),
  performance: ofOutcomes(outcomeOf("rendering_us", "visits", 1e-3)),
  latency: { sums: latencyOf, earlier: null },
  missing_logs: { sums: missingOf, earlier: null },
};

/** Which arm is measured, in which metric. */
export interface Asked {
  /** Index of the treatment among the arms; 0 is the control. */
  index: number;
  metric: Exclude<Metric, "accuracy">;
}

/**
 * A treatment against the control in one metric, over strata of a constant split.
 * @param options.guarded a small arm does not know its own variance (`stratifiedDifference`); at the horizon it is taken at its word
 */
export function measured(
  experiment: Pick<Experiment, "arms" | "steps" | "earlier">,
  strata: readonly ArmStratum[],
  { index, metric }: Asked,
  { policy, guarded }: { policy: Lifecycle["experiments"]; guarded: boolean },
): Measure {
  const compared = strata.flatMap(({ revision, arms }) => {
    const [control, treatment] = [arms[0], arms[index]];
    return control && treatment ? [{ revision, control, treatment }] : [];
  });
  if (metric === "errors" || metric === "negative_feedback") {
    return eventsOf(experiment, compared, { index, of: metric === "errors" ? "erred" : "negative" });
  }
  const { sums, earlier } = MEANS[metric];
  const found = stratifiedDifference(
    compared.map(({ control, treatment }) => ({ control: sums(control), treatment: sums(treatment) })),
    { guarded },
  );
  if (found.status !== "measured") return { kind: "too_few", n: { control: 0, treatment: 0 }, reason: found.reason };
  const n = found.weights;
  const least = policy.min_samples;
  if (Math.min(n.control, n.treatment) < least) {
    const reason = `${Math.round(n.treatment)} against ${Math.round(n.control)}, ${least} of each are needed`;
    return { kind: "too_few", n, reason };
  }
  const { control, treatment, difference, worth } = found;
  const rare = guarded || metric !== "engagement" ? null : tooRare({ n, control, treatment });
  if (rare !== null) return { kind: "too_few", n, reason: rare };
  const plain = { effect: difference, ...found, cuped: NOT_ADJUSTED };
  const adjusted =
    earlier === null
      ? { ...plain, cuped: { ...NOT_ADJUSTED, reason: "earlier visits do not tell it" } }
      : adjustedByEarlier(plain, {
          sums: earlier,
          earlier: experiment.earlier,
          arms: [experiment.arms[0]?.name ?? "", experiment.arms[index]?.name ?? ""],
          strata: isOneSplit(experiment) ? compared : null,
        });
  return { kind: "mean", n, difference, worth, control, treatment, ...adjusted };
}

/** Why shares of visits are no means yet that a test for one look could be made of, or null. */
function tooRare({ n, ...shares }: Counted & { control: number; treatment: number }): string | null {
  for (const arm of ["control", "treatment"] as const) {
    const events = shares[arm] * n[arm];
    if (rarest({ events, trials: n[arm] }) < LEAST_EVENTS) {
      return `${Math.round(events)} of ${Math.round(n[arm])} visits of the ${arm} are engaged, ${LEAST_EVENTS} that are and that are not are needed`;
    }
  }
  return null;
}

/** The treatment's answers against the control's to the same visits: a paired test by visitor, each with one visit. */
export function measuredAccuracy(
  { sums, candidate, stable }: PairedAccuracy,
  { min_samples: least }: Lifecycle["experiments"],
): Measure {
  const n = { control: sums.clusters, treatment: sums.clusters };
  if (sums.clusters < least) return { kind: "too_few", n, reason: `${sums.clusters} visitors, ${least} are needed` };
  const { estimate, standardError, degreesOfFreedom } = clusteredRatio(sums);
  return {
    kind: "mean",
    n,
    difference: estimate,
    effect: estimate,
    // Who never differ vary as much as one visitor in n would.
    standardError: Math.max(standardError, 1 / sums.clusters),
    degreesOfFreedom,
    worth: sums.clusters,
    control: stable,
    treatment: candidate,
    squares: null,
    cuped: { ...NOT_ADJUSTED, reason: "both answer the same visits" },
  };
}

function eventsOf(
  experiment: Pick<Experiment, "arms" | "steps">,
  compared: readonly { revision: number; control: ArmSums; treatment: ArmSums }[],
  { index, of }: { index: number; of: "erred" | "negative" },
): Measure {
  const counts = compared.map(({ revision, control, treatment }): EventCounts => {
    const shares = sharesOf(experiment, revision);
    const [ofControl, ofTreatment] = [shares[0] ?? 0, shares[index] ?? 0];
    return { control: control[of], treatment: treatment[of], share: ofTreatment / (ofControl + ofTreatment) };
  });
  const n = { control: 0, treatment: 0 };
  const events = { control: 0, treatment: 0 };
  for (const { control, treatment } of compared) {
    n.control += control.visitors;
    n.treatment += treatment.visitors;
    events.control += control[of];
    events.treatment += treatment[of];
  }
  if (n.control === 0 || n.treatment === 0) return { kind: "too_few", n, reason: "an arm has no visitor yet" };
  const [control, treatment] = [events.control / n.control, events.treatment / n.treatment];
  return { kind: "events", n, control, treatment, logEvidence: logEvidenceOfMore(counts) };
}
