import { describe, expect, it } from "vitest";
import { EXPERIMENT_VERSION, someBegin, someExperimentAnalysis } from "../../../test/some-experiment.ts";
import { FIRST_ROUTING, type Routing } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { alertOf } from "./alert-of.ts";
import { apply, begun, isSame, routed } from "./apply.ts";
import { decide } from "./decide.ts";
import type { Action, Facts } from "./decision.ts";
import type { Experiment, Recommendation } from "./schema.ts";
import { armFaults, withShares } from "./start-experiment.ts";
import { takeStep } from "./take-step.ts";

const T0 = Date.parse("2026-09-28T00:00:00Z");
const HOUR = 3_600_000;
const MATURE = 55 * 60_000;

const { experiment: running, routing: move } = begun(someBegin(), { routing: FIRST_ROUTING, nowMs: T0 });
const live: Routing = { ...FIRST_ROUTING, ...move, revision: 1 };

function facts(nowMs: number, is: Recommendation["action"] = "keep_running", other: Partial<Facts> = {}): Facts {
  const analysis = someExperimentAnalysis(iso(nowMs), is, is === "ship" ? "large" : null);
  const look = { ofHorizon: running.ends_at, analysis };
  return { look, earlier: null, problem: null, maturityMinutes: 55, routing: live, outOfUse: null, ...other };
}

describe("an experiment that begins", () => {
  it("has its arms one after the other in the routing, from the next revision on", () => {
    expect(move?.experiment).toEqual({
      id: "e1",
      salt: "s",
      arms: [
        { name: "control", version: "rules", from: 0, to: 0.9 },
        { name: "large", version: EXPERIMENT_VERSION, from: 0.9, to: 1 },
      ],
    });
    expect(running).toMatchObject({ phase: "running", ends_at: iso(T0 + 24 * HOUR), steps: [{ revision: 1 }] });
  });

  it("has whole buckets, whatever shares add up to in binary", () => {
    const arms = [0.1, 0.2, 0.0001].map((share, i) => ({ name: `a${i}`, version: "rules" as const, share }));
    expect(routed({ id: "e", salt: "s", arms }).arms.map(({ from, to }) => [from, to])).toEqual([
      [0, 0.1],
      [0.1, 0.3],
      [0.3, 0.3001],
    ]);
  });

  it.each<[string, { hours?: number; reason?: string; salt?: string }, boolean]>([
    ["the same", {}, true],
    ["with another horizon", { hours: 25 }, false],
    ["with another reason", { reason: "because" }, false],
  ])("is asked for again: %s", (_, differences, same) => {
    const { salt: _salt, ...asked } = someBegin(differences);
    expect(isSame(running, asked)).toBe(same);
  });

  it("gives two silent arms the policy's share, and asks all others for theirs", () => {
    const silent = ["a", "b", "c"].map((name) => ({ name, version: "rules" as const }));
    expect(withShares(silent.slice(0, 2), 0.1).map(({ share }) => share)).toEqual([0.9, 0.1]);
    expect(armFaults(withShares(silent.slice(0, 2), 0.1))).toEqual([]);
    expect(armFaults(withShares(silent, 0.1)).map(({ path }) => path)).toEqual([0, 1, 2].map((i) => `arms.${i}.share`));
    const tiny = [
      { name: "a", version: "rules" as const, share: 0.5 },
      { name: "b", version: "rules" as const, share: 0.00001 },
    ];
    expect(armFaults(tiny)).toMatchObject([{ path: "arms.1.share", message: expect.stringMatching(/10 000/) }]);
  });
});

