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
 * in service, nor than the rules'. All answers are those before overrides.
 */
export function judgeCandidate({
  against,
  groups,
  holdoutSessions,
}: {
  against: ServedVersion;
  groups: readonly GroupAccuracy[];
  holdoutSessions: number;
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
  return {
    verdict: better ? "better" : "not_better",
    reason:
      `accuracy over ${groups.map(({ group }) => group).join(" and ")} on ${holdoutSessions} hold-out sessions: ` +
      `candidate ${pct(candidate)}, ${baselines.join(", ")}`,
    against,
    accuracy_difference: candidate - inService,
  };
}

function pct(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
