import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, it } from "vitest";
import logged from "./fixtures/obp-random-all.json" with { type: "json" };
import {
  type ComparedVisit,
  doublyRobust,
  doublyRobustDifference,
  inversePropensity,
  rewardModel,
  selfNormalised,
} from "./off-policy.ts";

const CLASSES = 3;
const SHARE = 0.1;
/** Engagement by context and class: what a simulated visitor does. */
const USUAL = [
  [0.15, 0.22, 0.18],
  [0.35, 0.25, 0.3],
  [0.05, 0.1, 0.07],
];
const RARE = USUAL.map((rates) => rates.map((rate) => rate / 10));
/** Rare, but not with the candidate: what is matched has little of it to show, and what is not, nothing. */
const RARE_BEFORE = USUAL.map(() => [0.01, 0.01, 0.05]);

interface Simulation {
  /** Contexts x classes. */
  rates: number[][];
  visitors: number;
  /** Share of the visits. */
  differing: number;
}

/**
 * Logs of a policy that serves class 1 and explores as serving does; the candidate answers class 2 in the contexts where they
 * differ, for `differing` of the visits. Visitors come 1 to 3 times, and some are keener than others.
 */
function simulatedLogs(
  { rates, visitors, differing }: Simulation,
  seed: number,
): { visits: ComparedVisit[]; truth: number } {
  const random = xoroshiro128plus(seed);
  const draw = (): number => uniformFloat64(random);
  const rows: { context: number; action: number; reward: number; cluster: number; candidate: number; p: number }[] = [];
  let gain = 0;
  for (let visitor = 0; visitor < visitors; visitor++) {
    const keen = 0.6 + 0.8 * draw();
    const times = 1 + Math.floor(draw() * 3);
    for (let i = 0; i < times; i++) {
      const context = Math.floor(draw() * rates.length);
      const candidate = draw() < differing ? 2 : 1;
      const explored = draw() < SHARE ? Math.floor(draw() * CLASSES) : 1;
      const rate = (action: number): number => keen * (rates[context]?.[action] ?? 0);
      gain += rate(candidate) - rate(1);
      const reward = Number(draw() < rate(explored));
      const p = explored === 1 ? 1 - (2 / 3) * SHARE : SHARE / 3;
      rows.push({ context, action: explored, reward, cluster: visitor, candidate, p });
    }
  }
  const estimate = rewardModel(rows, CLASSES);
  const visits = rows.map(
    ({ context, action, reward, cluster, candidate, p }): ComparedVisit => ({
      isAgreed: candidate === 1,
      reward,
      propensity: p,
      isCandidate: action === candidate,
      isInService: action === 1,
      rarerPropensity: candidate === 1 ? 1 - (2 / 3) * SHARE : SHARE / 3,
      candidateEstimate: estimate({ context, action: candidate, cluster }),
      inServiceEstimate: estimate({ context, action: 1, cluster }),
      servedEstimate: estimate({ context, action, cluster }),
      cluster,
    }),
  );
  return { visits, truth: gain / rows.length };
}

function covered(runs: number, simulation: Simulation) {
  let inside = 0;
  const matched: number[] = [];
  const verdicts = new Set<string>();
  for (let run = 0; run < runs; run++) {
    const { visits, truth } = simulatedLogs(simulation, 1 + run);
    const found = doublyRobustDifference(visits);
    inside += Number(found.low <= truth && truth <= found.high);
    matched.push(found.matched);
    verdicts.add(found.verdict);
  }
  return { coverage: inside / runs, matched, verdicts: [...verdicts] };
}

describe("the doubly robust difference", () => {
  it("covers the truth in 92.5 to 97.5 % of 500 runs with 200 matched visits or more", () => {
    const { coverage, matched, verdicts } = covered(500, { rates: USUAL, visitors: 3800, differing: 1 });
    expect(Math.min(...matched)).toBeGreaterThanOrEqual(200);
    expect(verdicts).toEqual(["estimated"]);
    expect(coverage).toBeGreaterThanOrEqual(0.925);
    expect(coverage).toBeLessThanOrEqual(0.975);
  });

  // Without the floor all but the first fail, down to 33 %; without the matched visits in its rate, two of the last three.
  it.each([
    { name: "usual rates", rates: USUAL, visitors: 1000, differing: 1 },
    { name: "usual rates", rates: USUAL, visitors: 150, differing: 0.8 },
    { name: "rare engagement", rates: RARE, visitors: 600, differing: 1 },
    { name: "engagement rare before the candidate", rates: RARE_BEFORE, visitors: 600, differing: 1 },
    { name: "engagement rare before the candidate", rates: RARE_BEFORE, visitors: 300, differing: 1 },
    { name: "engagement rare before the candidate", rates: RARE_BEFORE, visitors: 300, differing: 0.4 },
  ])("covers it in 93 % at least of 500 runs of $visitors visitors with $name, too few to decide by", (simulation) => {
    const { coverage, matched, verdicts } = covered(500, simulation);
    expect(Math.max(...matched)).toBeLessThan(200);
    expect(verdicts).toEqual(["not_enough_data"]);
    expect(coverage).toBeGreaterThanOrEqual(0.93);
  });

  const visit = (change: Partial<ComparedVisit>): ComparedVisit => ({
    isAgreed: false,
    reward: 0,
    propensity: 0.5,
    isCandidate: false,
    isInService: true,
    rarerPropensity: 0.1,
    candidateEstimate: 0.2,
    inServiceEstimate: 0.2,
    servedEstimate: 0.2,
    cluster: 0,
    ...change,
  });

  it("is 0, and enough of nothing, where the two always agree", () => {
    const visits = [0, 1, 2].map((cluster) => visit({ isAgreed: true, cluster, reward: 1 }));
    expect(doublyRobustDifference(visits)).toMatchObject({ difference: 0, differing: 0, verdict: "not_enough_data" });
  });

  it("is unsure where all matched visits went the same way: the weights alone make it so", () => {
    const visits = Array.from({ length: 10 }, (_, cluster) =>
      visit({ cluster, isCandidate: true, isInService: false, propensity: 0.1, servedEstimate: 0 }),
    );
    const { difference, low, high } = doublyRobustDifference(visits);
    // Of rates 1/12 and 2/14 the second, weights 10 each: t(9) * sqrt(1/7 * 6/7 * 100) / 10.
    const half = (2.262157 * Math.sqrt((6 / 49) * 100)) / 10;
    expect([difference, low, high]).toEqual([0, expect.closeTo(-half, 5), expect.closeTo(half, 5)]);
  });

  it("does not take a model's word where the candidate's answer is never served", () => {
    const matched = Array.from({ length: 300 }, (_, cluster) =>
      visit({ cluster, isCandidate: true, isInService: false, propensity: 0.1, reward: cluster % 2 }),
    );
    const unsupported = Array.from({ length: 30 }, (_, i) => visit({ cluster: 300 + i, rarerPropensity: 0 }));
    expect(doublyRobustDifference(matched).verdict).toBe("estimated");
    expect(doublyRobustDifference([...matched, ...unsupported])).toMatchObject({
      verdict: "not_enough_data",
      unsupported: 30,
    });
  });
});

