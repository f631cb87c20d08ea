import { CLASS_GROUPS, CLASSES, type ClassGroup, VARIABLE_NAMES, VARIABLES } from "../design/schema.ts";
import type { BiasReport } from "../registry/schema.ts";
import { bootstrapIntervals, totalOf } from "../stats/bootstrap.ts";
import type { Answers } from "./answers.ts";
import { type Examples, labelledRows } from "./examples.ts";
import { absoluteError, periodOf } from "./metrics.ts";
import { laterVisits } from "./off-policy-evidence.ts";
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
  const { examples, visits, split } = workspace;
  const judgedOn = grouped(examples, split.holdout);
  // What came of visits is told of all of them: under `observed` those that teach something are chosen by it.
  const happened = visits === examples ? judgedOn : grouped(visits, laterVisits(workspace));
  const measured = { workspace, answers, judged };
  const segments = sorted(happened.segments).map(([segment, of]) =>
    segmentFigures(measured, segment, { rows: judgedOn.segments.get(segment) ?? [], visited: of }),
  );
  return {
    segments,
    days: sorted(happened.days).map(([day, of]) => ({
      day,
      sessions: sessionsOf(visits, of),
      accuracy: accuracies(measured, judgedOn.days.get(day) ?? []),
      engaged_rate: share(visits, of, (row) => visits.served.engaged[row] as number),
    })),
    worst_gap: worstGap(measured, judgedOn.segments),
  };
}

/** Rows by segment, and by day (UTC). */
function grouped(
  examples: Examples,
  rows: Int32Array,
): { segments: Map<string, number[]>; days: Map<string, number[]> } {
  const segmentsOf = segmenter(examples);
  const [segments, days] = [new Map<string, number[]>(), new Map<string, number[]>()];
  const put = (of: Map<string, number[]>, key: string, row: number): void => {
    const known = of.get(key);
    if (known === undefined) of.set(key, [row]);
    else known.push(row);
  };
  for (const row of rows) {
    for (const name of segmentNames(segmentsOf(row))) put(segments, name, row);
    put(days, new Date(examples.eventMs[row] as number).toISOString().slice(0, 10), row);
  }
  return { segments, days };
}

function sorted(of: ReadonlyMap<string, number[]>): [string, number[]][] {
  return [...of].sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Measured {
  workspace: Workspace;
  answers: Answers;
  judged: readonly ClassGroup[];
}

/**
 * @param rows of the examples, which tell how often the version is right
 * @param visited of the visits, which tell what came of them
 */
function segmentFigures(
  measured: Measured,
  segment: string,
  { rows, visited }: { rows: number[]; visited: number[] },
): Segment {
  const { examples, visits } = measured.workspace;
  const { served } = visits;
  const satisfied = visited.filter((row) => served.satisfaction[row] !== 0);
  const rated = visited.filter((row) => served.negative[row] !== NONE);
  return {
    segment,
    rows: visited.length,
    sessions: sessionsOf(visits, visited),
    accuracy: accuracies(measured, rows),
    normalised_mae: normalisedMae(measured, rows),
    engaged_rate: share(visits, visited, (row) => served.engaged[row] as number),
    satisfaction:
      satisfied.length === 0
        ? null
        : { mean: share(visits, satisfied, (row) => served.satisfaction[row] as number), n: satisfied.length },
    negative_rate:
      rated.length === 0
        ? null
        : { rate: share(visits, rated, (row) => served.negative[row] as number), n: rated.length },
    rendering_ms: share(visits, visited, (row) => served.renderingMs[row] as number),
    served: classShares(visits, visited, (row, g) => served.classes[row * GROUPS + g] as number),
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
    judged.flatMap((group) => {
      const labelled = rows.filter((row) => !Number.isNaN(examples.labels[group][row]));
      const right = (row: number): number => Number(answers.classes[group][row] === examples.labels[group][row]);
      // Of what nothing is known there is no figure.
      return labelled.length === 0 ? [] : [[group, share(examples, labelled, right)]];
    }),
  );
}

function normalisedMae({ workspace, answers }: Measured, rows: readonly number[]): number | null {
  const { examples, plan } = workspace;
  const varying = VARIABLE_NAMES.filter((name) => plan.trees.includes(name));
  if (varying.length === 0) return null;
  const errors = varying.flatMap((name) => {
    const { min, max } = VARIABLES[name];
    const labelled = rows.filter((row) => !Number.isNaN(examples.labels[name][row]));
    if (labelled.length === 0) return [];
    const errorOf = (row: number): number =>
      absoluteError(answers.variables[name][row] as number, examples.labels[name][row] as number, periodOf(name));
    return [share(examples, labelled, errorOf) / (max - min)];
  });
  return errors.length === 0 ? null : errors.reduce((sum, error) => sum + error, 0) / errors.length;
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
function worstGap(measured: Measured, rows: ReadonlyMap<string, number[]>): BiasReport["worst_gap"] {
  const { examples, split, training } = measured.workspace;
  let worst: { segment: string; group: ClassGroup; sessions: number; sums: Float64Array; value: number } | null = null;
  for (const group of measured.judged) {
    for (const [segment, all] of sorted(rows)) {
      const labelled = all.filter((row) => !Number.isNaN(examples.labels[group][row]));
      const sessions = sessionsOf(examples, labelled);
      const inside = new Set(all);
      if (sessions < MIN_SESSIONS || inside.size === split.holdout.length) continue;
      const sums = sidesBySession(measured, group, inside);
      const value = gapOf(totalOf({ sums, width: SIDE_SUMS }));
      if (value < (worst?.value ?? 0)) worst = { segment, group, sessions, sums, value };
    }
  }
  if (worst === null) return null;
  const { segment, group, sessions, sums, value } = worst;
  const clusters = { sums, width: SIDE_SUMS };
  const [[low, high] = [value, value]] = bootstrapIntervals(clusters, (total) => [gapOf(total)], training);
  return { segment, group, sessions, gap: { value, low, high } };
}

/** Of each session: weight and weight of what is right, inside the segment and outside. */
const SIDE_SUMS = 4;

function gapOf(total: Float64Array): number {
  const [weight = 0, right = 0, others = 0, othersRight = 0] = total;
  return right / weight - othersRight / others;
}

function sidesBySession(
  { workspace: { examples, split }, answers }: Measured,
  group: ClassGroup,
  inside: ReadonlySet<number>,
): Float64Array {
  const rows = labelledRows(examples, split.holdout, group);
  const ordinals = new Map<number, number>();
  for (const row of rows) {
    const session = examples.session[row] as number;
    if (!ordinals.has(session)) ordinals.set(session, ordinals.size);
  }
  const sums = new Float64Array(ordinals.size * SIDE_SUMS);
  for (const row of rows) {
    const at = (ordinals.get(examples.session[row] as number) as number) * SIDE_SUMS + (inside.has(row) ? 0 : 2);
    const weight = examples.weights[row] as number;
    sums[at] = (sums[at] as number) + weight;
    sums[at + 1] =
      (sums[at + 1] as number) + weight * Number(answers.classes[group][row] === examples.labels[group][row]);
  }
  return sums;
}
