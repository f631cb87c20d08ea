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
    const gate = judgeCandidate({ against, groups, holdoutSessions: 200 });
    expect(gate).toMatchObject({ verdict, against, accuracy_difference: difference });
  });

  it("gives its figures", () => {
    const { reason } = judgeCandidate({ against: VERSION, groups: [density(0.75, 0.5, 0.25)], holdoutSessions: 200 });
    expect(reason).toBe(
      `accuracy over density on 200 hold-out sessions: candidate 75.00 %, ${VERSION} 50.00 %, rules 25.00 %`,
    );
  });

  it("does not judge without hold-out sessions", () => {
    const gate = judgeCandidate({ against: "rules", groups: [density(1, 0, 0)], holdoutSessions: 0 });
    expect(gate.verdict).toBe("not_enough_data");
  });
});
