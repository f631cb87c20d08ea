import type { Lifecycle } from "../config.ts";
import type { ExperimentAnalysis, ExperimentFigure, Recommendation } from "./schema.ts";

/** What a recommendation is made from. */
export type Seen = Pick<ExperimentAnalysis, "at_horizon" | "arms" | "figures" | "sample_ratio" | "exposure" | "power">;

/**
 * What to do with an experiment. The order is the policy: can it be believed; has an arm won at the horizon, whatever another one does;
 * does an arm do harm, beyond doubt; has everything been seen; is there enough of it; could a difference have been found at all.
 */
export function recommend(seen: Seen, policy: Lifecycle["experiments"]): Recommendation {
  const { at_horizon: isOver, arms, figures, sample_ratio, exposure, power } = seen;
  const say = (action: Recommendation["action"], arm: string | null, reasons: string[]): Recommendation => {
    return { action, arm, reasons };
  };
  const distrust = [sample_ratio, exposure].filter(({ ok }) => !ok);
  if (distrust.length > 0) return say("invalid", null, reasonsOf(distrust));
  const smallest = Math.min(...arms.map(({ visitors }) => visitors));
  const isEnough = smallest >= policy.min_samples;
  const harms = figures.filter(({ finding }) => finding === "worse");
  const better = figures.filter(({ finding, primary }) => finding === "better" && primary);
  const benefitsOf = (arm: string): ExperimentFigure[] => better.filter((figure) => figure.arm === arm);
  const [harm] = harms;
  if (harm !== undefined) {
    // An arm that does harm must not hide another one that has won.
    const won = bestOf(better.filter(({ arm }) => !harms.some((of) => of.arm === arm)));
    if (isOver && isEnough && won !== undefined) {
      return say("ship", won.arm, reasonsOf([...benefitsOf(won.arm), ...harms]));
    }
    // One primary for another is not for a rule to decide; a guardrail is there to be kept.
    const plain = harms.find(({ arm, primary }) => !primary || benefitsOf(arm).length === 0);
    if (!isOver || plain !== undefined) return say("roll_back", (plain ?? harm).arm, reasonsOf(harms));
    return say("review", harm.arm, ["better in one primary and worse in another", ...reasonsOf([...better, ...harms])]);
  }
  const few = `the smallest arm has ${smallest} visitors, ${policy.min_samples} are needed`;
  const best = bestOf(better);
  if (!isOver) {
    if (best !== undefined && isEnough && policy.ship_early) return say("ship", best.arm, reasonsOf(better));
    const early =
      best === undefined
        ? []
        : ["better beyond doubt at every look, and its horizon is not reached", ...reasonsOf(better)];
    return say("keep_running", null, [isEnough ? power.reason : few, ...early]);
  }
  if (!isEnough) return say("keep_running", null, [few, power.reason]);
  if (best !== undefined) return say("ship", best.arm, reasonsOf(better));
  const primaries = reasonsOf(figures.filter(({ primary }) => primary));
  if (power.days_left === null || power.days_left > 0) return say("keep_running", null, [power.reason, ...primaries]);
  return say("review", null, [
    "no arm differs beyond doubt in a primary, and one that did would have been found",
    ...primaries,
  ]);
}

/** The arm with the most of what was named first among the primaries that are better; of one metric the largest effect. */
function bestOf(better: readonly ExperimentFigure[]): ExperimentFigure | undefined {
  const metric = better[0]?.metric;
  return better
    .filter((figure) => figure.metric === metric)
    .reduce<ExperimentFigure | undefined>((best, figure) => {
      return best === undefined || Math.abs(figure.effect ?? 0) > Math.abs(best.effect ?? 0) ? figure : best;
    }, undefined);
}

function reasonsOf(all: readonly { reason: string }[]): string[] {
  return all.map(({ reason }) => reason);
}
