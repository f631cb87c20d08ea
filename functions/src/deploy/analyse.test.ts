import { describe, expect, it } from "vitest";
import { someStratum } from "../../../test/some-strata.ts";
import { Lifecycle } from "../config.ts";
import { addCluster, noRatioSums } from "../stats/clustered-ratio.ts";
import { analyse } from "./analyse.ts";
import type { Evidence, PairedAccuracy } from "./evidence.ts";
import type { Analysis } from "./schema.ts";

const T0 = Date.parse("2026-09-28T00:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = T0 + 3 * HOUR;

type Arms = Parameters<typeof someStratum>[0];

/** A first stage whose candidate does no harm, and is sure enough of it, with whatever the test is about put in its place. */
function evidence(arms: Arms, more: Partial<Evidence> = {}): Evidence {
  return {
    phase: "rolling",
    startedMs: T0,
    stageSinceMs: T0 + 2 * HOUR,
    nextShare: 0.1,
    strata: [someStratum(arms)],
    strataOfStage: 1,
    accuracy: [],
    accuracyVisitors: 0,
    drift: [],
    fault: null,
    ...more,
  };
}

function policyWith(guardrails: object = {}, more: object = {}) {
  return Lifecycle.parse({ deployment: { guardrails, ...more } }).deployment;
}

function accuracy(worse: number): PairedAccuracy {
  const sums = noRatioSums();
  for (let i = 0; i < 1000; i++) addCluster(sums, { y: i < 50 ? 1 : i < 50 + worse ? -1 : 0, w: 1 });
  return { group: "density", sums, candidate: 0.7, stable: 0.75 };
}

const look = (seen: Evidence, policy = policyWith(), nowMs = NOW): Analysis => analyse(seen, policy, nowMs);
const mismatch = { control: { sampled: 600 }, treatment: { sampled: 400 } };
const errors = { treatment: { erred: 40 } };
const engagement = { treatment: { engaged: 0.1 } };
const latency = { treatment: { latencyMs: 150 } };

describe("a look at a stage", () => {
  it("passes with the three primaries, and says their figures", () => {
    const analysis = look(evidence({}));
    expect(analysis).toMatchObject({
      at: "2026-09-28T03:00:00.000Z",
      verdict: "pass",
      severity: null,
      visitors: { control: 6400, treatment: 640 },
    });
    expect(analysis.reason).toMatch(/errors: 0 of 640 .*; engagement 20.0 % .*; latency 40.0 ms /);
  });

  it.each<[string, Arms, RegExp]>([
    ["errors", errors, /^errors: 40 of 640/],
    ["negative feedback", { treatment: { negative: 40 } }, /^negative feedback: 40 of 640/],
    ["visits without a log", { treatment: { noLog: 0.1 } }, /^missing_logs 10.0 % against 3.0 %/],
    ["less engagement", engagement, /^engagement 10.0 % against 20.0 %/],
    ["less click-through", { treatment: { clickThrough: 0.05 } }, /^click_through 5.0 %/],
    [
      "less satisfaction",
      { control: { ratings: 1000 }, treatment: { ratings: 200, satisfaction: 2 } },
      /^satisfaction 2.00 /,
    ],
    ["slower rendering", { treatment: { renderingMs: 120 } }, /^rendering 120.0 ms/],
  ])("rolls back on %s", (_, arms, reason) => {
    expect(look(evidence(arms))).toMatchObject({
      verdict: "fail",
      severity: "high",
      reason: expect.stringMatching(reason),
    });
  });

  it("is of medium severity for latency, and for drift of answers", () => {
    expect(look(evidence(latency))).toMatchObject({ verdict: "fail", severity: "medium" });
    const drift = [{ group: "theme" as const, distance: 0.4, n: 1000, m: 2000 }];
    expect(look(evidence({}, { drift }))).toMatchObject({ verdict: "fail", severity: "medium" });
  });

  it("believes nothing while the fold is behind, then nothing while the arms are not as they were dealt", () => {
    const all: Arms = {
      control: { sampled: 600 },
      treatment: { ...mismatch.treatment, erred: 40, engaged: 0.1, latencyMs: 150 },
    };
    const fault = "the fold is behind";
    expect(look(evidence(all, { fault }))).toMatchObject({ verdict: "error", severity: null, reason: fault });
    expect(look(evidence(all))).toMatchObject({ verdict: "error", reason: expect.stringMatching(/^sample ratio/) });
  });

  it.each([0.6, 1])("takes arms from which logs are missing for that, and not for badly dealt: %d of them", (noLog) => {
    const left = { visitors: 640 * (1 - noLog), sampled: 60 * (1 - noLog), noLog };
    const seen = look(evidence({ control: { sampled: 1024 }, treatment: left }));
    expect(seen.figures).toContainEqual(expect.objectContaining({ metric: "sample_ratio", finding: "harm" }));
    expect(seen).toMatchObject({ verdict: "fail", severity: "high", reason: expect.stringMatching(/^missing_logs/) });
  });

  it("names the gravest harm: errors before engagement, engagement before latency", () => {
    const three = { ...latency.treatment, ...engagement.treatment, ...errors.treatment };
    expect(look(evidence({ treatment: three })).reason).toMatch(/^errors/);
    expect(look(evidence({ treatment: { ...three, erred: 0 } }))).toMatchObject({
      severity: "high",
      reason: expect.stringMatching(/^engagement/),
    });
  });

  it("finds harm before it has seen enough to pass", () => {
    expect(look(evidence({ treatment: { visitors: 40, erred: 20 } })).verdict).toBe("fail");
  });

  it.each([
    { visitors: 299, minutes: 60, verdict: "inconclusive", reason: /^299 of 300 visitors, 60 of 5 minutes$/ },
    { visitors: 300, minutes: 4, verdict: "inconclusive", reason: /^300 of 300 visitors, 4 of 5 minutes$/ },
    { visitors: 300, minutes: 5, verdict: "pass", reason: /^errors/ },
  ])("after $minutes minutes with $visitors visitors says $verdict", ({ visitors, minutes, verdict, reason }) => {
    const seen = evidence({ treatment: { visitors } }, { stageSinceMs: NOW - minutes * MINUTE });
    expect(look(seen)).toMatchObject({ verdict, reason: expect.stringMatching(reason) });
  });

  it("asks the present stage for its visitors, and all stages for what it passes by", () => {
    const of = (visitors: number) => {
      const late = { control: { erred: 20 }, treatment: { visitors, erred: 3 } };
      const strata = [someStratum({}), someStratum({ revision: 2, share: 0.1, ...late })];
      return look(evidence({}, { strata, nextShare: 0.25 }));
    };
    expect(of(299).reason).toMatch(/^299 of 300 visitors/);
    const enough = of(300);
    expect(enough.verdict).toBe("pass");
    const errors = enough.figures.filter(({ metric }) => metric === "errors");
    expect(errors.map(({ scope, finding }) => [scope, finding])).toEqual([
      ["all", "passed"],
      ["stage", "unsure"],
    ]);
  });

  it.each<[string, Arms, RegExp]>([
    ["engagement", { treatment: { engaged: 0.18 } }, /^not sure yet: engagement/],
    ["latency", { treatment: { latencyMs: 90 } }, /^not sure yet: latency/],
    ["errors", { control: { erred: 200 }, treatment: { erred: 15 } }, /^not sure yet: errors/],
  ])("holds while it is not sure of %s, alone", (_, arms, reason) => {
    // Harm of engagement is any at all: this one is for the last stage, whose margin is less.
    const policy = policyWith({ engagement: { alpha: 1e-6 } });
    expect(look(evidence(arms, { nextShare: 1 }), policy)).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringMatching(reason),
    });
  });

  it("never holds for what it cannot pass by", () => {
    const few = { ratings: 10, clickThrough: 0.099, renderingMs: 61, noLog: 0.031 };
    expect(look(evidence({ treatment: few })).verdict).toBe("pass");
  });

  it("sees in a stage alone what stages before it have diluted", () => {
    const before = someStratum({ control: { visits: 128_000 }, treatment: { visits: 128_000 } });
    const late = someStratum({ revision: 2, treatment: { engaged: 0.16 } });
    const seen = evidence({}, { strata: [before, late] });
    const analysis = look(seen);
    expect(analysis).toMatchObject({ verdict: "fail", reason: expect.stringMatching(/^engagement 16.0 %/) });
    const scopes = analysis.figures.filter(({ metric }) => metric === "engagement");
    expect(scopes.map(({ scope, finding }) => [scope, finding])).toEqual([
      ["all", "passed"],
      ["stage", "harm"],
    ]);
  });
});

