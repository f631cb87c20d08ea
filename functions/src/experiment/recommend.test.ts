import { describe, expect, it } from "vitest";
import { someExperimentAnalysis } from "../../../test/some-experiment.ts";
import { Lifecycle } from "../config.ts";
import { recommend, type Seen } from "./recommend.ts";
import type { ExperimentFigure } from "./schema.ts";

const POLICY = Lifecycle.parse({}).experiments;

function figure(differences: Partial<ExperimentFigure>): ExperimentFigure {
  const { arm = "a", metric = "engagement", finding = "unsure" } = differences;
  return {
    arm,
    metric,
    primary: true,
    group: null,
    finding,
    found_by: null,
    n: { control: 900, treatment: 100 },
    control: 0.2,
    treatment: 0.2,
    difference: 0,
    effect: 0.01,
    standard_error: 0.01,
    worth: 90,
    relative: null,
    sequential: null,
    horizon: null,
    cuped: { used: false, reduction: null, reason: "" },
    reason: `${metric} of ${arm} is ${finding}`,
    ...differences,
  };
}

const better = figure({ finding: "better" });
const worse = figure({ finding: "worse", metric: "user_satisfaction" });
const guarded = figure({ finding: "worse", metric: "latency", primary: false });
const no = { ok: false, reason: "the split is wrong" };

function seen(differences: Partial<Seen>, { visitors = 1000 }: { visitors?: number } = {}): Seen {
  const { sample_ratio, exposure, power } = someExperimentAnalysis("2026-09-29T00:00:00.000Z", "review");
  const arms = [
    { name: "control", visitors: 9000, visits: 20_000 },
    { name: "a", visitors, visits: 2000 },
  ];
  return {
    at_horizon: true,
    arms,
    figures: [figure({})],
    sample_ratio,
    exposure,
    power: { ...power, days_left: 0, reason: "enough" },
    ...differences,
  };
}

describe("what an experiment recommends", () => {
  const later = { at_horizon: false };
  const wrong = { sample_ratio: { ...seen({}).sample_ratio, ...no } };
  const several = { exposure: { ...seen({}).exposure, ...no } };
  const short = { power: { ...seen({}).power, days_left: 3, reason: "3 days" } };
  it.each([
    { name: "nothing of a wrong split, however good", of: { ...wrong, figures: [better] }, action: "invalid" },
    { name: "nothing where visitors were in several arms", of: { ...several, figures: [worse] }, action: "invalid" },
    { name: "the end of harm, before the horizon", of: { ...later, figures: [worse] }, action: "roll_back", arm: "a" },
    { name: "the end of a guardrail's harm", of: { figures: [better, guarded] }, action: "roll_back", arm: "a" },
    {
      name: "the end of a guardrail's harm, though primaries disagree as well",
      of: { figures: [better, worse, guarded] },
      action: "roll_back",
      arm: "a",
    },
    {
      name: "the arm that has won beside one whose primaries disagree",
      of: { figures: [better, worse, figure({ arm: "b", finding: "better" })] },
      action: "ship",
      arm: "b",
    },
    { name: "a person where primaries disagree", of: { figures: [better, worse] }, action: "review", arm: "a" },
    { name: "patience before the horizon, however good", of: { ...later, figures: [better] }, action: "keep_running" },
    { name: "what is better at the horizon", of: { figures: [better] }, action: "ship", arm: "a" },
    { name: "more time where power is short", of: short, action: "keep_running" },
    { name: "a person where nothing differs", of: {}, action: "review" },
    {
      name: "nothing for a guardrail that is better",
      of: { figures: [figure({}), { ...guarded, finding: "better" as const }] },
      action: "review",
    },
  ])("is $name", ({ of, action, arm = null }) => {
    expect(recommend(seen(of), POLICY)).toMatchObject({ action, arm });
  });

  it("names the best of several arms", () => {
    const best = figure({ arm: "b", finding: "better", effect: 0.02 });
    expect(recommend(seen({ figures: [better, best] }), POLICY)).toMatchObject({ action: "ship", arm: "b" });
  });

  it("ships the arm that has won beside one that does harm, at the horizon", () => {
    const won = figure({ arm: "b", finding: "better" });
    const of = { figures: [worse, won] };
    expect(recommend(seen(of), POLICY)).toMatchObject({ action: "ship", arm: "b" });
    expect(recommend(seen(of), POLICY).reasons.join(" ")).toContain("user_satisfaction of a is worse");
    expect(recommend(seen({ ...of, at_horizon: false }), POLICY)).toMatchObject({ action: "roll_back", arm: "a" });
  });

  it("wants 100 visitors of each arm", () => {
    const action = (visitors: number) => recommend(seen({ figures: [better] }, { visitors }), POLICY).action;
    expect([action(99), action(100)]).toEqual(["keep_running", "ship"]);
  });

  it("ships early only where the policy says so", () => {
    const of = seen({ ...later, figures: [better] });
    expect(recommend(of, { ...POLICY, ship_early: true })).toMatchObject({ action: "ship", arm: "a" });
    expect(recommend(of, POLICY).reasons.join(" ")).toMatch(/horizon is not reached/);
  });
});