describe("the reward model", () => {
  // Even visitors are told what odd ones did, and the other way round.
  const rows = [
    { context: 0, action: 1, reward: 1, cluster: 1 },
    { context: 0, action: 1, reward: 1, cluster: 3 },
    { context: 0, action: 2, reward: 0, cluster: 5 },
    { context: 1, action: 1, reward: 0, cluster: 7 },
    { context: 0, action: 1, reward: 0, cluster: 2 },
  ];
  const of = (context: number, action: number, cluster: number): number =>
    rewardModel(rows, CLASSES)({ context, action, cluster });

  it("shrinks a cell to its context, and that to everybody", () => {
    const everybody = (2 + 20 * 0.5) / (4 + 20);
    const context = (2 + 20 * everybody) / (3 + 20);
    expect(of(0, 1, 2)).toBeCloseTo((2 + 20 * context) / (2 + 20), 12);
    expect(of(0, 0, 2)).toBeCloseTo(context, 12);
    expect(of(2, 1, 2)).toBeCloseTo(everybody, 12);
  });

  it("has never seen the visitor that it is asked about", () => {
    const changed = rows.map((row) => (row.cluster === 2 ? { ...row, reward: 1 } : row));
    const asked = { context: 0, action: 1 };
    const after = rewardModel(changed, CLASSES);
    expect(after({ ...asked, cluster: 2 })).toBe(of(0, 1, 2));
    expect(after({ ...asked, cluster: 1 })).toBeGreaterThan(of(0, 1, 1));
  });
});

describe("the value of a policy", () => {
  it("on logs of a real shop is what obp says", () => {
    // Python, obp 0.4.1, of 10,000 rows whose items were drawn uniformly from 80; the target shows, at each of three positions, one
    // item always; rates are estimates of click rates by item:
    //   action_dist = np.zeros((n, 80, 3)); action_dist[:, target[l], l] = 1
    //   q_hat = np.repeat(np.repeat(rates[None, :, None], n, 0), 3, 2)
    //   logs = dict(reward=click, action=item_id, position=position, pscore=propensity_score, action_dist=action_dist)
    //   InverseProbabilityWeighting().estimate_policy_value(**logs)
    //   SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**logs)
    //   DoublyRobust().estimate_policy_value(**logs, estimated_rewards_by_reg_model=q_hat)
    const numbers = (text: string): number[] => text.split(" ").map(Number);
    const positions = numbers(logged.positions);
    const clicked = new Set(numbers(logged.clicks));
    const decisions = numbers(logged.items).map((item, row) => {
      const target = logged.target[positions[row] ?? -1] ?? -1;
      return {
        reward: Number(clicked.has(row)),
        propensity: logged.propensity,
        isMatch: item === target,
        targetEstimate: logged.rates[target] ?? Number.NaN,
        loggedEstimate: logged.rates[item] ?? Number.NaN,
      };
    });
    expect(inversePropensity(decisions)).toBeCloseTo(logged.values.ipw, 12);
    expect(selfNormalised(decisions)).toBeCloseTo(logged.values.snips, 12);
    expect(doublyRobust(decisions)).toBeCloseTo(logged.values.dr, 12);
  });

  // By hand: weights 2, 0, 4; rewards 1, 1, 0.
  const decisions = [
    { reward: 1, propensity: 0.5, isMatch: true, targetEstimate: 0.4, loggedEstimate: 0.4 },
    { reward: 1, propensity: 0.5, isMatch: false, targetEstimate: 0.1, loggedEstimate: 0.4 },
    { reward: 0, propensity: 0.25, isMatch: true, targetEstimate: 0.1, loggedEstimate: 0.1 },
  ];

  it("is what weighted rewards, normalised ones and a corrected model say", () => {
    expect(inversePropensity(decisions)).toBeCloseTo(2 / 3, 12);
    expect(selfNormalised(decisions)).toBeCloseTo(2 / 6, 12);
    expect(doublyRobust(decisions)).toBeCloseTo((0.4 + 2 * 0.6 + 0.1 + 0.1 + 4 * -0.1) / 3, 12);
  });

  it("takes no propensity of 0", () => {
    expect(() => inversePropensity([{ reward: 1, propensity: 0, isMatch: true }])).toThrow("propensity");
  });
});