describe("a guardrail that is", () => {
  it.each<[string, object, Arms]>([
    ["errors", { errors: { dry_run: true } }, errors],
    ["engagement", { engagement: { dry_run: true } }, engagement],
    ["latency", { latency: { dry_run: true } }, latency],
    ["the sample ratio", { sample_ratio: { dry_run: true } }, mismatch],
  ])("run dry tells of %s, and decides nothing", (_, guardrails, arms) => {
    const analysis = look(evidence(arms), policyWith(guardrails));
    expect(analysis.verdict).toBe("pass");
    expect(analysis.figures.filter(({ finding }) => finding === "harm")).toMatchObject([{ dry_run: true }]);
  });

  it.each<[string, object, Arms]>([
    ["errors", { errors: { enabled: false } }, errors],
    ["engagement", { engagement: { enabled: false } }, engagement],
    ["latency", { latency: { enabled: false } }, latency],
    ["the sample ratio", { sample_ratio: { enabled: false } }, mismatch],
  ])("off does not even tell of %s", (name, guardrails, arms) => {
    const analysis = look(evidence(arms), policyWith(guardrails));
    expect(analysis.verdict).toBe("pass");
    expect(analysis.figures.map(({ metric }) => metric)).not.toContain(
      name.replace("the sample ratio", "sample_ratio"),
    );
  });
});

