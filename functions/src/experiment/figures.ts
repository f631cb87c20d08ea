import type { Lifecycle } from "../config.ts";
import { CLASS_GROUPS } from "../design/schema.ts";
import { benjaminiHochberg } from "../stats/benjamini-hochberg.ts";
import { sequenceWidth, sequentialPValue } from "../stats/confidence-sequence.ts";
import { standardNormalQuantile, tCdf, tQuantile } from "../stats/distributions.ts";
import { holm } from "../stats/holm.ts";
import { relativeEffect } from "../stats/relative-effect.ts";
import { NOT_ADJUSTED } from "./cuped.ts";
import type { ExperimentEvidence } from "./evidence.ts";
import { type Measure, measured, measuredAccuracy } from "./measure.ts";
import type { Experiment, ExperimentFigure } from "./schema.ts";

type Policy = Lifecycle["experiments"];
type Tested = NonNullable<ExperimentFigure["sequential"]>;

/** Metrics of which less is better. */
const LESS: readonly ExperimentFigure["metric"][] = [
  "performance",
  "latency",
  "missing_logs",
  "errors",
  "negative_feedback",
];

/** What a figure is about, and what was measured of it. */
interface Question extends Pick<ExperimentFigure, "arm" | "metric" | "primary" | "group"> {
  measure: Measure;
}

/**
 * Every metric of every treatment. The primaries of all treatments are one family, corrected as the experiment says; guardrails another
 * one, by Bonferroni. Until the horizon what holds at all looks is what finds something, and after an extension, too; else the test
 * that is made once, at the horizon.
 * @param options.speaks the fixed-horizon test may be made
 */
export function figuresOf(
  experiment: Experiment,
  evidence: ExperimentEvidence,
  { policy, speaks }: { policy: Policy; speaks: boolean },
): ExperimentFigure[] {
  const questions = questionsOf(experiment, evidence, { policy, guarded: !speaks });
  return [true, false].flatMap((primary) => {
    const family = questions.filter((question) => question.primary === primary);
    const { size, ...of } = levelOf(experiment, primary, policy);
    const { alpha } = of;
    const correct = (ps: readonly number[]): number[] => {
      if (!primary) return ps.map((p) => Math.min(1, p * size));
      const all = [...ps, ...Array.from({ length: size - ps.length }, () => 1)];
      const { adjusted } =
        experiment.correction === "holm" ? holm(all, { alpha }) : benjaminiHochberg(all, { q: alpha });
      return adjusted.slice(0, ps.length);
    };
    const sequential = corrected(
      family.map(({ measure }) => sequentially(measure, of)),
      correct,
    );
    const horizon = corrected(
      family.map(({ measure }) => (speaks ? once(measure, of) : null)),
      correct,
    );
    return family.map((question, i) =>
      figureOf(question, { ...of, sequential: sequential[i] ?? null, horizon: horizon[i] ?? null }),
    );
  });
}

/** What a family of tests is made at, and how many it has. */
export function levelOf(
  experiment: Pick<Experiment, "arms" | "metrics">,
  primary: boolean,
  policy: Policy,
): Level & { size: number } {
  // Who may ship early asks twice: at all looks, and at the horizon.
  const alpha = primary ? policy.alpha / (policy.ship_early ? 2 : 1) : policy.guardrail_alpha;
  const size = familySize(experiment, primary);
  return { alpha, alone: alpha / size, tunedFor: policy.tuned_for, size };
}

/**
 * Tests that may ever belong to a family: the same at every look, whatever can be measured by then, or what holds at one look would not
 * hold at all of them.
 */
function familySize({ arms, metrics }: Pick<Experiment, "arms" | "metrics">, primary: boolean): number {
  const own = metrics.filter((metric) => metric.primary === primary);
  const tests = own.reduce((sum, { metric }) => sum + (metric === "accuracy" ? CLASS_GROUPS.length : 1), 0);
  return Math.max(1, tests * (arms.length - 1));
}

function questionsOf(
  experiment: Experiment,
  { strata, accuracy }: ExperimentEvidence,
  options: { policy: Policy; guarded: boolean },
): Question[] {
  return experiment.arms.flatMap(({ name: arm }, index) => {
    if (index === 0) return [];
    return experiment.metrics.flatMap(({ metric, primary }): Question[] => {
      const of = { arm, metric, primary, group: null };
      if (metric !== "accuracy") return [{ ...of, measure: measured(experiment, strata, { index, metric }, options) }];
      const groups = accuracy.find((own) => own.arm === arm)?.groups ?? [];
      if (groups.length > 0) {
        return groups.map((paired) => ({
          ...of,
          group: paired.group,
          measure: measuredAccuracy(paired, options.policy),
        }));
      }
      const reason = "no visit tells what would have been right, or both arms have the same version";
      return [{ ...of, measure: { kind: "too_few", n: { control: 0, treatment: 0 }, reason } }];
    });
  });
}

/** What a test is made at. */
export interface Level {
  /** Of the family. */
  alpha: number;
  /** Of one figure, so that the intervals of the family hold together. */
  alone: number;
  tunedFor: number;
}

