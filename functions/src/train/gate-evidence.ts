import { CLASSES, type ClassGroup } from "../design/schema.ts";
import type { RatioSums } from "../stats/clustered-ratio.ts";
import { addCluster, noRatioSums } from "../stats/clustered-ratio.ts";
import type { DoublyRobustDifference } from "../stats/off-policy.ts";
import type { Answers } from "./answers.ts";
import { type Examples, labelledRows } from "./examples.ts";
import { segmenter, segmentNames } from "./segments.ts";
import { majorityOf } from "./target-metrics.ts";
import type { Workspace } from "./workspace.ts";

/** Sums of one session in one class group, in this order, each over its rows by their weights. */
export const SESSION_SUMS = [
  "weight",
  "candidate_loss",
  "in_service_loss",
  "candidate_right",
  "in_service_right",
  "rules_right",
  "majority_right",
] as const;
export type SessionSum = (typeof SESSION_SUMS)[number];

/** What candidate and version in service did to the sessions of a segment, in one class group. */
export interface SegmentEvidence {
  segment: string;
  group: ClassGroup;
  /** By session: candidate right minus in service right, over weight. */
  difference: RatioSums;
}

/** What a candidate, and what it would replace, did on the same sessions: all that the gate looks at. */
export interface GateEvidence {
  /** Class groups that are judged, in the order of `sums`. */
  groups: readonly ClassGroup[];
  sessions: number;
  /** sessions x groups x SESSION_SUMS. */
  sums: Float64Array;
  segments: readonly SegmentEvidence[];
  /** Null where no log tells with which probability its design was served. */
  offPolicy: DoublyRobustDifference | null;
}

/**
 * Probability that log-loss reckons with at least: a surprise costs 6.9 nats. A constant is sure of itself; were one wrong
 * visit in a thousand to cost it 36 nats, that alone would decide.
 */
const LEAST_PROBABILITY = 0.001;

/** -ln of a probability, nats, within the gate's bounds. */
export function surprise(probability: number): number {
  return -Math.log(Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, probability)));
}

/** What is compared: answers to the same rows; without a version in service, the rules stand in its place. */
interface Compared {
  answers: Answers;
  inService: Answers | null;
}

/** Gathers a candidate's evidence on the hold-out, session by session. */
export function gatherEvidence(
  workspace: Workspace,
  compared: Compared,
  groups: readonly ClassGroup[],
): Omit<GateEvidence, "offPolicy"> {
  const { examples, split } = workspace;
  const sessions = ordinalsOf(examples, split.holdout, groups);
  const width = groups.length * SESSION_SUMS.length;
  const sums = new Float64Array(sessions.size * width);
  const segments = new Segments();
  const segmentsOf = segmenter(examples);
  groups.forEach((group, g) => {
    const rulesSay = inServiceOf(workspace, compared, group);
    const majority = majorityOf(workspace, group);
    const rightOf = (said: number, label: number): number => Number(said === label);
    for (const row of labelledRows(examples, split.holdout, group)) {
      const session = examples.session[row] as number;
      const label = examples.labels[group][row] as number;
      const weight = examples.weights[row] as number;
      const rules = examples.rules[group][row] as number;
      const serving = rulesSay(row, label);
      const candidate = {
        right: rightOf(compared.answers.classes[group][row] as number, label),
        loss: surprise(probabilityOf(compared.answers, group, row, label)),
      };
      const added = [1, candidate.loss, serving.loss, candidate.right, serving.right];
      added.push(rightOf(rules, label), rightOf(majority, label));
      const at = (sessions.get(session) as number) * width + g * SESSION_SUMS.length;
      added.forEach((value, i) => {
        sums[at + i] = (sums[at + i] as number) + weight * value;
      });
      for (const segment of segmentNames(segmentsOf(row))) {
        segments.add({ segment, group }, session, { y: weight * (candidate.right - serving.right), w: weight });
      }
    }
  });
  return { groups, sessions: sessions.size, sums, segments: segments.all() };
}

/** Sessions that have a labelled row, in the order of their first one. */
function ordinalsOf(examples: Examples, side: Int32Array, groups: readonly ClassGroup[]): Map<number, number> {
  const ordinals = new Map<number, number>();
  for (const row of side) {
    if (groups.every((group) => Number.isNaN(examples.labels[group][row]))) continue;
    const session = examples.session[row] as number;
    if (!ordinals.has(session)) ordinals.set(session, ordinals.size);
  }
  return ordinals;
}

function probabilityOf(answers: Answers, group: ClassGroup, row: number, label: number): number {
  return answers.probabilities[group][row * CLASSES[group].length + label] as number;
}

/** Whether what is in service is right, and what it loses. */
function inServiceOf(workspace: Workspace, { inService }: Compared, group: ClassGroup) {
  if (inService !== null) {
    return (row: number, label: number) => ({
      right: Number(inService.classes[group][row] === label),
      loss: surprise(probabilityOf(inService, group, row, label)),
    });
  }
  const { examples } = workspace;
  const chances = calibratedRules(workspace, group);
  const classes = CLASSES[group].length;
  return (row: number, label: number) => {
    const said = examples.rules[group][row] as number;
    return { right: Number(said === label), loss: surprise(chances[said * classes + label] as number) };
  };
}

/**
 * The rules say a class and no probability. Theirs is how often each class was right on the training side where they said
 * that class, every class one more time than it was (Laplace): the best forecast that can be made of what they say.
 * @returns classes x classes, by what they say and what was right
 */
function calibratedRules({ examples, split }: Workspace, group: ClassGroup): Float64Array {
  const classes = CLASSES[group].length;
  const counts = new Float64Array(classes * classes).fill(1);
  for (const row of labelledRows(examples, split.train, group)) {
    const at = (examples.rules[group][row] as number) * classes + (examples.labels[group][row] as number);
    counts[at] = (counts[at] as number) + (examples.weights[row] as number);
  }
  for (let said = 0; said < classes; said++) {
    const of = counts.subarray(said * classes, (said + 1) * classes);
    const sum = of.reduce((a, b) => a + b, 0);
    of.forEach((count, i) => {
      of[i] = count / sum;
    });
  }
  return counts;
}

/** Gathers what sessions add to segments. A visitor's sessions may be in several, and a session's visits too. */
class Segments {
  private readonly found = new Map<string, { segment: string; group: ClassGroup; by: Map<number, [number, number]> }>();

  add({ segment, group }: { segment: string; group: ClassGroup }, session: number, { y, w }: { y: number; w: number }) {
    const key = `${group} ${segment}`;
    const at = this.found.get(key) ?? { segment, group, by: new Map() };
    this.found.set(key, at);
    const [earlierY, earlierW] = at.by.get(session) ?? [0, 0];
    at.by.set(session, [earlierY + y, earlierW + w]);
  }

  /** In the order of their names. */
  all(): SegmentEvidence[] {
    return [...this.found.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { segment, group, by }]) => {
        const difference = noRatioSums();
        for (const [y, w] of by.values()) addCluster(difference, { y, w });
        return { segment, group, difference };
      });
  }
}
