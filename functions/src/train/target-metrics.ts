import { CLASSES, type ClassGroup, VARIABLES, type VariableName } from "../design/schema.ts";
import type { Estimate, GroupMetrics, VariableMetrics } from "../registry/schema.ts";
import { bootstrapIntervals, type ClusterSums, totalOf } from "../stats/bootstrap.ts";
import type { Answers } from "./answers.ts";
import { addRow, figuresFrom, reliabilityFrom, sumsOf } from "./classification.ts";
import { labelledRows, pick } from "./examples.ts";
import { absoluteError, bestConstant, majorityClass, periodOf } from "./metrics.ts";
import type { Workspace } from "./workspace.ts";

/** Answers to compare: of the candidate, and of the version in service unless that is the rules. */
export interface Compared {
  answers: Answers;
  inService: Answers | null;
}

/**
 * A candidate's figures for a class group on the hold-out, beside the baselines' and those of the version in service: the same
 * rows, and the same draws of sessions for the intervals.
 */
export function groupMetrics(workspace: Workspace, { answers, inService }: Compared, group: ClassGroup): GroupMetrics {
  const { examples, split, plan } = workspace;
  const classes = CLASSES[group].length;
  const majority = majorityOf(workspace, group);
  const figures = sumsOf(classes);
  // Without a version in service its figures are the candidate's own: the bootstrap adds up no more than it must.
  const offset = inService === null ? 0 : figures;
  const at = { candidate: 0, inService: offset, rules: offset + figures, majority: offset + figures + 1 };
  const rows = labelledRows(examples, split.holdout, group);
  const clusters = bySession(workspace, rows, at.majority + 1, (sums, from, row) => {
    const weight = examples.weights[row] as number;
    const label = examples.labels[group][row] as number;
    const add = (version: Answers, to: number): void => {
      const probabilities = version.probabilities[group].subarray(row * classes, (row + 1) * classes);
      addRow(sums, from + to, classes, { probabilities, label, weight });
    };
    add(answers, at.candidate);
    if (inService !== null) add(inService, at.inService);
    const right = (to: number, answer: number): void => {
      sums[from + to] = (sums[from + to] as number) + weight * Number(answer === label);
    };
    right(at.rules, examples.rules[group][row] as number);
    right(at.majority, majority);
  });
  const weightOf = (total: Float64Array): number => total.subarray(1, 1 + classes * classes).reduce((a, b) => a + b, 0);
  const compute = (total: Float64Array) => {
    const candidate = figuresFrom(total, at.candidate, classes);
    const serving = figuresFrom(total, at.inService, classes);
    const rules = (total[at.rules] as number) / weightOf(total);
    const most = (total[at.majority] as number) / weightOf(total);
    return {
      accuracy: candidate.accuracy,
      log_loss: candidate.logLoss,
      macro_f1: candidate.macroF1,
      ece: candidate.ece,
      accuracy_above_rules: candidate.accuracy - rules,
      accuracy_above_majority: candidate.accuracy - most,
      accuracy_above_in_service: candidate.accuracy - serving.accuracy,
      log_loss_above_in_service: candidate.logLoss - serving.logLoss,
    };
  };
  const total = totalOf(clusters);
  const estimates = estimatesOf(clusters, total, compute, workspace);
  const { accuracy_above_in_service, log_loss_above_in_service, ...own } = estimates;
  return {
    rows: rows.length,
    sessions: clusters.sums.length / clusters.width,
    accuracy: own.accuracy.value,
    log_loss: own.log_loss.value,
    rules_accuracy: figure((total[at.rules] as number) / weightOf(total)),
    majority_accuracy: figure((total[at.majority] as number) / weightOf(total)),
    varies: plan.trees.includes(group),
    estimates: {
      ...own,
      accuracy_above_in_service: inService === null ? null : accuracy_above_in_service,
      log_loss_above_in_service: inService === null ? null : log_loss_above_in_service,
    },
    reliability: reliabilityFrom(total, at.candidate, classes),
  };
}

