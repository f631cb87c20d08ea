import { commonSample } from "../collect/arm-sums.ts";
import type { Lifecycle } from "../config.ts";
import { goodnessOfFit } from "../stats/goodness-of-fit.ts";
import { logEvidenceOfMismatch } from "../stats/sample-ratio.ts";
import type { ArmStratum } from "./evidence.ts";
import type { Experiment, ExperimentAnalysis } from "./schema.ts";
import { sharesOf } from "./split.ts";

const NOBODY = new BigUint64Array();
/** Visitors in several arms under which a share of them is not spoken of. */
const FEW = 5;

/**
 * Whether visitors fall into the arms as they were dealt, over all splits: at every look by evidence that holds at all of them, and at
 * the horizon by the chi-square test as well. A split is judged by its own shares.
 */
export function sampleRatio(
  experiment: Pick<Experiment, "arms" | "steps">,
  strata: readonly ArmStratum[],
  { policy, atHorizon }: { policy: Lifecycle["experiments"]; atHorizon: boolean },
): ExperimentAnalysis["sample_ratio"] {
  const { sample_ratio_alpha: alpha, sample_ratio_concentration: concentration } = policy;
  const dealt = strata.map(({ revision, arms }) => {
    const shares = sharesOf(experiment, revision);
    const all = shares.reduce((sum, share) => sum + share, 0);
    return {
      counts: commonSample(arms.map((arm) => arm?.sample ?? NOBODY)),
      shares: shares.map((share) => share / all),
    };
  });
  const totals = (of: (stretch: (typeof dealt)[number]) => readonly number[]): number[] =>
    experiment.arms.map((_, i) => dealt.reduce((sum, stretch) => sum + (of(stretch)[i] ?? 0), 0));
  const counts = totals((stretch) => stretch.counts);
  const expected = totals((stretch) => {
    const units = stretch.counts.reduce((sum, count) => sum + count, 0);
    return stretch.shares.map((share) => share * units);
  });
  const log_evidence = logEvidenceOfMismatch(dealt, concentration);
  const p = atHorizon ? goodnessOfFit(dealt).pValue : null;
  const ok = log_evidence < -Math.log(alpha) && (p === null || p >= alpha);
  const words = `${counts.join(", ")} visitors of a sample in the arms, ${expected.map((count) => count.toFixed(0)).join(", ")} expected`;
  const how = p === null ? "" : `, p ${Number(p.toPrecision(2))}`;
  const reason = `${ok ? "sample ratio" : "visitors do not fall into the arms as they were dealt"}: ${words}${how}`;
  return { ok, reason, counts, expected, p, log_evidence };
}

/**
 * Visitors who were in more than one arm, of a sample that is drawn alike from all arms: those up to the least of the largest hashes that
 * full samples hold. A visitor whose arm changed has seen both, and belongs to neither.
 */
export function exposure(
  strata: readonly ArmStratum[],
  { multiple_exposure_share: most }: Lifecycle["experiments"],
): ExperimentAnalysis["exposure"] {
  const samples = strata.flatMap(({ arms }) => arms.map((arm) => arm?.sample ?? NOBODY));
  const kept = commonSample(samples);
  const seen = new Map<bigint, number>();
  const several = new Set<bigint>();
  samples.forEach((sample, place) => {
    const arm = place % (strata[0]?.arms.length ?? 1);
    for (const unit of sample.subarray(0, kept[place])) {
      if ((seen.get(unit) ?? arm) !== arm) several.add(unit);
      seen.set(unit, arm);
    }
  });
  const [visitors, multiple] = [seen.size, several.size];
  const ok = multiple < FEW || multiple <= most * visitors;
  const reason = `${multiple} of ${visitors} visitors of a sample were in more than one arm${ok ? "" : `, more than ${100 * most} %`}`;
  return { ok, reason, visitors, multiple };
}