describe("what becomes of an experiment", () => {
  const over = T0 + 24 * HOUR + MATURE;
  const other = { ...live, experiment: { ...routed({ ...running, id: "e2" }) } };
  const moved = { ...live, experiment: { ...routed(running), salt: "t" } };
  it.each<[string, number, Partial<Facts>, Recommendation["action"], Action]>([
    ["it waits while it runs", T0 + HOUR, {}, "keep_running", "wait"],
    ["at its own start nothing moves it", T0, {}, "invalid", "wait"],
    ["a new recommendation is told", T0 + HOUR, {}, "ship", "tell"],
    ["harm is told", T0 + HOUR, {}, "roll_back", "tell"],
    ["a mismatch ends it at once", T0 + HOUR, {}, "invalid", "invalidate"],
    ["one millisecond before its visits are mature it goes on", over - 1, {}, "keep_running", "wait"],
    ["then it is decided", over, {}, "review", "decide"],
    ["for want of visitors it may be extended", over, {}, "keep_running", "tell"],
    ["for a week, too", over + 168 * HOUR, {}, "keep_running", "tell"],
    ["after which it ends as it is", over + 168 * HOUR + 1, {}, "keep_running", "decide"],
    ["and a mismatch is still first", over, {}, "invalid", "invalidate"],
    ["gone from the routing it ends", T0 + HOUR, { routing: FIRST_ROUTING }, "ship", "stop"],
    ["another one in its place ends it", T0 + HOUR, { routing: other }, "ship", "stop"],
    ["other arms in its name end it", T0 + HOUR, { routing: moved }, "ship", "stop"],
    ["a version out of use ends it", T0 + HOUR, { outOfUse: "in quarantine" }, "ship", "stop"],
    ["what cannot be measured holds it", over, { look: null, problem: "the fold is behind" }, "ship", "hold"],
    ["for a week", over + 168 * HOUR, { look: null, problem: "the fold is behind" }, "ship", "hold"],
    ["and no longer", over + 168 * HOUR + 1, { look: null, problem: "the fold is behind" }, "ship", "stop"],
  ])("%s", (_, nowMs, differences, is, action) => {
    expect(decide(running, facts(nowMs, is, differences), nowMs).action).toBe(action);
  });

  it("is not decided by a look for a horizon that was moved meanwhile, which is not kept either", () => {
    const now = { nowMs: T0 + HOUR, by: "uid", routing: live, analysis: null, earlier: null };
    const { experiment } = apply(running, { action: "extend", reason: "more", hours: 2 }, now);
    expect(experiment).toMatchObject({ ends_at: iso(T0 + 26 * HOUR), extended_at: iso(T0 + HOUR) });
    expect(decide(experiment, facts(over), over)).toMatchObject({ action: "wait", reason: "it has to be looked at" });
    expect(takeStep(experiment, facts(over, "ship"), { routing: live, outOfUse: null, nowMs: over })).toBeUndefined();
  });

  it("is told once, until the recommendation changes", () => {
    const context = { routing: live, outOfUse: null };
    const step = (before: Experiment, hours: number, is: Recommendation["action"]) =>
      takeStep(before, facts(T0 + hours * HOUR, is), { ...context, nowMs: T0 + hours * HOUR });
    const first = step(running, 1, "ship");
    expect(first?.decision).toEqual({ action: "tell", reason: "ship large: it is to ship" });
    const second = step(first?.experiment ?? running, 2, "ship");
    expect(second).toMatchObject({
      decision: { action: "wait" },
      experiment: { analysis: { at: iso(T0 + 2 * HOUR) } },
    });
    expect(step(second?.experiment ?? running, 3, "roll_back")?.decision.action).toBe("tell");
    // Looked at before: changes nothing.
    expect(step(second?.experiment ?? running, 1, "ship")).toBeUndefined();
  });
});

describe("a hold", () => {
  it("is put on record once, whatever its figures come to at the next look, and again for another cause", () => {
    const hold = (before: Experiment, hours: number, problem: string) => {
      const of = { look: null, problem };
      const nowMs = T0 + hours * HOUR;
      return takeStep(before, facts(nowMs, "ship", of), { routing: live, outOfUse: null, nowMs });
    };
    const held = hold(running, 1, "the fold is behind: 512 logs wait")?.experiment ?? running;
    expect(held.log.length).toBe(running.log.length + 1);
    expect(hold(held, 2, "the fold is behind: 640 logs wait")).toBeUndefined();
    expect(hold(held, 2, "windows cannot be read")?.experiment.log.length).toBe(held.log.length + 1);
  });
});

describe("an alert of a step", () => {
  it.each<[Recommendation["action"], Partial<Facts>, string | undefined]>([
    ["keep_running", {}, undefined],
    ["ship", {}, "low"],
    ["roll_back", {}, "high"],
    ["invalid", {}, "high"],
    ["ship", { look: null, problem: "the fold is behind" }, "medium"],
    ["ship", { routing: FIRST_ROUTING }, "medium"],
  ])("says what to do: %s, %j", (is, differences, severity) => {
    const nowMs = T0 + HOUR;
    const step = takeStep(running, facts(nowMs, is, differences), {
      routing: live,
      outOfUse: null,
      ...differences,
      nowMs,
    });
    const alert = step && alertOf(step.experiment, step.decision);
    expect(alert?.severity).toBe(severity);
    if (alert === undefined) return;
    expect(alert).toMatchObject({ subject: "experiments/e1", message: expect.stringContaining(running.started_at) });
    expect(alert.message).toContain(step?.experiment.phase === "running" ? "goes on" : "out of the routing");
    expect(alert.to_do).toMatch(/^[A-Z].*\.$/);
  });
});