/** A candidate's errors for a variable on the hold-out, as `groupMetrics`. */
export function variableMetrics(
  workspace: Workspace,
  { answers, inService }: Compared,
  name: VariableName,
): VariableMetrics {
  const { examples, split, plan } = workspace;
  const { min, max } = VARIABLES[name];
  const period = periodOf(name);
  const median = medianOf(workspace, name);
  const rows = labelledRows(examples, split.holdout, name);
  const clusters = bySession(workspace, rows, 5, (sums, from, row) => {
    const weight = examples.weights[row] as number;
    const label = examples.labels[name][row] as number;
    const others = [answers, inService ?? answers].map((version) => version.variables[name][row] as number);
    [...others, examples.rules[name][row] as number, median].forEach((predicted, i) => {
      const error = absoluteError(predicted, label, period);
      sums[from + i] = (sums[from + i] as number) + weight * error;
    });
    sums[from + 4] = (sums[from + 4] as number) + weight;
  });
  const maes = (total: Float64Array): number[] => Array.from(total.subarray(0, 4), (sum) => sum / (total[4] as number));
  const total = totalOf(clusters);
  const estimates = estimatesOf(
    clusters,
    total,
    (drawn) => {
      const [mae = 0, serving = 0, rules = 0, constant = 0] = maes(drawn);
      return {
        mae,
        mae_above_rules: mae - rules,
        mae_above_median: mae - constant,
        mae_above_in_service: mae - serving,
      };
    },
    workspace,
  );
  const [mae = 0, , rules = 0, constant = 0] = maes(total).map(figure);
  return {
    rows: rows.length,
    mae,
    normalised_mae: mae / (max - min),
    rules_mae: rules,
    median_mae: constant,
    varies: plan.trees.includes(name),
    estimates: { ...estimates, mae_above_in_service: inService === null ? null : estimates.mae_above_in_service },
  };
}

/** Adds rows up by session, `width` sums each. */
function bySession(
  { examples }: Workspace,
  rows: Int32Array,
  width: number,
  add: (sums: Float64Array, from: number, row: number) => void,
): ClusterSums {
  const ordinals = new Map<number, number>();
  for (const row of rows) {
    const session = examples.session[row] as number;
    if (!ordinals.has(session)) ordinals.set(session, ordinals.size);
  }
  const sums = new Float64Array(ordinals.size * width);
  for (const row of rows) add(sums, (ordinals.get(examples.session[row] as number) as number) * width, row);
  return { sums, width };
}

function estimatesOf<Name extends string>(
  clusters: ClusterSums,
  total: Float64Array,
  compute: (total: Float64Array) => Record<Name, number>,
  { training }: Workspace,
): Record<Name, Estimate> {
  const values = compute(total);
  const names = Object.keys(values) as Name[];
  const intervals = bootstrapIntervals(
    clusters,
    (resampled) => {
      const drawn = compute(resampled);
      return names.map((name) => drawn[name]);
    },
    training,
  );
  return Object.fromEntries(
    names.map((name, i) => {
      const [low, high] = intervals[i] ?? [0, 0];
      return [name, { value: figure(values[name]), low: figure(low), high: figure(high) }];
    }),
  ) as Record<Name, Estimate>;
}

/** The class that most training rows have: what a version would answer that had learnt nothing else. */
export function majorityOf({ examples, split }: Workspace, group: ClassGroup): number {
  const learnt = labelledRows(examples, split.train, group);
  return majorityClass(pick(examples.labels[group], learnt), pick(examples.weights, learnt), CLASSES[group].length);
}

/** The same for a variable: the constant with the least absolute error on the training rows. */
function medianOf({ examples, split }: Workspace, name: VariableName): number {
  const learnt = labelledRows(examples, split.train, name);
  return bestConstant(pick(examples.labels[name], learnt), pick(examples.weights, learnt), periodOf(name));
}

/** A mean over no row is no number; documents hold 0 there, beside a count of 0 rows. */
function figure(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
