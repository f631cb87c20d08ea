import { CLASS_GROUPS, CLASSES, type ClassGroup, VARIABLE_NAMES, VARIABLES } from "../design/schema.ts";
import type { BiasReport } from "../registry/schema.ts";
import { bootstrapIntervals, totalOf } from "../stats/bootstrap.ts";
import type { Answers } from "./answers.ts";
import { type Examples, labelledRows } from "./examples.ts";
import { absoluteError, periodOf } from "./metrics.ts";
import { segmenter, segmentNames } from "./segments.ts";
import { NONE } from "./served-rows.ts";
import type { Workspace } from "./workspace.ts";

/** Sessions under which a segment's gap is not told. */
const MIN_SESSIONS = 100;
const GROUPS = CLASS_GROUPS.length;

type Segment = BiasReport["segments"][number];

/**
 * How a version treats the segments of the hold-out: how often it is right, what visitors were served and what came of it,
 * and the largest gap. Shares and means are over rows by their weights, as all figures are.
 * @param judged class groups whose accuracy means something
 */
export function biasReport(workspace: Workspace, answers: Answers, judged: readonly ClassGroup[]): BiasReport {
  const { examples, split } = workspace;
  const segmentsOf = segmenter(examples);
  const rows = new Map<string, number[]>();
  const days = new Map<string, number[]>();
  const put = (of: Map<string, number[]>, key: string, row: number): void => {
    const known = of.get(key);
    if (known === undefined) of.set(key, [row]);
    else known.push(row);
  };
  for (const row of split.holdout) {
    for (const name of segmentNames(segmentsOf(row))) put(rows, name, row);
    put(days, new Date(examples.eventMs[row] as number).toISOString().slice(0, 10), row);
  }
  const measured = { workspace, answers, judged };
  const sorted = (of: Map<string, number[]>) => [...of].sort(([a], [b]) => (a < b ? -1 : 1));
  const segments = sorted(rows).map(([segment, of]) => segmentFigures(measured, segment, of));
  return {
    segments,
    days: sorted(days).map(([day, of]) => ({
      day,
      sessions: sessionsOf(examples, of),
      accuracy: accuracies(measured, of),
      engaged_rate: share(examples, of, (row) => examples.served.engaged[row] as number),
    })),
    worst_gap: worstGap(measured, segments, rows),
  };
}

interface Measured {
  workspace: Workspace;
  answers: Answers;
  judged: readonly ClassGroup[];
}

function segmentFigures(measured: Measured, segment: string, rows: number[]): Segment {
  const { examples } = measured.workspace;
  const { served } = examples;
  const satisfied = rows.filter((row) => served.satisfaction[row] !== 0);
  const rated = rows.filter((row) => served.negative[row] !== NONE);
  return {
    segment,
    rows: rows.length,
    sessions: sessionsOf(examples, rows),
    accuracy: accuracies(measured, rows),
    normalised_mae: normalisedMae(measured, rows),
    engaged_rate: share(examples, rows, (row) => served.engaged[row] as number),
    satisfaction:
      satisfied.length === 0
        ? null
        : { mean: share(examples, satisfied, (row) => served.satisfaction[row] as number), n: satisfied.length },
    negative_rate:
      rated.length === 0
        ? null
        : { rate: share(examples, rated, (row) => served.negative[row] as number), n: rated.length },
    rendering_ms: share(examples, rows, (row) => served.renderingMs[row] as number),
    served: classShares(examples, rows, (row, g) => served.classes[row * GROUPS + g] as number),
    answered: classShares(examples, rows, (row, g) => {
      const group = CLASS_GROUPS[g] as ClassGroup;
      return measured.answers.classes[group][row] as number;
    }),
  };
}

/** Weighted mean of something over rows; 0 without weight. */
function share({ weights }: Examples, rows: readonly number[], of: (row: number) => number): number {
  let [sum, weight] = [0, 0];
  for (const row of rows) {
    sum += (weights[row] as number) * of(row);
    weight += weights[row] as number;
  }
  return weight === 0 ? 0 : sum / weight;
}

function sessionsOf({ session }: Examples, rows: readonly number[]): number {
  return new Set(rows.map((row) => session[row])).size;
}

function accuracies({ workspace, answers, judged }: Measured, rows: readonly number[]): Segment["accuracy"] {
  const { examples } = workspace;
  return Object.fromEntries(
    judged.map((group) => {
      const labelled = rows.filter((row) => !Number.isNaN(examples.labels[group][row]));
      const right = (row: number): number => Number(answers.classes[group][row] === examples.labels[group][row]);
      return [group, share(examples, labelled, right)];
    }),
  );
}

function normalisedMae({ workspace, answers }: Measured, rows: readonly number[]): number | null {
  const { examples, plan } = workspace;
  const varying = VARIABLE_NAMES.filter((name) => plan.trees.includes(name));
  if (varying.length === 0) return null;
  const errors = varying.map((name) => {
    const { min, max } = VARIABLES[name];
    const labelled = rows.filter((row) => !Number.isNaN(examples.labels[name][row]));
    const errorOf = (row: number): number =>
      absoluteError(answers.variables[name][row] as number, examples.labels[name][row] as number, periodOf(name));
    return share(examples, labelled, errorOf) / (max - min);
  });
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

function classShares(
  examples: Examples,
  rows: readonly number[],
  classOf: (row: number, group: number) => number,
): Segment["served"] {
  return Object.fromEntries(
    CLASS_GROUPS.map((group, g) => [
      group,
      CLASSES[group].map((_, c) => share(examples, rows, (row) => Number(classOf(row, g) === c))),
    ]),
  ) as Segment["served"];
}

/** The interval is the chosen segment's own, 95 % by bootstrap over sessions: that it is the worst of many is not corrected for. */
function worstGap(
  { workspace, answers, judged }: Measured,
  segments: readonly Segment[],
  rows: ReadonlyMap<string, number[]>,
): BiasReport["worst_gap"] {
  const { examples, split, training } = workspace;
  let worst: BiasReport["worst_gap"] = null;
  for (const group of judged) {
    const everyone = labelledRows(examples, split.holdout, group);
    for (const { segment, sessions } of segments) {
      const inside = new Set(rows.get(segment));
      if (sessions < MIN_SESSIONS || inside.size === split.holdout.length) continue;
      const ordinals = new Map<number, number>();
      for (const row of everyone) {
        const of = examples.session[row] as number;
        if (!ordinals.has(of)) ordinals.set(of, ordinals.size);
      }
      const sums = new Float64Array(ordinals.size * 4);
      for (const row of everyone) {
        const at = (ordinals.get(examples.session[row] as number) as number) * 4 + (inside.has(row) ? 0 : 2);
        const weight = examples.weights[row] as number;
        const right = Number(answers.classes[group][row] === examples.labels[group][row]);
        sums[at] = (sums[at] as number) + weight;
        sums[at + 1] = (sums[at + 1] as number) + weight * right;
      }
      const gapOf = ([w = 0, right = 0, others = 0, othersRight = 0]: ArrayLike<number> & Iterable<number>): number =>
        right / w - othersRight / others;
      const value = gapOf(totalOf({ sums, width: 4 }));
      if (Number.isNaN(value) || (worst !== null && value >= worst.gap.value)) continue;
      const [[low, high]] = bootstrapIntervals({ sums, width: 4 }, (total) => [gapOf(total)], training) as [
        [number, number],
      ];
      worst = { segment, group, sessions, gap: { value, low, high } };
    }
  }
  return worst;
}
