import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { FIRST_ROUTING } from "../serve/schema.ts";
import { judgeWrite, routedPolicy, routingChange, type Stored } from "./policy.ts";

const eased = { deployment: { stage_min_visitors: 50 } };
const other = { collect: { maturity_minutes: 0 } };
const bad = { deployment: { stages: [0.5, 0.1, 1] } };

describe("a write to config/lifecycle", () => {
  it.each<[string, { written: Stored; before?: Stored; journaled?: Stored }, string]>([
    ["is accepted when it is valid", { written: eased }, "accepted"],
    ["is accepted when it goes back to an earlier policy", { written: eased, journaled: other }, "accepted"],
    ["is known when it is what the journal says", { written: eased, journaled: eased }, "known"],
    [
      "is known whatever the order of its fields",
      { written: { ...eased, ...other }, journaled: { ...other, ...eased } },
      "known",
    ],
    ["is accepted when it deletes what was in force", { written: undefined, journaled: eased }, "accepted"],
    ["is known when it deletes what nobody had accepted", { written: undefined }, "known"],
    ["is put back when it breaks a rule", { written: bad, before: eased }, "put_back"],
  ])("%s", (_name, { written, before, journaled }, kind) => {
    expect(judgeWrite({ written, before, journaled }).kind).toBe(kind);
  });

  it.each<[string, { before?: Stored; journaled?: Stored }, Stored]>([
    ["what stood there before", { before: eased, journaled: other }, eased],
    ["the journal's newest, if what stood there was bad too", { before: { x: 1 }, journaled: other }, other],
    ["nothing, if nothing stood there", { journaled: other }, undefined],
    ["nothing, if nothing good was ever there", { before: { x: 1 } }, undefined],
    ["an empty document, if that stood there", { before: {} }, {}],
  ])("that is bad gives way to %s", (_name, { before, journaled }, good) => {
    expect(judgeWrite({ written: bad, before, journaled })).toMatchObject({ kind: "put_back", good });
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ["a number out of bounds", { serve: { holdback_share: 0.6 } }, "serve.holdback_share", /<=0.5/],
    ["text for a number", { jobs: { max_attempts: "5" } }, "jobs.max_attempts", /expected number/],
    ["not a number", { serve: { holdback_share: Number.NaN } }, "serve.holdback_share", /number/],
    ["stages that fall", bad, "deployment.stages", /must rise/],
    ["stages that do not end with everybody", { deployment: { stages: [0.1] } }, "deployment.stages", /must be 1/],
    ["a typing slip", { deployment: { stage_min_visitor: 1 } }, "deployment", /stage_min_visitor/],
    ["an unknown choice", { training: { target_policy: "luck" } }, "training.target_policy", /engagement/],
  ])("names field and rule: %s", (_name, written, path, message) => {
    const verdict = judgeWrite({ written, before: undefined, journaled: undefined });
    const issues = verdict.kind === "put_back" ? verdict.issues : [];
    expect(issues.map((issue) => issue.path)).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
  });
});

describe("what predict needs of the policy", () => {
  it("is what routing begins with, by default", () => {
    expect(routingChange(Lifecycle.parse({}), FIRST_ROUTING)).toBeUndefined();
  });

  it.each([
    [{ serve: { holdback_share: 0.1 } }, { holdback_share: 0.1 }],
    [{ serve: { exploration_share: 0 } }, { exploration_share: 0 }],
    [{ training: { target_policy: "observed" } }, { rules_groups: ["density", "font", "theme"] }],
  ])("follows %j", (stored, change) => {
    const policy = Lifecycle.parse(stored);
    expect(routingChange(policy, FIRST_ROUTING)).toEqual({ ...routedPolicy(Lifecycle.parse({})), ...change });
    expect(routingChange(policy, { ...FIRST_ROUTING, ...routedPolicy(policy) })).toBeUndefined();
  });
});
