import { describe, expect, it } from "vitest";
import type { ClassGroup } from "../design/schema.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { addCluster, noRatioSums } from "../stats/clustered-ratio.ts";
import type { DoublyRobustDifference } from "../stats/off-policy.ts";
import { judgeCandidate } from "./gate.ts";
import { type GateEvidence, SESSION_SUMS, type SegmentEvidence, surprise } from "./gate-evidence.ts";

const VERSION: ServedVersion = "v_20260928T051200Z_0123456789ab";

/** Who is right in how many sessions, and with which probability each gives its answer. */
interface Told {
  /** Sessions in which both are right, only the candidate, only the one in service, and neither. */
  both: number;
  candidate: number;
  inService: number;
  neither: number;
  confidence?: [candidate: number, inService: number];
  /** Sessions in which the rules are right: the first so many. */
  rules?: number;
}

/** Sums of sessions of one group. */
function sessionsOf({ both, candidate, inService, neither, confidence: [c, s] = [0.7, 0.7], rules = 0 }: Told) {
  const kinds = [
    ...Array<[number, number]>(both).fill([1, 1]),
    ...Array<[number, number]>(candidate).fill([1, 0]),
    ...Array<[number, number]>(inService).fill([0, 1]),
    ...Array<[number, number]>(neither).fill([0, 0]),
  ];
  const loss = (isRight: number, confidence: number): number => surprise(isRight ? confidence : (1 - confidence) / 2);
  return kinds.map(([ofCandidate, ofService], i) => {
    const isRuled = Number(i < rules);
    return [1, loss(ofCandidate, c), loss(ofService, s), ofCandidate, ofService, isRuled, 0];
  });
}

function evidenceOf(groups: Partial<Record<ClassGroup, Told>>, more: Partial<GateEvidence> = {}): GateEvidence {
  const names = Object.keys(groups) as ClassGroup[];
  const each = names.map((name) => sessionsOf(groups[name] as Told));
  const sessions = each[0]?.length ?? 0;
  const sums = new Float64Array(sessions * names.length * SESSION_SUMS.length);
  for (let i = 0; i < sessions; i++) {
    each.forEach((of, g) => {
      sums.set(of[i] ?? [], (i * names.length + g) * SESSION_SUMS.length);
    });
  }
  return { groups: names, sessions, sums, segments: [], offPolicy: null, ...more };
}

const judge = (evidence: GateEvidence, more: { minSessions?: number; betterVariables?: string[] } = {}) =>
  judgeCandidate({ against: VERSION, evidence, betterVariables: [], minSessions: 0, seed: 1, ...more });

const broken = (gate: ReturnType<typeof judge>): string[] =>
  gate.findings?.filter(({ ok }) => !ok).map(({ rule }) => rule) ?? [];

/** 400 sessions: right in 75 % where the one in service is in 55 %. */
const BETTER: Told = { both: 200, candidate: 100, inService: 20, neither: 80 };
/** The same, as often as the other. */
const EQUAL: Told = { both: 200, candidate: 60, inService: 60, neither: 80 };