/** What holds at all looks at once; null where nothing can be said. */
function sequentially(measure: Measure, { alone: alpha, tunedFor }: Level): Omit<Tested, "adjusted"> | null {
  if (measure.kind === "too_few") return null;
  // Evidence of an e-process exceeds 1/p at any time with probability p at most.
  if (measure.kind === "events") return { lower: null, upper: null, p: Math.min(1, Math.exp(-measure.logEvidence)) };
  const { effect, standardError, degreesOfFreedom, worth: n } = measure;
  const half = standardError * sequenceWidth({ alpha, n, tunedFor, sides: 2, degreesOfFreedom });
  const p = sequentialPValue(normalOf(effect / standardError, degreesOfFreedom), { alpha, n, tunedFor });
  return { lower: effect - half, upper: effect + half, p };
}

/** Welch's test by buckets of visitors, or the paired one by visitor: for one look. */
function once(measure: Measure, { alone }: Level): Omit<Tested, "adjusted"> | null {
  if (measure.kind !== "mean") return null;
  const { effect, standardError, degreesOfFreedom } = measure;
  const half = standardError * tQuantile(1 - alone / 2, degreesOfFreedom);
  const p = Math.min(1, 2 * tCdf(-Math.abs(effect / standardError), degreesOfFreedom));
  return { lower: effect - half, upper: effect + half, p };
}

/** The standard normal quantile with the same tail as Student's t, as in `sequenceWidth`; never farther out. */
function normalOf(t: number, degreesOfFreedom: number): number {
  const tail = tCdf(-Math.abs(t), degreesOfFreedom);
  return tail > 0 ? Math.min(Math.abs(t), -standardNormalQuantile(tail)) : Math.abs(t);
}

/** A test that could not be made has found nothing: it stays in the family, since it may be made at a later look. */
function corrected(
  tests: readonly (Omit<Tested, "adjusted"> | null)[],
  correct: (ps: readonly number[]) => number[],
): (Tested | null)[] {
  const adjusted = correct(tests.map((test) => test?.p ?? 1));
  return tests.map((test, i) => (test === null ? null : { ...test, adjusted: adjusted[i] ?? 1 }));
}

function figureOf(
  { measure, ...of }: Question,
  { alpha, alone, tunedFor, sequential, horizon }: Level & Pick<ExperimentFigure, "sequential" | "horizon">,
): ExperimentFigure {
  const name = `${of.metric}${of.group === null ? "" : ` (${of.group})`} of ${of.arm}`;
  const none = { relative: null, standard_error: null, worth: null, cuped: NOT_ADJUSTED, found_by: null };
  const { n } = measure;
  if (measure.kind === "too_few") {
    const nothing = { control: null, treatment: null, difference: null, effect: null };
    const reason = `${name}: ${measure.reason}`;
    return { ...of, ...none, ...nothing, n, sequential, horizon, finding: "insufficient_data", reason };
  }
  const { control, treatment } = measure;
  const difference = treatment - control;
  const deciding = horizon ?? sequential;
  const isFound = deciding !== null && deciding.adjusted <= alpha;
  const effect = measure.kind === "events" ? difference : measure.effect;
  const isBetter = measure.kind !== "events" && effect > 0 !== LESS.includes(of.metric);
  const finding: ExperimentFigure["finding"] = isFound ? (isBetter ? "better" : "worse") : "unsure";
  const found_by: ExperimentFigure["found_by"] = isFound ? (horizon === null ? "sequential" : "horizon") : null;
  const tested =
    deciding === null
      ? ""
      : `${interval(deciding)}, p ${digits(deciding.adjusted)} ${horizon === null ? "at all looks" : "at the horizon"}`;
  const reason = `${name}: ${digits(treatment)} against ${digits(control)}, ${effect > 0 ? "+" : ""}${digits(effect)}${tested}`;
  const figures = { ...of, n, finding, found_by, control, treatment, difference, effect, sequential, horizon, reason };
  if (measure.kind === "events") return { ...none, ...figures };
  const relative = relativeOf(measure, { alone, tunedFor });
  const { standardError: standard_error, worth, cuped } = measure;
  return { ...figures, relative, standard_error, worth, cuped };
}

/** The effect as a part of the control, with the interval that holds at all looks. */
function relativeOf(
  { effect, control, squares, worth: n, degreesOfFreedom }: Extract<Measure, { kind: "mean" }>,
  { alone: alpha, tunedFor }: Pick<Level, "alone" | "tunedFor">,
): ExperimentFigure["relative"] {
  if (squares === null) return null;
  const found = relativeEffect({ control, treatment: control + effect, squares });
  if (found.status !== "measured") return null;
  const half = found.standardError * sequenceWidth({ alpha, n, tunedFor, sides: 2, degreesOfFreedom });
  return { effect: found.effect, lower: found.effect - half, upper: found.effect + half };
}

function interval({ lower, upper }: Tested): string {
  return lower === null || upper === null ? "" : ` [${digits(lower)}, ${digits(upper)}]`;
}

function digits(value: number): number {
  return Number(value.toPrecision(3));
}
