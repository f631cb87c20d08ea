import { describe, expect, it } from "vitest";
import { FIRST_ROUTING } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { apply, noted, opened, returnTo, wish } from "./apply.ts";
import { type Analysis, type Deployment, FINAL_PHASES } from "./schema.ts";

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
const shadow = { deployment: begun.id, version };
const canary = { deployment: begun.id, version, share: 0.25, salt: "salt" };
const rolling: Deployment = {
  ...begun,
  phase: "rolling",
  stage: 2,
  stage_revision: 7,
  steps: [{ revision: 7, stage: 2, share: 0.25, since: iso(T0) }],
};
const routing = { ...FIRST_ROUTING, revision: 7, canary };
const now = { nowMs: T0 + MINUTE, by: "system", routing, checks: null, forecast: null, analysis: null };
const seen = (atMs: number): Analysis => ({
  at: iso(atMs),
  verdict: "inconclusive",
  severity: null,
  reason: "early",
  visitors: { control: 1, treatment: 1 },
  figures: [],
});

describe("a step", () => {
  it("begins the shadow with the routing's next revision, and what is stable then is what it is compared with", () => {
    const stable = "v_20260926T000000Z_ba9876543210";
    const checks = [{ name: "model_loading" as const, ok: true, message: "loaded", figures: { milliseconds: 3 } }];
    const before = { ...FIRST_ROUTING, revision: 4, stable };
    const outcome = apply(begun, { action: "start", reason: "checked" }, { ...now, routing: before, checks });
    expect(outcome.deployment).toMatchObject({
      phase: "shadow",
      stage: -1,
      stage_revision: 5,
      previous: stable,
      checks,
    });
    expect(outcome.deployment).toMatchObject({ stage_since: iso(now.nowMs), started_at: iso(now.nowMs) });
    expect(outcome.deployment.steps).toEqual([{ revision: 5, stage: -1, share: 0, since: iso(now.nowMs) }]);
    expect(outcome.routing).toEqual({ shadow });
    expect(outcome.deployment.log.at(-1)).toEqual({
      at: iso(now.nowMs),
      action: "start",
      reason: "checked",
      by: "system",
    });
  });

  it("takes the shadow out with the first stage", () => {
    const inShadow: Deployment = { ...begun, phase: "shadow" };
    const outcome = apply(inShadow, { action: "advance", reason: "passed" }, now);
    expect(outcome.deployment).toMatchObject({ phase: "rolling", stage: 0, stage_revision: 8 });
    expect(outcome.routing).toEqual({ shadow: null, canary: { ...canary, share: 0.05 } });
  });

  it("keeps the salt while the share rises, and the bake begins at all of the traffic", () => {
    const half = apply(rolling, { action: "advance", reason: "passed" }, now);
    expect(half.deployment).toMatchObject({ phase: "rolling", stage: 3, extended: false, promoted: null });
    expect(half.routing?.canary).toEqual({ ...canary, share: 0.5 });
    const bake = apply(half.deployment, { action: "advance", reason: "passed" }, { ...now, nowMs: T0 + 2 * MINUTE });
    expect(bake.deployment).toMatchObject({ phase: "baking", stage: 4 });
    expect(bake.routing?.canary?.share).toBe(1);
  });

  it("halves and restores the share within a stage, each a step of its own", () => {
    const halved = apply(rolling, { action: "halve", reason: "slow" }, now);
    expect(halved.deployment).toMatchObject({
      stage: 2,
      stage_revision: 7,
      halved: { at: iso(now.nowMs), restored_at: null },
    });
    expect(halved.deployment.steps.at(-1)).toMatchObject({ revision: 8, stage: 2, share: 0.125 });
    expect(halved.routing?.canary?.share).toBe(0.125);
    const restored = apply(halved.deployment, { action: "restore", reason: "fast" }, now);
    expect(restored.deployment.halved?.restored_at).toBe(iso(now.nowMs));
    expect(restored.routing?.canary?.share).toBe(0.25);
  });

  it("gives a stage its second term", () => {
    const { deployment, routing: move } = apply(rolling, { action: "extend", reason: "early" }, now);
    expect(deployment).toMatchObject({ extended: true, patient_since: iso(now.nowMs), stage_since: iso(T0) });
    expect(move).toBeNull();
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
    ["give_up", "inconclusive"],
  ] as const)("%s takes canary and shadow out and touches neither stable nor previous_good", (action, phase) => {
    const outcome = apply(rolling, { action, reason: "why" }, now);
    expect(outcome.deployment.phase).toBe(phase);
    expect(outcome.routing).toEqual({ canary: null });
    const shadowed = { ...now, routing: { ...FIRST_ROUTING, shadow } };
    expect(apply(begun, { action, reason: "why" }, shadowed).routing).toEqual({ shadow: null });
    const foreign = { ...routing, canary: { ...canary, deployment: "d.other" } };
    expect(apply(rolling, { action, reason: "why" }, { ...now, routing: foreign }).routing).toBeNull();
  });

  it("puts a hold on record once, until something else happens", () => {
    const hold = { action: "hold", reason: "Storage is down" } as const;
    const once = apply(rolling, hold, now).deployment;
    expect(once.log.length).toBe(rolling.log.length + 1);
    expect(apply(once, hold, { ...now, nowMs: now.nowMs + MINUTE }).deployment).toBe(once);
    const figured = (n: number) => ({ ...hold, reason: `${n} of a sample of 1024, evidence ${n}.5` });
    const first = apply(once, figured(400), now).deployment;
    expect(apply(first, figured(401), { ...now, nowMs: now.nowMs + MINUTE }).deployment).toBe(first);
    const other = apply(once, { ...hold, reason: "windows cannot be read" }, now).deployment;
    expect(other.log.length).toBe(once.log.length + 1);
  });

  it("keeps what was seen, and with it what it decided; without news it is the very same deployment", () => {
    const wait = { action: "wait", reason: "early" } as const;
    expect(apply(rolling, wait, now)).toEqual({ deployment: rolling, routing: null });
    expect(apply(rolling, wait, now).deployment).toBe(rolling);
    const looked = apply(rolling, wait, { ...now, analysis: seen(T0 + MINUTE) }).deployment;
    expect(looked).toEqual({ ...rolling, analysis: seen(T0 + MINUTE) });
    expect(apply(looked, wait, { ...now, analysis: seen(T0 + MINUTE) }).deployment).toBe(looked);
    const decided = apply(looked, { action: "advance", reason: "passed" }, { ...now, analysis: seen(T0 + 2 * MINUTE) });
    expect(decided.deployment.log.at(-1)?.analysis).toEqual(seen(T0 + 2 * MINUTE));
  });

  it.each(FINAL_PHASES)("changes nothing of what is %s", (phase) => {
    const over: Deployment = { ...rolling, phase };
    expect(apply(over, { action: "wait", reason: "over" }, { ...now, analysis: seen(T0 + MINUTE) }).deployment).toBe(
      over,
    );
  });

  it("refuses a stage that does not exist", () => {
    expect(() => apply({ ...rolling, stage: 4 }, { action: "advance", reason: "" }, now)).toThrow(RangeError);
  });

  it("returns to a version without touching previous_good", () => {
    expect(returnTo("rules")).toEqual({ stable: "rules", canary: null, shadow: null, experiment: null });
  });
});