describe("the gate", () => {
  it.each([
    { name: "clearly better", groups: { density: BETTER }, verdict: "better", rules: [] },
    {
      name: "right as often and as sure",
      groups: { density: EQUAL },
      verdict: "not_better",
      rules: ["log_loss"],
    },
    {
      name: "right more often, but over-sure of itself",
      groups: { density: { ...BETTER, confidence: [0.999, 0.6] } },
      verdict: "worse",
      rules: ["log_loss"],
    },
    {
      name: "better on the whole and 2 points worse in one group",
      groups: { density: BETTER, theme: { both: 260, candidate: 20, inService: 28, neither: 92 } },
      verdict: "not_better",
      rules: ["accuracy"],
    },
    {
      name: "better in one group and the same in the other",
      groups: { density: BETTER, theme: { both: 300, candidate: 0, inService: 0, neither: 100 } },
      verdict: "better",
      rules: [],
    },
    {
      name: "clearly worse",
      groups: { density: { ...BETTER, candidate: 20, inService: 100 } },
      verdict: "worse",
      rules: ["log_loss", "accuracy"],
    },
    {
      name: "better than the one in service and no better than the rules",
      groups: { density: { ...BETTER, rules: 300 } },
      verdict: "not_better",
      rules: ["better_somewhere"],
    },
    {
      name: "better than the one in service and worse than the rules",
      groups: { density: { ...BETTER, rules: 380 } },
      verdict: "not_better",
      rules: ["baselines", "better_somewhere"],
    },
  ] as { name: string; groups: Partial<Record<ClassGroup, Told>>; verdict: string; rules: string[] }[])(
    "says $verdict of a candidate that is $name",
    ({ groups, verdict, rules }) => {
      const gate = judge(evidenceOf(groups));
      expect(gate).toMatchObject({ verdict, against: VERSION, sessions: 400 });
      expect(broken(gate)).toEqual(rules);
    },
  );

  it("takes a variable that is predicted better than by both baselines for a target to be better on", () => {
    const evidence = evidenceOf({ density: { ...BETTER, rules: 300 } });
    expect(judge(evidence, { betterVariables: ["font_size_base"] }).verdict).toBe("better");
  });

  it.each([
    { sessions: 19, verdict: "not_enough_data" },
    { sessions: 20, verdict: "better" },
  ])("says $verdict on $sessions sessions", ({ sessions, verdict }) => {
    const told = { both: 0, candidate: sessions, inService: 0, neither: 0 };
    expect(judge(evidenceOf({ density: told })).verdict).toBe(verdict);
  });

  it("has nothing to say, or to await, where nothing varies", () => {
    const nothing = { ...evidenceOf({}), sessions: 400 };
    expect(judge(nothing, { minSessions: 1500 }).verdict).toBe("not_enough_data");
  });

  it.each([BETTER, { ...BETTER, candidate: 20, inService: 100 }])(
    "awaits evidence where a child has too few sessions, whatever its figures are, and tells them",
    (told) => {
      const gate = judge(evidenceOf({ density: told }), { minSessions: 401 });
      expect(gate.verdict).toBe("awaiting_evidence");
      expect(gate.reason).toMatch(
        /^400 hold-out sessions, 401 are needed to judge an incremental child: shadow scoring on the coming week is to judge it \(accuracy over density/,
      );
      expect(judge(evidenceOf({ density: told }), { minSessions: 400 }).verdict).not.toBe("awaiting_evidence");
    },
  );

  it("keeps every figure, and says the comparison in a sentence", () => {
    const {
      reason,
      accuracy_difference: difference,
      groups,
    } = judge(evidenceOf({ density: { ...BETTER, rules: 80 } }));
    expect(difference).toBeCloseTo(0.2, 12);
    expect(groups?.[0]?.accuracy_above_rules.value).toBeCloseTo(0.55, 12);
    expect(groups?.[0]?.accuracy_above_in_service.low).toBeGreaterThan(0.14);
    expect(reason).toMatch(
      `accuracy over density on 400 hold-out sessions: candidate 75.00 %, ${VERSION} 55.00 %, rules 20.00 %, majority class 0.00 %; log-loss falls by`,
    );
  });
});

describe("a segment", () => {
  /** Sessions of a segment, in which the candidate is right, or the one in service, or as often. */
  function segment(name: string, [won, lost, same]: [number, number, number]): SegmentEvidence {
    const difference = noRatioSums();
    for (const [y, times] of [
      [1, won],
      [-1, lost],
      [0, same],
    ] as const) {
      for (let i = 0; i < times; i++) addCluster(difference, { y, w: 1 });
    }
    return { segment: name, group: "density", difference };
  }
  const fine = Array.from({ length: 21 }, (_, i) => segment(`fine ${i}`, [30, 30, 140]));
  const verdictWith = (harmed: SegmentEvidence) =>
    judge(evidenceOf({ density: BETTER }, { segments: [...fine, harmed] }));

  it.each([
    { name: "loses 20 points of 200 sessions", of: [10, 50, 140], verdict: "worse" },
    { name: "loses 6 points of 200 sessions", of: [24, 36, 140], verdict: "better" },
    { name: "loses 30 points of 99 sessions", of: [0, 30, 69], verdict: "better" },
    { name: "loses 30 points of 100 sessions", of: [0, 30, 70], verdict: "worse" },
    { name: "loses everything, without any doubt", of: [0, 100, 0], verdict: "worse" },
    { name: "is answered the same", of: [0, 0, 200], verdict: "better" },
  ] as { name: string; of: [number, number, number]; verdict: string }[])("that $name: $verdict", ({ of, verdict }) => {
    const gate = verdictWith(segment("device tablet", of));
    expect(gate.verdict).toBe(verdict);
    expect(broken(gate)).toEqual(verdict === "worse" ? ["segments"] : []);
  });

  it("of 400 sessions, one of 22, vetoes with a loss of 10 points, and not with one of 8", () => {
    const margin = judge(evidenceOf({ density: BETTER }, { segments: [...fine, segment("tablet", [10, 50, 340])] }));
    expect(margin.verdict).toBe("worse");
    const chance = judge(evidenceOf({ density: BETTER }, { segments: [...fine, segment("tablet", [14, 46, 340])] }));
    expect(chance.verdict).toBe("better");
  });
});

describe("the off-policy estimate", () => {
  const estimate = (change: Partial<DoublyRobustDifference>): DoublyRobustDifference => ({
    verdict: "estimated",
    difference: -0.02,
    low: -0.03,
    high: -0.01,
    visits: 1000,
    differing: 500,
    matched: 200,
    unsupported: 0,
    ...change,
  });

  it.each([
    { name: "a loss of engagement beyond doubt", of: {}, verdict: "worse", says: "harm" },
    { name: "a loss that may be none", of: { high: 0.001 }, verdict: "better", says: "no_harm_seen" },
    { name: "too little", of: { verdict: "not_enough_data" as const }, verdict: "better", says: "not_enough_data" },
  ])("vetoes, and never promotes: $name is $verdict", ({ of, verdict, says }) => {
    const gate = judge(evidenceOf({ density: BETTER }, { offPolicy: estimate(of) }));
    expect(gate).toMatchObject({ verdict, off_policy: { verdict: says } });
    const gain = estimate({ difference: 0.2, low: 0.1, high: 0.3 });
    expect(judge(evidenceOf({ density: EQUAL }, { offPolicy: gain })).verdict).toBe("not_better");
  });
});
