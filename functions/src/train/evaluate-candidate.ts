import {
  CLASS_GROUPS,
  CLASSES,
  type ClassGroup,
  VARIABLE_NAMES,
  VARIABLES,
  type VariableName,
} from "../design/schema.ts";
import type { VersionModel } from "../model/bundle.ts";
import { parseBooster } from "../model/format.ts";
import type { Target } from "../model/schema.ts";
import { Scorer } from "../model/scorer.ts";
import type { Gate, GroupMetrics, ModelVersion, VariableMetrics } from "../registry/schema.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { type Examples, featuresOf, labelledRows, pick } from "./examples.ts";
import { type GroupAccuracy, judgeCandidate } from "./gate.ts";
import { accuracy, logLoss, majorityClass, meanAbsoluteError } from "./metrics.ts";
import type { Workspace } from "./workspace.ts";

/** Rows that are scored between two signs of life. */
const CHUNK = 2000;

/** Answers of a version for every row, before overrides. */
export interface Answers {
  classes: Record<ClassGroup, Uint8Array>;
  variables: Record<VariableName, Float64Array>;
}

/** What a version answers to some rows of the examples; what it was not asked stays 0. */
export async function answersOf(
  model: VersionModel,
  examples: Examples,
  rows: Int32Array,
  onProgress: (scored: number) => Promise<void>,
): Promise<Answers> {
  const size = examples.ids.length;
  const answers = {
    classes: Object.fromEntries(CLASS_GROUPS.map((group) => [group, new Uint8Array(size)])),
    variables: Object.fromEntries(VARIABLE_NAMES.map((name) => [name, new Float64Array(size)])),
  } as unknown as Answers;
  for (const [scored, row] of rows.entries()) {
    if (scored % CHUNK === 0) await onProgress(scored);
    const design = model.predict(featuresOf(examples, row));
    for (const group of CLASS_GROUPS) answers.classes[group][row] = design.classes[group];
    for (const name of VARIABLE_NAMES) answers.variables[name][row] = design.variables[name];
  }
  return answers;
}

/** A candidate, and what is known of what it would replace. */
export interface Candidate {
  answers: Answers;
  /** Its class groups as the bundle has them, and its files. */
  targets: Record<ClassGroup, Target>;
  files: ReadonlyMap<string, Uint8Array>;
  against: ServedVersion;
  /** Answers of the version in service, and the groups that it has trees for; null while that is the rules. */
  inService: (Answers & { varyingGroups: readonly ClassGroup[] }) | null;
}

/** Figures of a candidate on the hold-out, and what the gate says of it. Figures over no row are 0. */
export function evaluateCandidate(
  workspace: Workspace,
  candidate: Candidate,
): { metrics: ModelVersion["metrics"]; gate: Gate } {
  const judged: GroupAccuracy[] = [];
  const classes = {} as Record<ClassGroup, GroupMetrics>;
  for (const group of CLASS_GROUPS) {
    const metrics = groupMetrics(workspace, candidate, group);
    classes[group] = metrics;
    if (!isJudged(workspace, candidate, group)) continue;
    judged.push({
      group,
      candidate: metrics.accuracy,
      rules: metrics.rules_accuracy,
      inService: inServiceAccuracy(workspace, candidate, group) ?? metrics.rules_accuracy,
    });
  }
  const variables = Object.fromEntries(
    VARIABLE_NAMES.map((name) => [name, variableMetrics(workspace, candidate, name)]),
  );
  const { against } = candidate;
  const gate = judgeCandidate({ against, groups: judged, holdoutSessions: workspace.split.holdoutSessions });
  return { metrics: { classes, variables }, gate };
}

/**
 * Whether there is something to be right or wrong about: what visits of the hold-out wanted differs, or the candidate or the
 * version in service answers by trees. A candidate that is constant where others are not must answer for it.
 */
function isJudged({ examples, split, plan }: Workspace, { inService }: Candidate, group: ClassGroup): boolean {
  const wanted = new Set(pick(examples.labels[group], labelledRows(examples, split.holdout, group)));
  if (wanted.size === 0) return false;
  return wanted.size > 1 || plan.trees.includes(group) || inService?.varyingGroups.includes(group) === true;
}

function groupMetrics({ examples, split, plan }: Workspace, candidate: Candidate, group: ClassGroup): GroupMetrics {
  const rows = labelledRows(examples, split.holdout, group);
  const actual = pick(examples.labels[group], rows);
  const weights = pick(examples.weights, rows);
  const learnt = labelledRows(examples, split.train, group);
  const majority = majorityClass(
    pick(examples.labels[group], learnt),
    pick(examples.weights, learnt),
    CLASSES[group].length,
  );
  const predicted = Uint8Array.from(rows, (row) => candidate.answers.classes[group][row] ?? 0);
  const probability = probabilities(candidate, group);
  const rightly = Float64Array.from(rows, (row, i) => probability(featuresOf(examples, row), actual[i] ?? 0));
  const rules = pick(examples.rules[group], rows);
  return {
    rows: rows.length,
    sessions: new Set(Array.from(rows, (row) => examples.session[row])).size,
    accuracy: figure(accuracy({ predicted, actual, weights })),
    log_loss: figure(logLoss({ probabilities: rightly, weights })),
    rules_accuracy: figure(accuracy({ predicted: rules, actual, weights })),
    majority_accuracy: figure(accuracy({ predicted: new Float64Array(rows.length).fill(majority), actual, weights })),
    varies: plan.trees.includes(group),
  };
}

/** Probability that a candidate gives to a class; a constant is sure of itself. */
function probabilities(
  { targets, files }: Candidate,
  group: ClassGroup,
): (features: Float64Array, label: number) => number {
  const target = targets[group];
  if (target.kind === "constant") return (_, label) => Number(label === target.value);
  const bytes = files.get(target.file);
  if (bytes === undefined) throw new RangeError(`${target.file} is missing`);
  const scorer = new Scorer(parseBooster(bytes));
  return (features, label) => scorer.probabilities(features)[label] ?? 0;
}

function inServiceAccuracy(
  { examples, split }: Workspace,
  { inService }: Candidate,
  group: ClassGroup,
): number | undefined {
  if (inService === null) return undefined;
  const rows = labelledRows(examples, split.holdout, group);
  return accuracy({
    predicted: Uint8Array.from(rows, (row) => inService.classes[group][row] ?? 0),
    actual: pick(examples.labels[group], rows),
    weights: pick(examples.weights, rows),
  });
}

function variableMetrics({ examples, split, plan }: Workspace, candidate: Candidate, name: VariableName) {
  const { min, max, circular } = VARIABLES[name];
  const rows = labelledRows(examples, split.holdout, name);
  const actual = pick(examples.labels[name], rows);
  const weights = pick(examples.weights, rows);
  const error = (predicted: Float64Array): number =>
    figure(meanAbsoluteError({ predicted, actual, weights, period: circular ? max - min : null }));
  const mae = error(pick(candidate.answers.variables[name], rows));
  return {
    rows: rows.length,
    mae,
    normalised_mae: mae / (max - min),
    rules_mae: error(pick(examples.rules[name], rows)),
    varies: plan.trees.includes(name),
  } satisfies VariableMetrics;
}

/** A mean over no row is no number; documents hold 0 there, beside a count of 0 rows. */
function figure(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
