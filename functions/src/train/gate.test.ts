import { describe, expect, it } from "vitest";
import type { ServedVersion } from "../serve/schema.ts";
import { type GroupAccuracy, judgeCandidate } from "./gate.ts";

const VERSION: ServedVersion = "v_20260928T051200Z_0123456789ab";
const density = (candidate: number, inService: number, rules: number): GroupAccuracy => ({
  group: "density",
  candidate,
  inService,
  rules,
});
const theme = (candidate: number, inService: number, rules: number): GroupAccuracy => ({
  ...density(candidate, inService, rules),
  group: "theme",
});

describe("the gate", () => {
  const rows: {
    name: string;
    against?: ServedVersion;
    groups: GroupAccuracy[];
    verdict: string;
    difference: number;
  }[] = [
    { name: "better than the rules", groups: [density(0.75, 0.5, 0.5)], verdict: "better", difference: 0.25 },
    { name: "equal to the rules", groups: [density(0.5, 0.5, 0.5)], verdict: "better", difference: 0 },
    { name: "worse than the rules", groups: [density(0.5, 0.75, 0.75)], verdict: "not_better", difference: -0.25 },
    {
      name: "worse in one group and better on the whole",
      groups: [density(0.25, 0.5, 0.5), theme(1, 0.25, 0.25)],
      verdict: "better",
      difference: 0.25,
    },
    {
      name: "better than the version in service and worse than the rules",
      against: VERSION,
      groups: [density(0.5, 0.25, 0.75)],
      verdict: "not_better",
      difference: 0.25,
    },
    {
      name: "better than the rules and worse than the version in service",
      against: VERSION,
      groups: [density(0.5, 0.75, 0.25)],
      verdict: "not_better",
      difference: -0.25,
    },
    { name: "without a varying target", groups: [], verdict: "not_enough_data", difference: 0 },
  ];
  it.each(rows)("says $verdict of a candidate that is $name", ({ against = "rules", groups, verdict, difference }) => {
    const gate = judgeCandidate({ against, groups, holdoutSessions: 200, minHoldoutSessions: 0 });
    expect(gate).toMatchObject({ verdict, against, accuracy_difference: difference });
  });

  it.each([
    { holdoutSessions: 1499, candidate: 0.75, verdict: "awaiting_evidence" },
    { holdoutSessions: 1499, candidate: 0.25, verdict: "awaiting_evidence" },
    { holdoutSessions: 1500, candidate: 0.75, verdict: "better" },
    { holdoutSessions: 1500, candidate: 0.25, verdict: "not_better" },
  ])(
    "says $verdict on $holdoutSessions hold-out sessions where 1500 are needed, of a candidate that is right for $candidate",
    ({ holdoutSessions, candidate, verdict }) => {
      const groups = [density(candidate, 0.5, 0.5)];
      const gate = judgeCandidate({ against: VERSION, groups, holdoutSessions, minHoldoutSessions: 1500 });
      expect(gate).toMatchObject({ verdict, accuracy_difference: candidate - 0.5 });
    },
  );

  it("tells a child that awaits evidence what it lacks, who will judge it, and how it compares", () => {
    const groups = [density(0.75, 0.5, 0.25)];
    const { reason } = judgeCandidate({ against: VERSION, groups, holdoutSessions: 200, minHoldoutSessions: 1500 });
    expect(reason).toBe(
      "200 hold-out sessions, 1500 are needed to judge an incremental child: shadow scoring on the coming week is to judge it " +
        `(accuracy over density on 200 hold-out sessions: candidate 75.00 %, ${VERSION} 50.00 %, rules 25.00 %)`,
    );
  });

  it("has nothing to await where nothing varies", () => {
    const gate = judgeCandidate({ against: VERSION, groups: [], holdoutSessions: 200, minHoldoutSessions: 1500 });
    expect(gate.verdict).toBe("not_enough_data");
  });

  it("gives its figures", () => {
    const { reason } = judgeCandidate({
      against: VERSION,
      groups: [density(0.75, 0.5, 0.25)],
      holdoutSessions: 200,
      minHoldoutSessions: 0,
    });
    expect(reason).toBe(
      `accuracy over density on 200 hold-out sessions: candidate 75.00 %, ${VERSION} 50.00 %, rules 25.00 %`,
    );
  });

  it("does not judge without hold-out sessions", () => {
    const gate = judgeCandidate({
      against: "rules",
      groups: [density(1, 0, 0)],
      holdoutSessions: 0,
      minHoldoutSessions: 0,
    });
    expect(gate.verdict).toBe("not_enough_data");
  });
});
