import type { ClassGroup } from "../design/schema.ts";
import type { Estimate, Gate, GateFinding } from "../registry/schema.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { bootstrapIntervals, type ClusterSums, totalOf } from "../stats/bootstrap.ts";
import { clusteredRatio } from "../stats/clustered-ratio.ts";
import { tCdf } from "../stats/distributions.ts";
import { holm } from "../stats/holm.ts";
import type { DoublyRobustDifference } from "../stats/off-policy.ts";
import { type GateEvidence, SESSION_SUMS, type SessionSum } from "./gate-evidence.ts";

/** Sessions under which no interval can be believed. */
const MIN_SESSIONS = 20;
/** Accuracy that no group may seem to lose, whatever its interval. */
const GROUP_MARGIN = 0.01;
/** Accuracy that a group may be short of a baseline, by its lower bound. */
const BASELINE_MARGIN = 0.005;
/** Accuracy that no segment may lose beyond doubt: Holm, one-sided; gross harm only (docs/retraining.md). */
const SEGMENT_MARGIN = 0.03;
const SEGMENT_SESSIONS = 100;
const SEGMENT_ALPHA = 0.05;
/** Equal accuracies that were added up in another order differ by less. */
const ROUNDING = 1e-9;

/** What the gate is asked. */
export interface GateQuestion {
  against: ServedVersion;
  evidence: GateEvidence;
  /** Variables that the candidate predicts better than both baselines beyond doubt. */
  betterVariables: readonly string[];
  /** Sessions that are needed to be judged; 0 for a candidate that is judged on whatever there is. */
  minSessions: number;
  /** Of the draws. */
  seed: number;
}

interface Figures {
  log_loss_improvement: Estimate;
  groups: NonNullable<Gate["groups"]>;
}

/**
 * Whether a candidate may go into service in the place of another one. All bounds are one-sided 97.5 % by the paired bootstrap
 * over sessions. It is `better` if
 * - its log-loss, summed over the judged groups, is lower beyond doubt;
 * - no group's accuracy is more than 1 point lower, by the plain figure;
 * - in no group is it worse than the rules or the majority class: the bounds of the differences are above -0.5 points;
 * - on at least one target it is better than both, beyond doubt;
 * - no segment of 100 sessions or more loses more than 3 points beyond doubt (Holm over all, one-sided 5 %);
 * - the off-policy estimate sees no loss of engagement beyond doubt.
 * Docs/retraining.md has what that comes to by simulation.
 */
export function judgeCandidate(question: GateQuestion): Gate {
  const { against, evidence, minSessions, seed } = question;
  const { groups, sessions } = evidence;
  if (groups.length === 0 || sessions < MIN_SESSIONS) {
    const reason =
      groups.length === 0
        ? "no class group's target varies, so there is nothing to be better at"
        : `${sessions} hold-out sessions, ${MIN_SESSIONS} are needed for any judgement`;
    return { verdict: "not_enough_data", reason, against, accuracy_difference: 0, sessions };
  }
  const figures = figuresOf(evidence, seed);
  const difference =
    figures.groups.reduce((sum, { accuracy_above_in_service: of }) => sum + of.value, 0) / figures.groups.length;
  const segments = judgeSegments(evidence);
  const offPolicy = offPolicyOf(evidence.offPolicy);
  const findings = [
    logLossFinding(figures),
    accuracyFinding(figures, against),
    baselineFinding(figures),
    betterSomewhere(figures, question.betterVariables),
    segmentFinding(segments),
    offPolicyFinding(offPolicy),
  ];
  const told = { against, accuracy_difference: difference, sessions, ...figures, segments };
  const gate = { ...told, off_policy: offPolicy, findings };
  const compared = summaryOf(evidence, figures, against);
  if (sessions < minSessions) {
    const reason =
      `${sessions} hold-out sessions, ${minSessions} are needed to judge an incremental child: ` +
      `shadow scoring on the coming week is to judge it (${compared})`;
    return { verdict: "awaiting_evidence", reason, ...gate };
  }
  const broken = findings.filter(({ ok }) => !ok);
  if (broken.length === 0) return { verdict: "better", reason: compared, ...gate };
  const isHarm =
    figures.log_loss_improvement.high < 0 ||
    figures.groups.some(({ accuracy_above_in_service: of }) => of.high < -GROUP_MARGIN) ||
    broken.some(({ rule }) => rule === "segments" || rule === "off_policy");
  const reason = `${compared}; ${broken.map(({ message }) => message).join("; ")}`;
  return { verdict: isHarm ? "worse" : "not_better", reason, ...gate };
}