describe("a share that somebody sets by hand", () => {
  it("is a step of its own, since visits under another split are counted apart", () => {
    const edited = { ...routing, revision: 9, canary: { ...canary, share: 0.01 } };
    const after = noted(rolling, edited, T0 + MINUTE);
    expect(after.steps.at(-1)).toEqual({ revision: 9, stage: 2, share: 0.01, since: iso(T0 + MINUTE) });
    expect(noted(after, edited, T0 + 2 * MINUTE)).toBe(after);
    expect(noted(after, routing, T0 + 2 * MINUTE).steps).toHaveLength(3);
  });

  it("is found in a deployment that a release without steps has begun, as its first one", () => {
    const step = { revision: 7, stage: 2, share: 0.25, since: iso(T0) };
    expect(noted({ ...rolling, steps: [] }, { ...routing, revision: 9 }, T0 + MINUTE).steps).toEqual([step]);
  });

  it("is nothing while the routing is as it should be, or is somebody else's", () => {
    expect(noted(rolling, routing, T0)).toBe(rolling);
    expect(noted(rolling, { ...routing, canary: null }, T0)).toBe(rolling);
    expect(noted(rolling, { ...routing, canary: { ...canary, deployment: "d.other", share: 1 } }, T0)).toBe(rolling);
  });
});

describe("an admin's word", () => {
  const word = { by: "uid", reason: "a sale", nowMs: T0 + MINUTE };
  const paused = wish(rolling, "pause", word);
  it("pauses, and patience begins anew when it is resumed", () => {
    expect(paused.paused).toEqual({ at: iso(T0 + MINUTE), by: "uid", reason: "a sale" });
    const resumed = wish(paused, "resume", { ...word, nowMs: T0 + 2 * MINUTE });
    expect(resumed).toMatchObject({ paused: null, patient_since: iso(T0 + 2 * MINUTE) });
    expect(resumed.log.map(({ action }) => action)).toEqual(["open", "pause", "resume"]);
  });

  it("promotes the present stage, and ends a pause", () => {
    expect(wish(paused, "promote", word)).toMatchObject({ paused: null, promoted: { stage: 2, by: "uid" } });
  });

  it("changes nothing when it says nothing new", () => {
    expect(wish(paused, "pause", word)).toBe(paused);
    expect(wish(rolling, "resume", word)).toBe(rolling);
    const promoted = wish(rolling, "promote", word);
    expect(wish(promoted, "promote", word)).toBe(promoted);
  });

  it("is never earlier than what has happened, whatever clock it is from", () => {
    expect(wish(rolling, "pause", { ...word, nowMs: T0 - MINUTE }).log.at(-1)?.at).toBe(iso(T0));
  });
});
