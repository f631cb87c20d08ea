import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someBegin, someExperimentAnalysis } from "../../../test/some-experiment.ts";
import { FIRST_ROUTING, Routing } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { apply, begun, type Outcome } from "./apply.ts";
import type { Measured } from "./decision.ts";
import { Experiment, type Recommendation } from "./schema.ts";
import { takeStep } from "./take-step.ts";

const T0 = Date.parse("2026-09-28T00:00:00Z");

/** What can happen, in any order. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant("look" as const),
      says: fc.constantFrom<Recommendation["action"]>(
        ...Array<"keep_running">(12).fill("keep_running"),
        "ship",
        "ship",
        "roll_back",
        "review",
        "invalid",
      ),
      down: fc.nat(9),
      minutes: fc.constantFrom(0, 60, 60, 60, 180),
    }),
  },
  // Whoever has taken a look acts on it, be it long ago, twice, or dying before the commit.
  {
    weight: 8,
    arbitrary: fc.record({ is: fc.constant("act" as const), back: fc.nat(2), dies: fc.nat(4), damaged: fc.nat(60) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant("word" as const),
      word: fc.constantFrom("stop", "extend", "extend", "ship"),
      rare: fc.nat(9),
      behind: fc.constantFrom(0, 90),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant("edit" as const), edit: fc.constantFrom("out", "stable"), rare: fc.nat(9) }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

/** An experiment and its routing, as the transactions of the store leave them. */
class World {
  experiment: Experiment;
  routing: Routing = FIRST_ROUTING;
  nowMs = T0;
  deployments = 0;
  private readonly taken: { nowMs: number; measured: Measured }[] = [];

  constructor() {
    const outcome = begun(someBegin(), { routing: this.routing, nowMs: T0 });
    this.experiment = outcome.experiment;
    this.commit(outcome);
  }

  happen(what: Event): void {
    const { experiment, routing, nowMs } = this;
    switch (what.is) {
      case "look": {
        this.nowMs += what.minutes * 60_000;
        const analysis = someExperimentAnalysis(iso(this.nowMs), what.says);
        const isDown = what.down === 0;
        const look = isDown ? null : { ofHorizon: experiment.ends_at, analysis };
        this.taken.push({
          nowMs: this.nowMs,
          measured: { look, earlier: null, problem: isDown ? "down" : null, maturityMinutes: 55 },
        });
        break;
      }
      case "act": {
        const look = this.taken.at(-1 - what.back);
        if (look === undefined || what.dies === 0) break;
        const outOfUse = what.damaged === 0 ? "it is in quarantine" : null;
        const step = takeStep(experiment, look.measured, { routing, outOfUse, nowMs: look.nowMs });
        if (step !== undefined) this.commit(step);
        break;
      }
      case "word": {
        // The store refuses words to what has ended, but for shipping or closing what was decided.
        const isHeard = experiment.phase === "running" || (what.word !== "extend" && experiment.phase === "decided");
        if (!isHeard || (what.rare > 0 && what.word !== "extend")) break;
        // An admin's "now" is the latest visit that was folded, which may be behind the last look.
        const now = { nowMs: nowMs - what.behind * 60_000, by: "uid", routing, analysis: null, earlier: null };
        const deployment = `d.${++this.deployments}`;
        const decision =
          what.word === "extend"
            ? ({ action: "extend", reason: "more", hours: 6 } as const)
            : what.word === "ship"
              ? ({ action: "ship", reason: "good", deployment } as const)
              : ({ action: "stop", reason: "enough" } as const);
        if (what.word !== "ship") this.deployments--;
        this.commit(apply(experiment, decision, now));
        break;
      }
      case "edit":
        if (what.rare > 0) break;
        this.route(what.edit === "out" ? { experiment: null } : { previous_good: routing.stable });
    }
  }

  private commit({ experiment, routing }: Outcome): void {
    this.experiment = experiment;
    if (routing !== null) this.route(routing);
  }

  private route(change: Partial<Routing>): void {
    this.routing = { ...this.routing, ...change, revision: this.routing.revision + 1 };
  }
}

describe("whatever looks, words, edits, crashes and repetitions come in whatever order", () => {
  it("arms stay where they are while it runs, an end is an end, and it is shipped once", () => {
    const reached = new Set<string>();
    const life = fc.property(fc.array(event, { minLength: 30, maxLength: 100, size: "max" }), (events) => {
      const world = new World();
      const dealt = world.routing.experiment;
      for (const what of events) {
        const before = { experiment: world.experiment, routing: world.routing };
        world.happen(what);
        const { experiment, routing } = world;
        if (["shipped", "stopped", "invalid"].includes(before.experiment.phase))
          expect(experiment).toBe(before.experiment);
        if (before.experiment.phase === "decided") expect(["decided", "shipped"]).toContain(experiment.phase);
        // Nobody is moved between arms: they are there as they were dealt, or gone for good.
        if (routing.experiment !== null) expect(routing.experiment).toEqual(dealt);
        if (before.routing.experiment === null) expect(routing.experiment).toBeNull();
        if (experiment.phase !== "running") expect(routing.experiment).toBeNull();
        expect(routing.revision - before.routing.revision).toBeLessThanOrEqual(1);
        const own = experiment.log.slice(before.experiment.log.length);
        expect(own.length).toBeLessThanOrEqual(1);
        const times = experiment.log.map(({ at }) => at);
        expect(times).toEqual(times.toSorted());
        // No look is forgotten for an older one, and none of another horizon decides.
        if (before.experiment.analysis !== null) {
          expect((experiment.analysis?.at ?? "") >= before.experiment.analysis.at).toBe(true);
        }
        if (own[0]?.action === "decide")
          expect(experiment.analysis?.at ?? "").toSatisfy((at: string) => at > experiment.ends_at);
        expect(experiment.ends_at >= before.experiment.ends_at).toBe(true);
        expect(experiment.ended_at === null).toBe(experiment.phase === "running");
        reached.add(experiment.phase).add(own[0]?.action ?? "");
      }
      expect(world.deployments).toBe(world.experiment.phase === "shipped" ? 1 : 0);
      expect(Experiment.safeParse(world.experiment).error).toBeUndefined();
      expect(Routing.safeParse(world.routing).error).toBeUndefined();
    });
    fc.assert(life, { numRuns: 300, seed: 8 });
    // The property has seen what it is about.
    for (const state of ["decided", "stopped", "shipped", "invalid", "hold", "tell", "extend"]) {
      expect(reached).toContain(state);
    }
  });
});