/** Where one sum of one group stands among those of a session. */
function placeOf(group: number, sum: SessionSum): number {
  return group * SESSION_SUMS.length + SESSION_SUMS.indexOf(sum);
}

/** All figures with a bound, from the same draws. */
function figuresOf({ groups, sums }: GateEvidence, seed: number): Figures {
  const clusters: ClusterSums = { sums, width: groups.length * SESSION_SUMS.length };
  const compute = (total: Float64Array): number[] => {
    let improvement = 0;
    const differences: number[] = [];
    groups.forEach((_, g) => {
      const of = (sum: SessionSum): number => total[placeOf(g, sum)] as number;
      const weight = of("weight");
      improvement += (of("in_service_loss") - of("candidate_loss")) / weight;
      for (const other of ["in_service_right", "rules_right", "majority_right"] as const) {
        differences.push((of("candidate_right") - of(other)) / weight);
      }
    });
    return [improvement, ...differences];
  };
  const values = compute(totalOf(clusters));
  const intervals = bootstrapIntervals(clusters, compute, { seed });
  const estimate = (i: number): Estimate => {
    const [low, high] = intervals[i] as [number, number];
    return { value: values[i] as number, low, high };
  };
  return {
    log_loss_improvement: estimate(0),
    groups: groups.map((group, g) => ({
      group,
      accuracy_above_in_service: estimate(1 + 3 * g),
      accuracy_above_rules: estimate(2 + 3 * g),
      accuracy_above_majority: estimate(3 + 3 * g),
    })),
  };
}

/** Tests every segment for gross harm; with too few sessions it says nothing, and does not belong to the family. */
function judgeSegments({ segments }: GateEvidence): NonNullable<Gate["segments"]> {
  const tested = segments.map(({ difference: sums }) => {
    if (sums.clusters < SEGMENT_SESSIONS) return null;
    const { estimate, standardError, degreesOfFreedom } = clusteredRatio(sums);
    const distance = estimate + SEGMENT_MARGIN;
    // Where every session says the same there is no doubt about it.
    if (standardError === 0) return { estimate, p: distance < -ROUNDING ? 0 : 1 };
    return { estimate, p: tCdf(distance / standardError, degreesOfFreedom) };
  });
  const family = tested.flatMap((test) => test?.p ?? []);
  const { adjusted } = holm(family, { alpha: SEGMENT_ALPHA });
  let next = 0;
  return segments.map(({ segment, group, difference: { clusters: sessions } }, i) => {
    const test = tested[i];
    if (!test) return { segment, group, sessions, difference: null, adjusted_p: null };
    return { segment, group, sessions, difference: test.estimate, adjusted_p: adjusted[next++] as number };
  });
}

function offPolicyOf(of: DoublyRobustDifference | null): NonNullable<Gate["off_policy"]> | null {
  if (of === null) return null;
  const { differing, matched } = of;
  if (of.verdict === "not_enough_data") return { verdict: of.verdict, difference: null, differing, matched };
  const difference = { value: of.difference, low: of.low, high: of.high };
  return { verdict: of.high < 0 ? "harm" : "no_harm_seen", difference, differing, matched };
}

function logLossFinding({ log_loss_improvement: of }: Figures): GateFinding {
  const message = `log-loss falls by ${of.value.toFixed(4)} [${of.low.toFixed(4)}, ${of.high.toFixed(4)}]`;
  return of.low > 0
    ? { rule: "log_loss", ok: true, message }
    : { rule: "log_loss", ok: false, message: `${message}, not above 0 beyond doubt` };
}

