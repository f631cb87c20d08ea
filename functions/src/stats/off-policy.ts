import { addCluster, clusteredRatio, noRatioSums } from "./clustered-ratio.ts";
import { tQuantile } from "./distributions.ts";
import { demand } from "./measured.ts";

/** A logged decision, as far as the value of another policy can be told from it. */
export interface LoggedDecision {
  /** What came of it, 0-1. */
  reward: number;
  /** Probability with which its action was chosen, > 0. */
  propensity: number;
  /** Whether the target policy would have chosen the same. */
  isMatch: boolean;
  /** Estimated reward of the target policy's action, and of the one that was chosen. */
  targetEstimate: number;
  loggedEstimate: number;
}

/** Inverse propensity weighting (Horvitz and Thompson 1952): mean of match / propensity x reward. Weights are not clipped. */
export function inversePropensity(
  decisions: readonly Omit<LoggedDecision, "targetEstimate" | "loggedEstimate">[],
): number {
  demand(decisions.length > 0, "there is a decision");
  return decisions.reduce((sum, d) => sum + weightOf(d) * d.reward, 0) / decisions.length;
}

/** The same over the sum of the weights (Swaminathan and Joachims 2015); NaN where nothing matches. */
export function selfNormalised(
  decisions: readonly Omit<LoggedDecision, "targetEstimate" | "loggedEstimate">[],
): number {
  const weights = decisions.reduce((sum, d) => sum + weightOf(d), 0);
  return decisions.reduce((sum, d) => sum + weightOf(d) * d.reward, 0) / weights;
}

/** Doubly robust (Dudik et al. 2011): the mean of the target's estimate, corrected by what matching decisions brought beyond theirs. */
export function doublyRobust(decisions: readonly LoggedDecision[]): number {
  demand(decisions.length > 0, "there is a decision");
  const term = (d: LoggedDecision): number => d.targetEstimate + weightOf(d) * (d.reward - d.loggedEstimate);
  return decisions.reduce((sum, d) => sum + term(d), 0) / decisions.length;
}

function weightOf({ isMatch, propensity }: Pick<LoggedDecision, "isMatch" | "propensity">): number {
  demand(propensity > 0 && propensity <= 1, "a propensity is above 0 and at most 1");
  return isMatch ? 1 / propensity : 0;
}

/** A visit on which a candidate and the policy in service are compared; both answer the same to the same context. */
export interface ComparedVisit {
  /** Whether candidate and policy in service answer the same: such a visit tells nothing apart, and counts as no difference. */
  isAgreed: boolean;
  /** 1 if engaged, else 0. */
  reward: number;
  /** Probability of what was served. */
  propensity: number;
  /** What was served is the candidate's answer; that of the policy in service. */
  isCandidate: boolean;
  isInService: boolean;
  /** Probability with which the rarer of the two answers would have been served; 0 where it never is. */
  rarerPropensity: number;
  candidateEstimate: number;
  inServiceEstimate: number;
  servedEstimate: number;
  /** Ordinal of the visitor: visits of one are not independent. */
  cluster: number;
}

/** How much more a candidate engages than the policy in service, by what was logged. */
export interface DoublyRobustDifference {
  verdict: "estimated" | "not_enough_data";
  /** Rates of all visits, candidate minus in service, with the two-sided 95 % interval. */
  difference: number;
  low: number;
  high: number;
  visits: number;
  /** Visits on which the two differ, those of them that were served what the candidate answers, and that never are. */
  differing: number;
  matched: number;
  unsupported: number;
}

/** Matched differing visits under which the interval is too wide to decide by. */
const MIN_MATCHED = 200;
/** Share of the differing visits that may be unsupported: of these there is only the model's word. */
const MAX_UNSUPPORTED = 0.05;
const TAIL = 0.975;

/**
 * Doubly robust estimate of the difference of two deterministic policies from the same logs: the mean over visits of
 * (qC - qS) + ([served = C] - [served = S]) / p (r - q), which is 0 where the two agree. Its variance is that between
 * visitors, but at least what the weights alone make of a rate q: the sum over differing visits of q (1 - q) w^2 p with
 * w = 1 / p and p the probability of the rarer of the two answers. A handful of matched visits that all went the same way have no
 * variance of their own, and prove nothing. Of two rates q the floor takes the one that is more uncertain: that of the differing
 * visits, nearly all of which were served the usual answer, and that of the matched ones with two successes and two failures
 * added (Agresti and Coull 1998), since a candidate that engages more than usual shows it in few visits. It is a floor, not the
 * variance: where both answers are rare, the true one may be twice that. Quantile of t with matched - 1 degrees of freedom.
 * @throws RangeError without a visit
 */
