import { CLASS_GROUPS, type ClassGroup, VARIABLE_NAMES, type VariableName } from "../design/schema.ts";
import type { Gate, GroupMetrics, ModelVersion, VariableMetrics } from "../registry/schema.ts";
import type { ServedVersion } from "../serve/schema.ts";
import type { Answers } from "./answers.ts";
import { labelledRows, pick } from "./examples.ts";
import { judgeCandidate } from "./gate.ts";
import { type GateEvidence, gatherEvidence } from "./gate-evidence.ts";
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
 * @param offPolicy what the logs say of the candidate's engagement; null where they cannot
 * @param minSessions that the gate needs to judge; 0 where it judges on whatever there is
 * @param onProgress a sign of life before each target: intervals of 40,000 sessions take half a minute
 */
export async function evaluateCandidate(
  workspace: Workspace,
  candidate: Candidate,
  { offPolicy, minSessions }: { offPolicy: GateEvidence["offPolicy"]; minSessions: number },
  onProgress: (target: string) => Promise<void>,
): Promise<{ metrics: ModelVersion["metrics"]; gate: Gate; judged: ClassGroup[] }> {
  const classes = {} as Record<ClassGroup, GroupMetrics>;
  for (const group of CLASS_GROUPS) {
    await onProgress(group);
    classes[group] = groupMetrics(workspace, candidate, group);
  }
  const variables = {} as Record<VariableName, VariableMetrics>;
  for (const name of VARIABLE_NAMES) {
    await onProgress(name);
    variables[name] = variableMetrics(workspace, candidate, name);
  }
  await onProgress("the gate");
  const judged = judgedGroups(workspace, candidate);
  const gate = judgeCandidate({
    against: candidate.against,
    evidence: { ...gatherEvidence(workspace, candidate, judged), offPolicy },
    betterVariables: VARIABLE_NAMES.filter((name) => isBetterThanBaselines(variables[name])),
    minSessions,
    seed: workspace.training.seed,
  });
  return { metrics: { classes, variables }, gate, judged };
}

function isBetterThanBaselines({ rows, estimates }: VariableMetrics): boolean {
  if (rows === 0 || estimates === undefined) return false;
  return estimates.mae_above_rules.high < 0 && estimates.mae_above_median.high < 0;
}

/** The class groups that a candidate is judged on. */
export function judgedGroups(workspace: Workspace, candidate: Pick<Candidate, "inService">): ClassGroup[] {
  return CLASS_GROUPS.filter((group) => isJudged(workspace, candidate, group));
}

/**
 * Whether there is something to be right or wrong about: what visits of the hold-out wanted differs, or the candidate or the
 * version in service answers by trees. A candidate that is constant where others are not must answer for it.
 */
function isJudged(
  { examples, split, plan }: Workspace,
  { inService }: Pick<Candidate, "inService">,
  group: ClassGroup,
): boolean {
  const wanted = new Set(pick(examples.labels[group], labelledRows(examples, split.holdout, group)));
  if (wanted.size === 0) return false;
  return wanted.size > 1 || plan.trees.includes(group) || inService?.varyingGroups.includes(group) === true;
}
