import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIRST_ROUTING, Routing } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { apply, opened, returnTo } from "./apply.ts";
import { decide, type Facts } from "./decide.ts";
import { Deployment, FINAL_PHASES } from "./schema.ts";

const T0 = Date.parse("2026-09-28T00:00:00Z");
const MINUTE = 60_000;
const version = "v_20260927T000000Z_0123456789ab";
const request = {
  id: `d.${version}`,
  version,
  previous: "rules" as const,
  requested_by: "system",
  reason: "better",
  stages: [0.05, 0.1, 0.25, 0.5, 1],
  salt: "salt",
};
const begun = opened(request, T0);
const canary = { deployment: begun.id, version, share: 0.1, salt: "salt" };
const rolling: Deployment = { ...begun, phase: "rolling", stage: 1, stage_revision: 7 };
const now = { nowMs: T0 + MINUTE, by: "system", routing: { ...FIRST_ROUTING, revision: 7, canary }, checks: null };

describe("a step", () => {
  it("opens the first stage with the routing's next revision, and what is stable then is what it is compared with", () => {
    const stable = "v_20260926T000000Z_ba9876543210";
    const checks = [{ name: "model_loading" as const, ok: true, message: "loaded", figures: { milliseconds: 3 } }];
    const routing = { ...FIRST_ROUTING, revision: 4, stable };
    const outcome = apply(begun, { action: "start", reason: "checked" }, { ...now, routing, checks });
    expect(outcome.deployment).toMatchObject({
      phase: "rolling",
      stage: 0,
      stage_revision: 5,
      previous: stable,
      checks,
    });
    expect(outcome.deployment).toMatchObject({ stage_since: iso(now.nowMs), started_at: iso(now.nowMs) });
    expect(outcome.routing).toEqual({ canary: { ...canary, share: 0.05 } });
    expect(outcome.deployment.log.at(-1)).toEqual({
      at: iso(now.nowMs),
      action: "start",
      reason: "checked",
      by: "system",
    });
  });

  it("keeps the salt while the share rises", () => {
    const outcome = apply(rolling, { action: "advance", reason: "enough" }, now);
    expect(outcome.deployment).toMatchObject({ stage: 2, stage_revision: 8 });
    expect(outcome.routing).toEqual({ canary: { ...canary, share: 0.25 } });
  });

  it("makes the version stable, and the old one the good one to return to, only when it completes", () => {
    const outcome = apply({ ...rolling, stage: 4 }, { action: "complete", reason: "enough" }, now);
    expect(outcome.deployment).toMatchObject({ phase: "completed", ended_at: iso(now.nowMs) });
    expect(outcome.routing).toEqual({ stable: version, previous_good: "rules", canary: null });
  });

  it.each([
    ["fail", "failed"],
    ["abort", "aborted"],
    ["roll_back", "rolled_back"],
  ] as const)("%s takes the canary out and touches neither stable nor previous_good", (action, phase) => {
    const outcome = apply(rolling, { action, reason: "why" }, now);
    expect(outcome.deployment.phase).toBe(phase);
    expect(outcome.routing).toEqual({ canary: null });
  });

  it.each(["fail", "abort", "roll_back"] as const)("%s leaves the canary of somebody else alone", (action) => {
    const routing = { ...now.routing, canary: { ...canary, deployment: "d.other" } };
    expect(apply(rolling, { action, reason: "why" }, { ...now, routing }).routing).toBeNull();
  });

  it("puts a hold on record once, until something else happens", () => {
    const hold = { action: "hold", reason: "Storage is down" } as const;
    const once = apply(rolling, hold, now).deployment;
    expect(once.log.length).toBe(rolling.log.length + 1);
    expect(apply(once, hold, { ...now, nowMs: now.nowMs + MINUTE }).deployment).toBe(once);
    expect(apply(once, { ...hold, reason: "windows cannot be read" }, now).deployment.log.length).toBe(
      once.log.length + 1,
    );
  });

  it("returns the very same deployment when it waits, so that nothing is written", () => {
    expect(apply(rolling, { action: "wait", reason: "early" }, now)).toEqual({ deployment: rolling, routing: null });
    expect(apply(rolling, { action: "wait", reason: "early" }, now).deployment).toBe(rolling);
  });

  it("refuses a stage that does not exist", () => {
    expect(() => apply({ ...rolling, stage: 4 }, { action: "advance", reason: "" }, now)).toThrow(RangeError);
  });

  it("returns to a version without touching previous_good", () => {
    expect(returnTo("rules")).toEqual({ stable: "rules", canary: null });
  });
});