export function doublyRobustDifference(compared: readonly ComparedVisit[]): DoublyRobustDifference {
  const visits = compared.length;
  demand(visits > 0, "there is a visit");
  const byCluster = new Map<number, { y: number; w: number }>();
  let [differing, matched, unsupported, weights, engaged, matchedEngaged] = [0, 0, 0, 0, 0, 0];
  for (const visit of compared) {
    const of = byCluster.get(visit.cluster) ?? { y: 0, w: 0 };
    byCluster.set(visit.cluster, of);
    of.w++;
    if (visit.isAgreed) continue;
    differing++;
    engaged += visit.reward;
    matched += Number(visit.isCandidate);
    matchedEngaged += visit.isCandidate ? visit.reward : 0;
    unsupported += Number(visit.rarerPropensity === 0);
    weights += visit.rarerPropensity === 0 ? 0 : 1 / visit.rarerPropensity;
    const weight = (Number(visit.isCandidate) - Number(visit.isInService)) / visit.propensity;
    of.y += visit.candidateEstimate - visit.inServiceEstimate + weight * (visit.reward - visit.servedEstimate);
  }
  const sums = noRatioSums();
  for (const cluster of byCluster.values()) addCluster(sums, cluster);
  const counts = { visits, differing, matched, unsupported };
  if (sums.clusters < 2) return { verdict: "not_enough_data", difference: 0, low: -1, high: 1, ...counts };
  const { estimate: difference, standardError } = clusteredRatio(sums);
  const rates = [(engaged + 1) / (differing + 2), (matchedEngaged + 2) / (matched + 4)];
  const floor = Math.sqrt(Math.max(...rates.map((q) => q * (1 - q))) * weights) / visits;
  const half = tQuantile(TAIL, Math.max(1, matched - 1)) * Math.max(standardError, floor);
  const isEnough = matched >= MIN_MATCHED && unsupported <= MAX_UNSUPPORTED * differing;
  return {
    verdict: isEnough ? "estimated" : "not_enough_data",
    difference,
    low: difference - half,
    high: difference + half,
    ...counts,
  };
}

/** What a reward model learns from. */
export interface RewardRow {
  /** Ordinals of the context and of the action. */
  context: number;
  action: number;
  reward: number;
  cluster: number;
}

/** Visits that a cell's prior counts for: its context's rate; and for a context, everybody's. */
const PRIOR = 20;

/**
 * A reward model q(context, action): the mean of the cell, shrunk to its context's and that to everybody's. It is fitted on
 * either half of the clusters and asked about the other, so that no estimate has seen its own visitor; the estimator stays
 * unbiased whatever the model is worth, since the propensities are known.
 */
export function rewardModel(rows: readonly RewardRow[], actions: number): (of: Omit<RewardRow, "reward">) => number {
  const halves = [0, 1].map(() => ({
    all: { sum: 0, n: 0 },
    contexts: new Map<number, Count>(),
    cells: new Map<number, Count>(),
  }));
  for (const { context, action, reward, cluster } of rows) {
    // Learnt from the other half.
    const half = halves[1 - (cluster % 2)];
    if (half === undefined) continue;
    count(half.all, reward);
    count(countOf(half.contexts, context), reward);
    count(countOf(half.cells, context * actions + action), reward);
  }
  return ({ context, action, cluster }) => {
    const half = halves[cluster % 2];
    const everybody = shrunk(half?.all, 0.5);
    return shrunk(half?.cells.get(context * actions + action), shrunk(half?.contexts.get(context), everybody));
  };
}

interface Count {
  sum: number;
  n: number;
}

function countOf(counts: Map<number, Count>, key: number): Count {
  const known = counts.get(key);
  if (known !== undefined) return known;
  const fresh = { sum: 0, n: 0 };
  counts.set(key, fresh);
  return fresh;
}

function count(of: Count, reward: number): void {
  of.sum += reward;
  of.n++;
}

function shrunk(count: Count | undefined, prior: number): number {
  return count === undefined ? prior : (count.sum + PRIOR * prior) / (count.n + PRIOR);
}