function accuracyFinding({ groups }: Figures, against: ServedVersion): GateFinding {
  const lost = groups.filter(({ accuracy_above_in_service: of }) => of.value < -GROUP_MARGIN - ROUNDING);
  const message =
    lost.length === 0
      ? `no group loses more than 1 point to ${against}`
      : lost.map(({ group, accuracy_above_in_service: of }) => `${group} loses ${points(-of.value)}`).join(", ");
  return { rule: "accuracy", ok: lost.length === 0, message };
}

const BASELINES = [
  { name: "the rules", figure: "accuracy_above_rules" },
  { name: "the majority class", figure: "accuracy_above_majority" },
] as const;

function baselineFinding({ groups }: Figures): GateFinding {
  const short = groups.flatMap((group) =>
    BASELINES.filter(({ figure }) => group[figure].low <= -BASELINE_MARGIN - ROUNDING).map(
      ({ name, figure }) => `${group.group} may be ${points(-group[figure].low)} worse than ${name}`,
    ),
  );
  const message = short.length === 0 ? "no group is worse than a baseline" : short.join(", ");
  return { rule: "baselines", ok: short.length === 0, message };
}

function betterSomewhere({ groups }: Figures, betterVariables: readonly string[]): GateFinding {
  const better: string[] = groups
    .filter((group) => BASELINES.every(({ figure }) => group[figure].low > 0))
    .map(({ group }: { group: ClassGroup }) => group);
  better.push(...betterVariables);
  const ok = better.length > 0;
  const message = ok ? `better than both baselines on ${better.join(", ")}` : "better than both baselines on no target";
  return { rule: "better_somewhere", ok, message };
}

function segmentFinding(segments: NonNullable<Gate["segments"]>): GateFinding {
  const harmed = segments.filter(({ adjusted_p: p }) => p !== null && p < SEGMENT_ALPHA);
  const judged = segments.filter(({ adjusted_p: p }) => p !== null).length;
  const message =
    harmed.length === 0
      ? `none of ${judged} segments with ${SEGMENT_SESSIONS} sessions is harmed beyond doubt`
      : harmed.map(({ segment, group, difference }) => `${group} loses ${points(-(difference ?? 0))} in ${segment}`);
  return { rule: "segments", ok: harmed.length === 0, message: [message].flat().join(", ") };
}

function offPolicyFinding(of: Gate["off_policy"]): GateFinding {
  const rule = "off_policy";
  if (of === null || of === undefined) return { rule, ok: true, message: "no visit was served by chance" };
  if (of.difference === null) {
    return { rule, ok: true, message: `off-policy: ${of.matched} matched visits of ${of.differing} are too few` };
  }
  const { value, low, high } = of.difference;
  const message = `off-policy, engagement changes by ${points(value)} [${points(low)}, ${points(high)}]`;
  return { rule, ok: of.verdict !== "harm", message };
}

/** The comparison in a sentence. */
function summaryOf({ groups, sums, sessions }: GateEvidence, figures: Figures, against: ServedVersion): string {
  const total = totalOf({ sums, width: groups.length * SESSION_SUMS.length });
  const mean = (sum: SessionSum): number =>
    groups.reduce(
      (all, _, g) => all + (total[placeOf(g, sum)] as number) / (total[placeOf(g, "weight")] as number),
      0,
    ) / groups.length;
  const shares = [
    `candidate ${percent(mean("candidate_right"))}`,
    ...(against === "rules" ? [] : [`${against} ${percent(mean("in_service_right"))}`]),
    `rules ${percent(mean("rules_right"))}`,
    `majority class ${percent(mean("majority_right"))}`,
  ];
  return `accuracy over ${groups.join(" and ")} on ${sessions} hold-out sessions: ${shares.join(", ")}; ${logLossFinding(figures).message}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function points(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}
