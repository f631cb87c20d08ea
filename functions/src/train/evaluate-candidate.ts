import { CLASS_GROUPS, type ClassGroup, VARIABLE_NAMES, type VariableName } from "../design/schema.ts";
import type { Gate, GroupMetrics, ModelVersion, VariableMetrics } from "../registry/schema.ts";
import type { ServedVersion } from "../serve/schema.ts";
import type { Answers } from "./answers.ts";
import { labelledRows, pick } from "./examples.ts";
import { type GroupAccuracy, judgeCandidate } from "./gate.ts";
import { groupMetrics, variableMetrics } from "./target-metrics.ts";
import type { Workspace } from "./workspace.ts";

/** A candidate, and what is known of what it would replace. */
export interface Candidate {
  answers: Answers;
  against: ServedVersion;
  /** Answers of the version in service, and the groups that it has trees for; null while that is the rules. */
  inService: (Answers & { varyingGroups: readonly ClassGroup[] }) | null;
}

/**
 * Figures of a candidate on the hold-out, and what the gate says of it. Figures over no row are 0.
 * @param onProgress a sign of life before each target: intervals of 40,000 sessions take half a minute
 */
export async function evaluateCandidate(
  workspace: Workspace,
  candidate: Candidate,
  onProgress: (target: string) => Promise<void>,
): Promise<{ metrics: ModelVersion["metrics"]; gate: Gate }> {
  const judged: GroupAccuracy[] = [];
  const classes = {} as Record<ClassGroup, GroupMetrics>;
  for (const group of CLASS_GROUPS) {
    await onProgress(group);
    const metrics = groupMetrics(workspace, candidate, group);
    classes[group] = metrics;
    if (!isJudged(workspace, candidate, group)) continue;
    const above = metrics.estimates?.accuracy_above_in_service?.value;
    judged.push({
      group,
      candidate: metrics.accuracy,
      rules: metrics.rules_accuracy,
      inService: above === undefined ? metrics.rules_accuracy : metrics.accuracy - above,
    });
  }
  const variables = {} as Record<VariableName, VariableMetrics>;
  for (const name of VARIABLE_NAMES) {
    await onProgress(name);
    variables[name] = variableMetrics(workspace, candidate, name);
  }
  const { against } = candidate;
  const gate = judgeCandidate({
    against,
    groups: judged,
    holdoutSessions: workspace.split.holdoutSessions,
    minHoldoutSessions: workspace.parent === null ? 0 : workspace.training.incremental_holdout_sessions,
  });
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