/** One minute of a deployment's life: what was measured in it, and whether somebody meddled with routing. */
const minute = fc.record({
  minutes: fc.constantFrom(0, 4, 5, 5, 5, 60, 500),
  count: fc.constantFrom(299, 300, 300, 4000),
  stale: fc.constantFrom(false, false, false, true),
  checks: fc.constantFrom("none", "passed", "passed", "failed"),
  problem: fc.constantFrom(null, null, null, "down"),
  meddled: fc.nat(19).map((n) => n === 0),
});

describe("whatever happens", () => {
  it("no stage is skipped, no share falls while it rolls, an end is the end, and every document stays valid", () => {
    const policy = { stage_min_minutes: 5, stage_min_visitors: 300, max_days: 1 };
    const reached = new Set<string>();
    const life = fc.property(fc.array(minute, { minLength: 10, maxLength: 60, size: "max" }), (events) => {
      let deployment = begun;
      let routing: Routing = FIRST_ROUTING;
      let nowMs = T0;
      for (const event of events) {
        nowMs += event.minutes * MINUTE;
        if (event.meddled) routing = { ...routing, canary: null, revision: routing.revision + 1 };
        const ok = event.checks === "passed";
        const checks =
          event.checks === "none" ? null : [{ name: "model_loading" as const, ok, message: "", figures: {} }];
        const sinceRevision = deployment.stage_revision - Number(event.stale);
        const facts: Facts = {
          policy,
          routing,
          checks,
          visitors: { count: event.count, sinceRevision },
          problem: event.problem,
          outOfUse: null,
        };
        // The schedule calls twice at the same time: the second call must change nothing.
        for (const call of [1, 2]) {
          const before = { deployment, routing };
          const decision = decide(deployment, { ...facts, routing }, nowMs);
          const outcome = apply(deployment, decision, { nowMs, by: "system", routing, checks });
          deployment = outcome.deployment;
          if (outcome.routing !== null) routing = { ...routing, ...outcome.routing, revision: routing.revision + 1 };
          if (call === 2) expect(deployment).toBe(before.deployment);
          if (FINAL_PHASES.includes(before.deployment.phase)) expect(deployment).toBe(before.deployment);
          expect(deployment.stage - before.deployment.stage).toBeLessThanOrEqual(1);
          expect(deployment.stage).toBeGreaterThanOrEqual(before.deployment.stage);
          if (before.routing.canary !== null && deployment.phase === "rolling") {
            expect(routing.canary?.share).toBeGreaterThanOrEqual(before.routing.canary.share);
          }
          if (routing.stable === version) expect(deployment).toMatchObject({ phase: "completed", stage: 4 });
          reached.add(`${deployment.phase} ${deployment.stage}`);
        }
      }
      expect(Deployment.safeParse(deployment).success).toBe(true);
      expect(Routing.safeParse(routing).success).toBe(true);
    });
    fc.assert(life, { numRuns: 1000 });
    // The property has seen what it is about.
    for (const state of ["rolling 3", "failed -1", "failed 1", "aborted 1", "completed 4"])
      expect(reached).toContain(state);
  });

  it("a deployment that always gets what it needs passes every stage in order and completes", () => {
    let deployment = begun;
    let routing: Routing = FIRST_ROUTING;
    const shares: number[] = [];
    for (let minutes = 1; minutes < 30; minutes += 5) {
      const facts: Facts = {
        policy: { stage_min_minutes: 5, stage_min_visitors: 300, max_days: 7 },
        routing,
        checks: [],
        visitors: { count: 300, sinceRevision: deployment.stage_revision },
        problem: null,
        outOfUse: null,
      };
      const nowMs = T0 + minutes * MINUTE;
      const outcome = apply(deployment, decide(deployment, facts, nowMs), { nowMs, by: "system", routing, checks: [] });
      deployment = outcome.deployment;
      if (outcome.routing !== null) routing = { ...routing, ...outcome.routing, revision: routing.revision + 1 };
      if (routing.canary !== null) shares.push(routing.canary.share);
    }
    expect(shares).toEqual([0.05, 0.1, 0.25, 0.5, 1]);
    expect(routing).toMatchObject({ stable: version, previous_good: "rules", canary: null, revision: 6 });
  });
});
