import { describe, expect, it } from "vitest";
import { FIRST_ROUTING, type Routing } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { opened } from "./apply.ts";
import { decide, type Facts } from "./decide.ts";
import type { Check, Deployment } from "./schema.ts";

const T0 = Date.parse("2026-09-28T00:00:00Z");
const MINUTE = 60_000;
const DAY = 86_400_000;
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

/** Rolling since T0 at a stage that routing revision 7 opened. */
function rolling(stage: number): Deployment {
  return { ...checking, phase: "rolling", stage, stage_revision: 7 };
}

function routingOf({ id, version, stage, stages, salt }: Deployment): Routing {
  const canary = { deployment: id, version, share: stages[stage] ?? 0, salt };
  return { ...FIRST_ROUTING, revision: 7, canary };
}

const check = (name: Check["name"], ok: boolean): Check => ({ name, ok, message: ok ? "fine" : "140 ms", figures: {} });
const passed = [check("model_loading", true), check("performance_test", true)];
const policy = { stage_min_minutes: 5, stage_min_visitors: 300, max_days: 7 };
const DAMAGED = `${version} is in quarantine: bundle.json is missing`;
const plain: Facts = { policy, routing: FIRST_ROUTING, outOfUse: null, checks: null, visitors: null, problem: null };

describe("before the first stage", () => {
  const at = T0 + MINUTE;
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
      "ends when the version is in service already",
      { checks: passed, routing: { ...FIRST_ROUTING, stable: version } },
      at,
      "abort",
      /in service already/,
    ],
    [
      "starts nothing that has been quarantined since",
      { checks: passed, outOfUse: DAMAGED },
      at,
      "fail",
      /bundle\.json/,
    ],
    ["holds until the last day is over", { problem: "down" }, T0 + 7 * DAY, "hold", /down/],
    ["ends after the last day", { problem: "down" }, T0 + 7 * DAY + 1, "fail", /not enough data within 7 days; down/],
    ["starts nothing after the last day", { checks: null }, T0 + 7 * DAY + 1, "fail", /not enough data/],
  ])("%s", (_name, facts, nowMs, action, reason) => {
    const decision = decide(checking, { ...plain, ...facts }, nowMs);
    expect(decision.action).toBe(action);
    expect(decision.reason).toMatch(reason);
  });
});

describe("at a stage", () => {
  const first = rolling(0);
  const last = rolling(4);
  const at = T0 + 5 * MINUTE;
  const seen = (count: number, sinceRevision = 7) => ({ visitors: { count, sinceRevision } });
  it.each<[string, Deployment, Partial<Facts>, number, string, RegExp]>([
    ["moves on with 300 visitors after five minutes", first, seen(300), at, "advance", /at 5 %: 300 of 300 visitors/],
    ["waits with 299 visitors", first, seen(299), at, "wait", /299 of 300/],
    ["waits one millisecond before five minutes", first, seen(300), at - 1, "wait", /4 of 5 minutes/],
    ["completes only at the last stage", last, seen(300), at, "complete", /at 100 %/],
    ["completes nothing with 299 visitors", last, seen(299), at, "wait", /299/],
    ["does not count visitors of an earlier stage", first, seen(5000, 6), at, "wait", /not been counted/],
    ["waits while nobody has counted", first, {}, at, "wait", /not been counted/],
    [
      "holds while an admin keeps the share elsewhere by hand",
      first,
      { routing: routingOf({ ...first, stages: [0.01] }), ...seen(300) },
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
    ["completes no quarantined version", last, { outOfUse: DAMAGED, ...seen(300) }, at, "fail", /bundle\.json/],
    ["holds when counting failed", first, { problem: "no windows", ...seen(300) }, at, "hold", /no windows/],
    ["waits until the last day is over", first, seen(299), T0 + 7 * DAY, "wait", /299/],
    [
      "ends after the last day with the old version",
      first,
      seen(299),
      T0 + 7 * DAY + 1,
      "fail",
      /not enough data.*299/,
    ],
    ["moves nobody else after the last day", first, seen(300), T0 + 7 * DAY + 1, "fail", /not enough data/],
    ["completes a release that has all it needs, late as it is", last, seen(300), T0 + 9 * DAY, "complete", /100 %/],
  ])("%s", (_name, deployment, facts, nowMs, action, reason) => {
    const decision = decide(deployment, { ...plain, routing: routingOf(deployment), ...facts }, nowMs);
    expect(decision.action).toBe(action);
    expect(decision.reason).toMatch(reason);
  });

  it("follows a changed policy from the next look on", () => {
    const facts = { ...plain, routing: routingOf(first), ...seen(50) };
    const eased = { ...policy, stage_min_visitors: 50, stage_min_minutes: 0 };
    expect(decide(first, { ...facts, policy: eased }, T0 + 1).action).toBe("advance");
    expect(decide(first, facts, at).action).toBe("wait");
  });

  it.each<[string, (routing: Routing) => Routing]>([
    ["took the canary out", (routing) => ({ ...routing, canary: null })],
    ["put another deployment in", () => routingOf({ ...first, id: "d.other" })],
    ["changed the canary's version", () => routingOf({ ...first, version: other })],
    ["changed the canary's salt", () => routingOf({ ...first, salt: "another" })],
    ["changed the stable version", (routing) => ({ ...routing, stable: other })],
  ])("gives way to an admin who %s, whatever the figures say", (_who, change) => {
    const facts = { ...plain, routing: change(routingOf(first)), ...seen(300) };
    expect(decide(first, facts, at).action).toBe("abort");
  });
});

describe("at its end", () => {
  it.each(["completed", "rolled_back", "aborted", "failed"] as const)("stays %s", (phase) => {
    const over: Deployment = { ...rolling(2), phase, ended_at: iso(T0) };
    const facts = { ...plain, routing: routingOf(over), checks: passed, visitors: { count: 9999, sinceRevision: 7 } };
    for (const nowMs of [T0 + MINUTE, T0 + DAY, T0 + 30 * DAY]) expect(decide(over, facts, nowMs).action).toBe("wait");
  });
});