describe("a look at the shadow", () => {
  const shadow = (worse: number, visitors: number) =>
    evidence(
      {},
      { phase: "shadow", strata: [], strataOfStage: 0, accuracy: [accuracy(worse)], accuracyVisitors: visitors },
    );

  it.each([
    { worse: 154, visitors: 100, minutes: 5, verdict: "fail" },
    { worse: 50, visitors: 499, minutes: 120, verdict: "inconclusive" },
    { worse: 50, visitors: 500, minutes: 119, verdict: "inconclusive" },
    { worse: 50, visitors: 500, minutes: 120, verdict: "pass" },
    { worse: 100, visitors: 500, minutes: 120, verdict: "inconclusive" },
  ])("with $worse worse, $visitors visitors, $minutes minutes: $verdict", ({ worse, visitors, minutes, verdict }) => {
    const analysis = look(shadow(worse, visitors), policyWith(), T0 + minutes * MINUTE);
    expect(analysis).toMatchObject({ verdict, visitors: { control: 0, treatment: visitors } });
  });

  it("passes where there is nothing to be wrong about", () => {
    expect(look({ ...shadow(0, 500), accuracy: [] })).toMatchObject({ verdict: "pass", reason: "no harm is seen" });
  });
});

describe("a look at the bake", () => {
  /** Everybody has it: it is held against itself at half of the traffic. */
  const bake = (half: Arms, all: Arms["treatment"]) => {
    const before = someStratum({ share: 0.5, control: { visits: 6400 }, treatment: { visits: 6400 }, ...half });
    const own = { ...someStratum({ revision: 2, share: 1, treatment: { visits: 12_800, ...all } }), control: null };
    return evidence({}, { phase: "baking", strata: [before, own], nextShare: null });
  };

  it.each<[string, Arms["treatment"], string]>([
    ["as before", {}, "pass"],
    ["three points less engaged, which other hours may do", { engaged: 0.17 }, "pass"],
    ["eight points less engaged", { engaged: 0.12 }, "fail"],
    ["150 ms slower", { latencyMs: 190 }, "fail"],
    ["40 visitors with an error", { erred: 40 }, "fail"],
    ["without a tenth of its logs", { noLog: 0.1 }, "fail"],
    ["half as clicked, which hangs on the hour", { clickThrough: 0.05 }, "pass"],
  ])("finds what is %s", (_, all, verdict) => {
    expect(look(bake({}, all)).verdict).toBe(verdict);
  });

  it("counts events by visits: twice the errors in twice the visits are no more, four times are", () => {
    const half = { control: { visits: 6400 }, treatment: { visits: 6400, erred: 200 } };
    expect(look(bake(half, { erred: 400 })).verdict).toBe("pass");
    expect(look(bake(half, { erred: 800 })).verdict).toBe("fail");
  });

  it("is one side, whatever edits of the routing fell into it", () => {
    const half = { control: { visits: 6400 }, treatment: { visits: 6400, erred: 40 } };
    const before = someStratum({ share: 0.5, ...half });
    const after = (edits: number) =>
      Array.from({ length: edits }, (_, i) => {
        const treatment = { visits: 12_800 / edits, erred: 130 / edits };
        return { ...someStratum({ revision: 2 + i, share: 1, treatment }), control: null };
      });
    const of = (edits: number) =>
      look(evidence({}, { phase: "baking", strata: [before, ...after(edits)], strataOfStage: edits, nextShare: null }));
    expect(of(1).figures.length).toBeGreaterThan(2);
    const rounded = (edits: number) =>
      of(edits).figures.map(({ lower, reason }) => [lower?.toFixed(9), reason.replace("-0.0", "0.0")]);
    expect(rounded(10)).toEqual(rounded(1));
  });

  it("has nothing to be held against if all was skipped, and then still its visitors to wait for", () => {
    const own = { ...someStratum({ share: 1, treatment: { visits: 100, visitors: 50 } }), control: null };
    const seen = evidence({}, { phase: "baking", strata: [own], nextShare: null });
    expect(look(seen)).toMatchObject({ verdict: "inconclusive", figures: [] });
  });
});
