import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { FIRST_ROUTING, type Routing } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { opened } from "./apply.ts";
import { decide, isLookDue, isLookOverdue } from "./decide.ts";
import { wantedShare } from "./decide-exposure.ts";
import type { Facts } from "./decision.ts";
import { type Analysis, type Check, type Deployment, FINAL_PHASES } from "./schema.ts";

const T0 = Date.parse("2026-09-28T00:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const version = "v_20260927T000000Z_0123456789ab";
const other = "v_20260926T000000Z_ba9876543210";

const checking: Deployment = opened(
  {
    id: `d.${version}`,
    version,
    previous: "rules",
    requested_by: "system",
    reason: "better",
    stages: [0.05, 0.1, 0.25, 0.5, 1],
    salt: "salt",
  },
  T0,
);
const shadow: Deployment = {
  ...checking,
  phase: "shadow",
  stage_revision: 7,
  steps: [{ revision: 7, stage: -1, share: 0, since: iso(T0) }],
};

/** At a stage since T0 that routing revision 7 opened; the last one is the bake. */
function rolling(stage: number, more: Partial<Deployment> = {}): Deployment {
  const share = checking.stages[stage] ?? 0;
  const steps = [{ revision: 7, stage, share, since: iso(T0) }];
  return { ...checking, phase: share === 1 ? "baking" : "rolling", stage, stage_revision: 7, steps, ...more };
}

function routingOf(deployment: Deployment): Routing {
  const { id, version, salt, phase } = deployment;
  const routing = { ...FIRST_ROUTING, revision: 7 };
  if (phase === "shadow") return { ...routing, shadow: { deployment: id, version } };
  return { ...routing, canary: { deployment: id, version, share: wantedShare(deployment), salt } };
}

const check = (name: Check["name"], ok: boolean): Check => ({ name, ok, message: ok ? "fine" : "140 ms", figures: {} });
const passed = [check("model_loading", true), check("performance_test", true)];
const { deployment: policy } = Lifecycle.parse({});
const DAMAGED = `${version} is in quarantine: bundle.json is missing`;
const plain: Facts = { policy, routing: FIRST_ROUTING, outOfUse: null, checks: null, look: null, problem: null };

/** What a look has seen of the step that revision 7 began. */
function seen(
  verdict: Analysis["verdict"],
  more: { severity?: "high" | "medium"; visitors?: number; of?: number } = {},
) {
  const { severity = null, visitors = 1000, of = 7 } = more;
  const people = { control: 2000, treatment: visitors };
  const analysis = { at: iso(T0), verdict, severity, reason: `seen: ${verdict}`, visitors: people, figures: [] };
  return { look: { ofRevision: of, analysis, stepVisitors: visitors } };
}

describe("before the shadow", () => {
  const at = T0 + MINUTE;
  const experiment = { id: "e1", salt: "s", arms: [] };
  it.each<[string, Partial<Facts>, number, string, RegExp]>([
    ["waits until the checks have been run", {}, at, "wait", /checks have not been run/],
    ["starts when all checks have passed", { checks: passed }, at, "start", /2 pre-deployment checks passed/],
    ["does not move at the time of its opening", { checks: passed }, T0, "wait", /at this time already/],
    ["moves a millisecond later", { checks: passed }, T0 + 1, "start", /passed/],
    [
      "fails with the name and figure of the check that failed",
      { checks: [...passed, check("prediction_test", false)] },
      at,
      "fail",
      /prediction_test \(140 ms\)/,
    ],
    ["holds when the checks could not be run", { problem: "Storage is down" }, at, "hold", /Storage is down/],
    [
      "waits while a foreign canary is in routing",
      { checks: passed, routing: routingOf({ ...rolling(0), id: "d.other" }) },
      at,
      "wait",
      /canary of d\.other/,
    ],
    [
      "waits while a foreign shadow is in routing",
      { checks: passed, routing: routingOf({ ...shadow, id: "d.other" }) },
      at,
      "wait",
      /shadow of d\.other/,
    ],
    [
      "waits for the end of an experiment",
      { checks: passed, routing: { ...FIRST_ROUTING, experiment } },
      at,
      "wait",
      /experiment e1/,
    ],
    [
      "ends when the version is in service already",
      { checks: passed, routing: { ...FIRST_ROUTING, stable: version } },
      at,
      "abort",
      /in service already/,
    ],
    ["starts nothing quarantined since", { checks: passed, outOfUse: DAMAGED }, at, "fail", /bundle\.json/],
    ["holds until the last day is over", { problem: "down" }, T0 + 7 * DAY, "hold", /down/],
    ["ends after the last day", { problem: "down" }, T0 + 7 * DAY + 1, "give_up", /not through within 7 days; down/],
  ])("%s", (_name, facts, nowMs, action, reason) => {
    const decision = decide(checking, { ...plain, ...facts }, nowMs);
    expect(decision.action).toBe(action);
    expect(decision.reason).toMatch(reason);
  });
});

describe("in the shadow, at a stage and at the bake", () => {
  const first = rolling(0);
  const quarter = rolling(2);
  const halved = rolling(2, { halved: { at: iso(T0), restored_at: null } });
  const restored = rolling(2, { halved: { at: iso(T0), restored_at: iso(T0) } });
  const baking = rolling(4);
  const paused = { paused: { at: iso(T0), by: "uid", reason: "a sale" } };
  const promoted = { promoted: { stage: 0, by: "uid", reason: "urgent" } };
  const extended = { extended: true };
  const harm = seen("fail", { severity: "high" });
  const medium = seen("fail", { severity: "medium", visitors: 199 });
  const at = T0 + 5 * MINUTE;
  const held = T0 + 24 * HOUR;
  it.each<[string, Deployment, Partial<Facts>, number, string, RegExp]>([
    ["exposes nobody before the shadow has passed", shadow, seen("inconclusive"), at, "wait", /in the shadow: seen/],
    ["begins the first stage when it has", shadow, seen("pass"), at, "advance", /in the shadow: seen: pass/],
    ["is stopped in the shadow, where nobody was harmed", shadow, harm, at, "fail", /seen: fail/],
    ["moves on when a stage has passed", first, seen("pass"), at, "advance", /at 5 %: seen: pass/],
    ["waits while a stage is inconclusive", first, seen("inconclusive"), at, "wait", /at 5 %: seen/],
    ["holds what could not be measured", first, seen("error"), at, "hold", /seen: error/],
    ["rolls harm back at once", first, harm, T0 + 1, "roll_back", /seen: fail/],
    ["rolls harm back while it is paused", rolling(2, paused), harm, at, "roll_back", /fail/],
    ["rolls harm back although an admin promoted it", rolling(0, promoted), harm, at, "roll_back", /fail/],
    ["rolls harm back after its last day", first, harm, T0 + 8 * DAY, "roll_back", /fail/],
    ["rolls harm back at the bake", baking, harm, at, "roll_back", /fail/],
    ["looks at nothing but its own step", first, seen("pass", { of: 6 }), at, "wait", /nobody has looked/],
    ["waits while nobody has looked", first, {}, at, "wait", /nobody has looked/],

    ["rolls medium harm back at 5 %: there is nothing to halve", first, medium, at, "roll_back", /fail/],
    ["halves the traffic on medium harm above", quarter, medium, at, "halve", /fail/],
    ["waits while it is halved", halved, medium, T0 + 30 * MINUTE - 1, "wait", /at half of the traffic/],
    ["rolls back what is still so after 30 minutes", halved, medium, T0 + 30 * MINUTE, "roll_back", /still so/],
    [
      "rolls back what is still so after 200 visitors",
      halved,
      seen("fail", { severity: "medium", visitors: 200 }),
      at,
      "roll_back",
      /still so/,
    ],
    ["restores what is no longer so", halved, seen("inconclusive"), T0 + 30 * MINUTE, "restore", /back to 25 %/],
    ["halves once: the second time it rolls back", restored, medium, at, "roll_back", /again/],

    ["does not move while it is paused", rolling(0, paused), seen("pass"), at, "wait", /paused by uid: a sale/],
    [
      "moves on for an admin without patience",
      rolling(0, promoted),
      seen("inconclusive"),
      at,
      "advance",
      /uid .*urgent/,
    ],
    [
      "does not for an admin of an earlier stage",
      rolling(1, promoted),
      seen("inconclusive"),
      at,
      "wait",
      /inconclusive/,
    ],
    ["promotes nothing that cannot be measured", rolling(0, promoted), seen("error"), at, "hold", /error/],

    ["is patient for 24 hours", first, seen("inconclusive"), held - 1, "wait", /inconclusive/],
    ["then once more as long", first, seen("inconclusive"), held, "extend", /inconclusive for 24 hours/],
    ["and then ends without a verdict", rolling(0, extended), seen("inconclusive"), held, "give_up", /not enough data/],
    ["passes in its second term, too", rolling(0, extended), seen("pass"), held, "advance", /pass/],
    [
      "counts patience from where it was given",
      rolling(0, { ...extended, patient_since: iso(held) }),
      seen("inconclusive"),
      held + 23 * HOUR,
      "wait",
      /inconclusive/,
    ],
    ["moves nobody else after the last day", first, seen("pass"), T0 + 7 * DAY + 1, "give_up", /not through within 7/],

    ["bakes for 24 hours", baking, seen("pass"), held - 1, "wait", /23 of 24 hours/],
    ["completes then", baking, seen("pass"), held, "complete", /at 100 %: 24 of 24 hours/],
    ["completes however long the way was", baking, seen("pass"), T0 + 9 * DAY, "complete", /100 %/],
    ["completes nothing inconclusive", baking, seen("inconclusive"), held, "extend", /100 %/],
    [
      "completes early for an admin",
      rolling(4, { promoted: { stage: 4, by: "uid", reason: "sure" } }),
      seen("inconclusive"),
      at,
      "complete",
      /promoted by uid/,
    ],

    [
      "holds while an admin keeps the share elsewhere by hand",
      first,
      { routing: routingOf({ ...first, stages: [0.01] }), ...seen("pass") },
      at,
      "hold",
      /set to 1 % by hand; .* 5 %/,
    ],
    [
      "takes a quarantined version out at once",
      first,
      { outOfUse: DAMAGED },
      T0 + 1,
      "fail",
      /bundle\.json is missing/,
    ],
    ["completes no quarantined version", baking, { outOfUse: DAMAGED, ...seen("pass") }, held, "fail", /bundle/],
    ["holds when nothing could be read", first, { problem: "no windows", ...seen("pass") }, at, "hold", /no windows/],
  ])("%s", (_name, deployment, facts, nowMs, action, reason) => {
    const decision = decide(deployment, { ...plain, routing: routingOf(deployment), ...facts }, nowMs);
    expect(decision).toMatchObject({ action, reason: expect.stringMatching(reason) });
  });

  it("waits for an approval before the shares that want one, and an admin's word is one", () => {
    const gated = {
      ...plain,
      policy: { ...policy, approve_before: [0.1] },
      routing: routingOf(first),
      ...seen("pass"),
    };
    expect(decide(first, gated, at)).toMatchObject({ action: "hold", reason: expect.stringMatching(/10 % waits for/) });
    expect(decide(rolling(0, promoted), gated, at).action).toBe("advance");
    const second = rolling(1);
    expect(decide(second, { ...gated, routing: routingOf(second) }, at).action).toBe("advance");
  });

  it.each<[string, Deployment, (routing: Routing) => Routing]>([
    ["took the canary out", first, (routing) => ({ ...routing, canary: null })],
    ["put another deployment in", first, () => routingOf({ ...first, id: "d.other" })],
    ["changed the canary's version", first, () => routingOf({ ...first, version: other })],
    ["changed the canary's salt", first, () => routingOf({ ...first, salt: "another" })],
    ["changed the stable version", first, (routing) => ({ ...routing, stable: other })],
    ["took the shadow out", shadow, (routing) => ({ ...routing, shadow: null })],
    ["changed the stable version under a shadow", shadow, (routing) => ({ ...routing, stable: other })],
  ])("gives way to an admin who %s, whatever the figures say", (_who, deployment, change) => {
    const facts = { ...plain, routing: change(routingOf(deployment)), ...seen("pass") };
    expect(decide(deployment, facts, at).action).toBe("abort");
  });
});

describe("looks", () => {
  const looked = { ...rolling(0), analysis: seen("inconclusive").look.analysis };
  it.each<[string, Deployment, number, boolean]>([
    ["are due when there was none", rolling(0), T0 + 1, true],
    ["are not due at the time of a move", rolling(0), T0, false],
    ["are not due again within five minutes", looked, T0 + 5 * MINUTE - 1, false],
    ["are due after five minutes", looked, T0 + 5 * MINUTE, true],
    ["are due at once for an admin's word", { ...looked, promoted: { stage: 0, by: "u", reason: "r" } }, T0 + 1, true],
    ["are due every minute while the checks are to be run", { ...looked, phase: "checking" }, T0 + 1, true],
  ])("%s", (_name, deployment, nowMs, due) => {
    expect(isLookDue(deployment, nowMs)).toBe(due);
  });

  it("are overdue when nobody has looked for ten minutes, or ever", () => {
    expect(isLookOverdue(rolling(0), T0)).toBe(true);
    expect(isLookOverdue(looked, T0 + 10 * MINUTE - 1)).toBe(false);
    expect(isLookOverdue(looked, T0 + 10 * MINUTE)).toBe(true);
  });
});

describe("at its end", () => {
  it.each(FINAL_PHASES)("stays %s", (phase) => {
    const over: Deployment = { ...rolling(2), phase, ended_at: iso(T0) };
    const facts = { ...plain, routing: routingOf(rolling(2)), checks: passed, ...seen("pass") };
    for (const nowMs of [T0 + MINUTE, T0 + DAY, T0 + 30 * DAY]) expect(decide(over, facts, nowMs).action).toBe("wait");
  });
});
