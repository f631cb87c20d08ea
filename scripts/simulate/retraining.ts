import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { CLASS_GROUPS } from "../../functions/src/design/schema.ts";
import type { Gate } from "../../functions/src/registry/schema.ts";
import { addCluster, noRatioSums } from "../../functions/src/stats/clustered-ratio.ts";
import { type ComparedVisit, doublyRobustDifference } from "../../functions/src/stats/off-policy.ts";
import { judgeCandidate } from "../../functions/src/train/gate.ts";
import {
  type GateEvidence,
  SESSION_SUMS,
  type SegmentEvidence,
  surprise,
} from "../../functions/src/train/gate-evidence.ts";

/** What is simulated: a candidate beside a version in service. */
export interface RetrainingScenario {
  sessions: number;
  /** Accuracy of each varying group, candidate minus in service, 0-1: one to three of them. */
  deltas: readonly number[];
  /** Share of the sessions in which one of the two is right and the other wrong, in each group. */
  discordance: number;
  seed: number;
}

/** Probability with which both give the answer that they agree on, in sessions that are easy. */
const EASY = 0.9;
/** Mean probability with which each gives its own answer in sessions that are hard. */
const HARD = 0.6;
/** The baselines are right in 10 points fewer of the sessions than the version in service, and in so many of those in which it is wrong. */
const BASELINE = { behind: 0.1, whereWrong: 0.35 };
/** Shares of the values of the seven segment dimensions; the names do not matter here. */
const SEGMENTS: readonly (readonly number[])[] = [
  [0.5, 0.08, 0.42],
  [0.1, 0.25, 0.35, 0.3],
  [0.7, 0.3],
  [0.55, 0.45],
  [0.95, 0.05],
  [0.6, 0.2, 0.12, 0.08],
  [0.1, 0.3, 0.5, 0.1],
];
/** Of the logs: the default of exploration, and how many engage. */
const EXPLORED = 0.02;
const ENGAGED = 0.2;

/** How the two answer in one group. */
interface Answering {
  /** Share of the sessions that are hard. */
  hard: number;
  /** Probability with which each is right in those, and says so: scores are calibrated. */
  candidate: number;
  inService: number;
  /** Probability with which a baseline is right where the version in service is. */
  whereRight: number;
}

/**
 * In hard sessions each is right for itself with its own probability, p and p': the share of discordance is
 * q = h (p + p' - 2 p p') and the difference of accuracy d = h (p - p'). With p + p' = 2 m: h solves (2 m - 2 m^2) h^2 - q h + d^2 / 2 = 0.
 * @throws {RangeError} where no such answers are
 */
function answering(delta: number, discordance: number): Answering {
  const a = 2 * HARD - 2 * HARD * HARD;
  const hard = (discordance + Math.sqrt(discordance ** 2 - 2 * a * delta ** 2)) / (2 * a);
  const half = delta / hard / 2;
  if (!(hard > 0 && hard <= 1 && HARD + Math.abs(half) < 1)) {
    throw new RangeError(`accuracies cannot differ by ${delta} with a discordance of ${discordance}`);
  }
  const inService = HARD - half;
  const accuracy = (1 - hard) * EASY + hard * inService;
  const whereRight = (accuracy - BASELINE.behind - (1 - accuracy) * BASELINE.whereWrong) / accuracy;
  return { hard, candidate: HARD + half, inService, whereRight };
}

/** Judges one simulated candidate by the gate itself, with all its vetoes. */
export function simulateRetraining(scenario: RetrainingScenario, run: number): Gate["verdict"] {
  const random = xoroshiro128plus(scenario.seed * 1_000_003 + run);
  const happens = (probability: number): boolean => uniformFloat64(random) < probability;
  const groups = scenario.deltas.map((delta, g) => ({
    group: CLASS_GROUPS[g] as (typeof CLASS_GROUPS)[number],
    ...answering(delta, scenario.discordance),
  }));
  const sums = new Float64Array(scenario.sessions * groups.length * SESSION_SUMS.length);
  const segments = new Map<string, SegmentEvidence>();
  const visits: ComparedVisit[] = [];
  for (let session = 0; session < scenario.sessions; session++) {
    const places = SEGMENTS.map((shares) => pick(shares, uniformFloat64(random)));
    let isAgreed = true;
    groups.forEach(({ group, hard, candidate, inService, whereRight }, g) => {
      const isHard = happens(hard);
      const [c, s] = isHard ? [candidate, inService] : [EASY, EASY];
      const isRight = happens(c);
      const wasRight = isHard ? happens(s) : isRight;
      if (isHard && !(isRight && wasRight)) isAgreed = false;
      const baseline = wasRight ? whereRight : BASELINE.whereWrong;
      const loss = (right: boolean, confidence: number): number => surprise(right ? confidence : (1 - confidence) / 2);
      const told = [1, loss(isRight, c), loss(wasRight, s), isRight, wasRight, happens(baseline), happens(baseline)];
      sums.set(told.map(Number), (session * groups.length + g) * SESSION_SUMS.length);
      places.forEach((place, dimension) => {
        const name = `${dimension}.${place}.${group}`;
        const of = segments.get(name) ?? { segment: name, group, difference: noRatioSums() };
        segments.set(name, of);
        addCluster(of.difference, { y: Number(isRight) - Number(wasRight), w: 1 });
      });
    });
    visits.push(loggedVisit(isAgreed, session, happens));
  }
  const evidence: GateEvidence = {
    groups: groups.map(({ group }) => group),
    sessions: scenario.sessions,
    sums,
    segments: [...segments.values()],
    offPolicy: doublyRobustDifference(visits),
  };
  const question = { evidence, betterVariables: [], minSessions: 0, seed: 1 + run };
  return judgeCandidate({ against: "v_20260101T000000Z_000000000000", ...question }).verdict;
}

/** A visit to the version in service, which explores one group; whatever is served engages as much. */
function loggedVisit(isAgreed: boolean, cluster: number, happens: (probability: number) => boolean): ComparedVisit {
  const changed = EXPLORED / 3;
  const isCandidate = !isAgreed && happens(changed);
  const isInService = !isCandidate && !happens(changed);
  return {
    isAgreed,
    reward: Number(happens(ENGAGED)),
    propensity: isInService ? 1 - 2 * changed : changed,
    isCandidate,
    isInService,
    rarerPropensity: changed,
    candidateEstimate: ENGAGED,
    inServiceEstimate: ENGAGED,
    servedEstimate: ENGAGED,
    cluster,
  };
}

function pick(shares: readonly number[], draw: number): number {
  let below = 0;
  const found = shares.findIndex((share) => {
    below += share;
    return draw < below;
  });
  return found === -1 ? shares.length - 1 : found;
}
