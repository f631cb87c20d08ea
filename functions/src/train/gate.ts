import type { ClassGroup } from "../design/schema.ts";
import type { Gate } from "../registry/schema.ts";
import type { ServedVersion } from "../serve/schema.ts";

/** Accuracies of one class group about which there is something to be right, all on the same hold-out rows, 0-1. */
export interface GroupAccuracy {
  group: ClassGroup;
  candidate: number;
  inService: number;
  rules: number;
}

/** Equal accuracies that were added up in another order differ by less. */
const ROUNDING = 1e-9;

/**
 * Whether a candidate may go into service: its mean accuracy over the judged groups is no worse than that of the version
 * in service, nor than the rules'. All answers are those before overrides. With fewer hold-out sessions than are needed it is
 * not judged: the figures are told, and it awaits evidence.
 * @param minHoldoutSessions 0 for a candidate that is judged on whatever there is
 */
export function judgeCandidate({
  against,
  groups,
  holdoutSessions,
  minHoldoutSessions,
}: {
  against: ServedVersion;
  groups: readonly GroupAccuracy[];
  holdoutSessions: number;
  minHoldoutSessions: number;
}): Gate {
  if (groups.length === 0 || holdoutSessions === 0) {
    const reason =
      groups.length === 0
        ? "no class group's target varies, so there is nothing to be better at"
        : "there is no hold-out session to judge on";
    return { verdict: "not_enough_data", reason, against, accuracy_difference: 0 };
  }
  const mean = (of: "candidate" | "inService" | "rules"): number =>
    groups.reduce((sum, group) => sum + group[of], 0) / groups.length;
  const [candidate, inService, rules] = [mean("candidate"), mean("inService"), mean("rules")];
  const better = candidate >= inService - ROUNDING && candidate >= rules - ROUNDING;
  const baselines =
    against === "rules" ? [`rules ${pct(rules)}`] : [`${against} ${pct(inService)}`, `rules ${pct(rules)}`];
  const compared =
    `accuracy over ${groups.map(({ group }) => group).join(" and ")} on ${holdoutSessions} hold-out sessions: ` +
    `candidate ${pct(candidate)}, ${baselines.join(", ")}`;
  const figures = { against, accuracy_difference: candidate - inService };
  if (holdoutSessions < minHoldoutSessions) {
    const reason =
      `${holdoutSessions} hold-out sessions, ${minHoldoutSessions} are needed to judge an incremental child: ` +
      `shadow scoring on the coming week is to judge it (${compared})`;
    return { verdict: "awaiting_evidence", reason, ...figures };
  }
  return { verdict: better ? "better" : "not_better", reason: compared, ...figures };
}

function pct(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
