import { benjaminiHochberg } from "../stats/benjamini-hochberg.ts";
import { standardNormalCdf } from "../stats/distributions.ts";
import type { ArmSegments } from "./evidence.ts";
import type { Experiment, ExperimentFigure, SegmentFigure } from "./schema.ts";
import { isOneSplit } from "./split.ts";

/** Visits of each arm that a segment needs. */
const LEAST_VISITS = 100;
/** False discovery rate over all segments and arms. */
const Q = 0.05;

/**
 * Engagement by segment, for ideas. Visits of a visitor hang together: they are counted for as many as they are worth in the whole
 * experiment. Counts of several splits would mislead (Simpson's paradox), so a changed split has none.
 * @param figures of all metrics: engagement tells what visits are worth, and without it there are no segments
 */
export function segmentFigures(
  experiment: Pick<Experiment, "arms" | "steps">,
  segments: readonly ArmSegments[],
  figures: readonly ExperimentFigure[],
): SegmentFigure[] {
  const [control] = segments;
  if (control === undefined || !isOneSplit(experiment)) return [];
  const found = experiment.arms.slice(1).flatMap(({ name: arm }, i): Omit<SegmentFigure, "adjusted">[] => {
    const treatment = segments[i + 1];
    const whole = figures.find((figure) => figure.arm === arm && figure.metric === "engagement");
    if (treatment === undefined || whole?.standard_error == null || whole.control === null) return [];
    const pooled = (whole.control * whole.n.control + (whole.treatment ?? 0) * whole.n.treatment) / visitsOf(whole);
    const asIfAlone = Math.sqrt(pooled * (1 - pooled) * (1 / whole.n.control + 1 / whole.n.treatment));
    const inflation = Math.max(1, whole.standard_error / asIfAlone);
    return Object.keys(control.visits)
      .sort()
      .flatMap((segment) => {
        const visits = { control: control.visits[segment] ?? 0, treatment: treatment.visits[segment] ?? 0 };
        if (Math.min(visits.control, visits.treatment) < LEAST_VISITS) return [];
        const engaged = { control: control.engaged[segment] ?? 0, treatment: treatment.engaged[segment] ?? 0 };
        const rates = { control: engaged.control / visits.control, treatment: engaged.treatment / visits.treatment };
        const p = pOf(visits, engaged, inflation);
        const difference = rates.treatment - rates.control;
        return [{ exploratory: true as const, arm, segment, visits, ...rates, difference, p }];
      });
  });
  const { adjusted } = benjaminiHochberg(
    found.map(({ p }) => p),
    { q: Q },
  );
  return found.map((figure, i) => ({ ...figure, adjusted: adjusted[i] ?? 1 }));
}

function visitsOf({ n }: Pick<ExperimentFigure, "n">): number {
  return n.control + n.treatment;
}

/** Two proportions, pooled, with a standard error that is so many times that of independent visits. */
function pOf(visits: ExperimentFigure["n"], engaged: ExperimentFigure["n"], inflation: number): number {
  const pooled = (engaged.control + engaged.treatment) / visitsOf({ n: visits });
  const square = pooled * (1 - pooled) * (1 / visits.control + 1 / visits.treatment);
  if (square === 0) return 1;
  const difference = engaged.treatment / visits.treatment - engaged.control / visits.control;
  return Math.min(1, 2 * standardNormalCdf(-Math.abs(difference) / (inflation * Math.sqrt(square))));
}
