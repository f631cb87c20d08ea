import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { FIRST_ROUTING, Routing } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { apply, opened, returnTo, wish } from "./apply.ts";
import { decided, type Facts } from "./decision.ts";
import { type Analysis, type Check, Deployment, FINAL_PHASES } from "./schema.ts";
import { takeStep } from "./take-step.ts";

const T0 = Date.parse("2026-09-28T00:00:00Z");
const MINUTE = 60_000;
const version = "v_20260927T000000Z_0123456789ab";
const other = "v_20260926T000000Z_ba9876543210";
const stages = [0.05, 0.1, 0.25, 0.5, 1];
const { deployment: policy } = Lifecycle.parse({});
const request = {
  id: "d.1",
  version,
  previous: "rules" as const,
  requested_by: "system",
  reason: "better",
  stages,
  salt: "s",
};

/** A look that somebody has taken and not acted on yet: by then everything may be different. */
interface Taken {
  nowMs: number;
  checks: Facts["checks"];
  look: Facts["look"];
  problem: string | null;
}

/** What can happen, in any order. */
const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constant("look" as const),
      verdict: fc.constantFrom<Analysis["verdict"]>(
        ...Array<"pass">(12).fill("pass"),
        "inconclusive",
        "inconclusive",
        "error",
        "fail",
      ),
      medium: fc.boolean(),
      checksPass: fc.nat(19),
      down: fc.nat(19),
      minutes: fc.constantFrom(0, 1, 5, 5, 60, 1500),
    }),
  },
  // Whoever has taken a look acts on it, be it long ago, twice, or dying before the commit.
  {
    weight: 10,
    arbitrary: fc.record({ is: fc.constant("act" as const), back: fc.nat(2), dies: fc.nat(4), onlyHarm: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant("word" as const),
      word: fc.constantFrom("pause" as const, "resume" as const, "promote" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant("edit" as const),
      edit: fc.constantFrom("share" as const, "out" as const, "stable" as const),
      rare: fc.nat(15),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant("end" as const),
      by: fc.constantFrom("abort" as const, "roll_back" as const),
      rare: fc.nat(30),
    }),
  },
);

/** A deployment and its routing, as the transactions of the store leave them. */
class World {
  deployment = opened(request, T0);
  routing: Routing = FIRST_ROUTING;
  nowMs = T0;
  private readonly taken: Taken[] = [];

  happen(what: typeof event extends fc.Arbitrary<infer E> ? E : never): void {
    switch (what.is) {
      case "look": {
        this.nowMs += what.minutes * MINUTE;
        const checks: Check[] = [{ name: "parity", ok: what.checksPass > 0, message: "", figures: {} }];
        const step = this.deployment.steps.at(-1);
        const severity = what.verdict === "fail" ? (what.medium ? "medium" : "high") : null;
        const visitors = { control: 900, treatment: 300 };
        const analysis: Analysis = {
          at: iso(this.nowMs),
          verdict: what.verdict,
          severity,
          reason: what.verdict,
          visitors,
          figures: [],
        };
        const look = step === undefined ? null : { ofRevision: step.revision, analysis, stepVisitors: 300 };
        this.taken.push({
          nowMs: this.nowMs,
          checks: step === undefined ? checks : null,
          look,
          problem: what.down === 0 ? "down" : null,
        });
        break;
      }
      case "act": {
        const look = this.taken.at(-1 - what.back);
        if (look === undefined || what.dies === 0) break;
        const mandate = what.onlyHarm === 0 ? "harm" : "everything";
        const { nowMs, ...measured } = look;
        const context = { routing: this.routing, outOfUse: null, nowMs, mandate } as const;
        const step = takeStep(this.deployment, { policy, forecast: null, ...measured }, context);
        if (step !== undefined) this.commit(step);
        break;
      }
      case "word":
        if (FINAL_PHASES.includes(this.deployment.phase)) break;
        this.deployment = wish(this.deployment, what.word, { by: "uid", reason: "why", nowMs: this.nowMs });
        break;
      case "edit": {
        const { canary } = this.routing;
        if (what.rare > 0 || canary === null) break;
        const change = {
          share: { canary: { ...canary, share: 0.02 } },
          out: { canary: null },
          stable: { stable: other, canary: null },
        };
        this.route(change[what.edit]);
        break;
      }
      case "end": {
        if (what.rare > 0 || FINAL_PHASES.includes(this.deployment.phase)) break;
        const now = {
          nowMs: this.nowMs,
          by: "uid",
          routing: this.routing,
          checks: null,
          forecast: null,
          analysis: null,
        };
        const outcome = apply(this.deployment, decided(what.by, "why"), now);
        this.commit(what.by === "abort" ? outcome : { ...outcome, routing: returnTo("rules") });
      }
    }
  }

  private commit({ deployment, routing }: ReturnType<typeof apply>): void {
    this.deployment = deployment;
    if (routing !== null) this.route(routing);
  }

  private route(change: Partial<Routing>): void {
    this.routing = { ...this.routing, ...change, revision: this.routing.revision + 1 };
  }
}

describe("whatever looks, words, edits, crashes and repetitions come in whatever order", () => {
  it("nobody is moved twice, no stage is skipped, and an end is an end", () => {
    const reached = new Set<string>();
    const life = fc.property(fc.array(event, { minLength: 30, maxLength: 120, size: "max" }), (events) => {
      const world = new World();
      for (const what of events) {
        const before = { deployment: world.deployment, routing: world.routing };
        world.happen(what);
        const { deployment, routing } = world;
        const isOver = FINAL_PHASES.includes(before.deployment.phase);
        if (isOver) expect(deployment).toBe(before.deployment);
        // One step at a time, forwards, each with a revision of its own.
        expect([0, 1]).toContain(deployment.stage - before.deployment.stage);
        const own = deployment.log.slice(before.deployment.log.length);
        expect(own.length).toBeLessThanOrEqual(1);
        const moves = deployment.log.filter(({ by }) => by === "system").map(({ at }) => at);
        expect(new Set(moves).size).toBe(moves.length);
        const times = deployment.log.map(({ at }) => at);
        expect(times).toEqual(times.toSorted());
        const revisions = deployment.steps.map(({ revision }) => revision);
        expect(new Set(revisions).size).toBe(revisions.length);
        expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
        // What has ended has no traffic, and nobody is answered by it as stable but who completed.
        if (FINAL_PHASES.includes(deployment.phase) && !isOver) {
          expect(routing.canary).toBeNull();
          expect(routing.shadow).toBeNull();
        }
        if (routing.stable === version) {
          expect(deployment).toMatchObject({ phase: "completed", stage: stages.length - 1 });
          expect(routing.previous_good).toBe(deployment.previous);
        } else expect(routing.previous_good).toBe("rules");
        reached.add(deployment.phase).add(own[0]?.action ?? "");
      }
      expect(Deployment.safeParse(world.deployment).error).toBeUndefined();
      expect(Routing.safeParse(world.routing).error).toBeUndefined();
      const stagesSeen = world.deployment.steps
        .map(({ stage }) => stage)
        .filter((stage, i, all) => stage !== all[i - 1]);
      expect(stagesSeen).toEqual(stagesSeen.map((_, i) => i - 1));
    });
    fc.assert(life, { numRuns: 300, seed: 8 });
    // The property has seen what it is about.
    for (const state of [
      "completed",
      "rolled_back",
      "failed",
      "inconclusive",
      "aborted",
      "halve",
      "restore",
      "extend",
      "promote",
      "hold",
    ]) {
      expect(reached).toContain(state);
    }
  });
});
