import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { type ForecastFacts, forecast, PRICES, windowOf } from "./forecast.ts";
import { apply } from "./job.ts";
import { queuedJob } from "./new-job.ts";
import type { RetrainingJob } from "./schema.ts";

const NOW = Date.parse("2026-11-01T04:00:00.000Z");
const DAY = 86_400_000;
const { training } = Lifecycle.parse({ training: { folds: 2, rounds: 20, holdout_share: 0.2 } });
const FACTS: ForecastFacts = {
  kind: "full",
  fromMs: NOW - 30 * DAY,
  toMs: NOW,
  rows: 12_000,
  training,
  parentModels: null,
  last: null,
};

/** A full job that took 30 s for two models and their folds, and 10 s for all the rest, on 6000 logs of 5000 sessions. */
function lastJob(): RetrainingJob {
  const wanted = { id: "full.2026-10", kind: "full", requested_by: "system", reason: "", evaluation: null } as const;
  const job = queuedJob({ ...wanted, as_of: new Date(NOW).toISOString(), in_service: "rules" }, null, NOW);
  const dataset = { path: "", sha256: "", rows: 6000, sessions: 5000, from: "", to: "", fingerprint: "" };
  const validation = { verdict: "proceed", checked: 1, valid: 1, invalid: {}, reason: "" } as const;
  const names = ["density", "theme", "density.fold0", "density.fold1", "theme.fold0", "theme.fold1"];
  const collected = apply(
    apply(job, { type: "claimed", holder: "a", leaseSeconds: 9 }, NOW + 60_000),
    { type: "collected", dataset },
    NOW + 66_000,
  );
  const trained = names.reduce(
    (now, unit) => apply(now, { type: "trained", unit, sha256: "aa", total: 6 }, NOW + 70_000),
    apply(collected, { type: "validated", validation }, NOW + 66_000),
  );
  const evaluating = apply(trained, { type: "all_trained", total: 6 }, NOW + 96_000);
  return apply(evaluating, { type: "ended", stage: "skipped", reason: "" }, NOW + 100_000);
}

describe("a forecast", () => {
  it("without a training to go by takes the engine's figures, every model, and every log for a session", () => {
    // 12,000 x 0.8 x 11 models x 20 rounds x (1 + 1 for the folds) x 6.9e-7 s, and 12,000 logs at 1100 a second.
    const seconds = (12_000 * 0.8 * 11 * 20 * 2 * 7.6) / (11 * 50_000 * 20) + 12_000 / 1100;
    expect(forecast(FACTS)).toMatchObject({
      from: "2026-10-02T04:00:00.000Z",
      to: "2026-11-01T04:00:00.000Z",
      rows: 12_000,
      sessions: 12_000,
      units: 33,
      estimated_seconds: Math.ceil(seconds),
      basis: "the engine's figures in docs/performance.md",
    });
  });

  it("takes the last full training's seconds: training by rows, rounds and units, the rest by rows", () => {
    const seen = forecast({ ...FACTS, last: lastJob() });
    expect(seen).toMatchObject({ sessions: 10_000, units: 6, estimated_seconds: 80, basis: "what full.2026-10 took" });
    const run = 80 * (2 * PRICES.vcpu_second + 4 * PRICES.gib_second) + 12_000 * PRICES.firestore_read;
    expect(seen.estimated_usd).toBeCloseTo(run, 3);
  });

  it("of an incremental one has ten rounds, no folds, and its parent's models", () => {
    // A twelfth of the row-rounds of the last: half the rounds, half the units' rows, a third of the rows.
    const seen = forecast({ ...FACTS, kind: "incremental", rows: 2000, parentModels: 2, last: lastJob() });
    expect(seen).toMatchObject({ units: 2, estimated_seconds: Math.ceil(30 / 12 + 10 / 3) });
  });

  it("keeps to the sessions that a training takes at most", () => {
    const all = forecast({ ...FACTS, last: lastJob() });
    const few = forecast({ ...FACTS, training: { ...training, max_sessions: 5000 }, last: lastJob() });
    expect(few).toMatchObject({ rows: 12_000, sessions: 10_000, estimated_seconds: all.estimated_seconds / 2 });
  });

  it("of nothing is nothing", () => {
    expect(forecast({ ...FACTS, rows: 0 })).toMatchObject({
      rows: 0,
      sessions: 0,
      estimated_seconds: 0,
      estimated_usd: 0,
    });
  });
});

describe("the time that a training learns from", () => {
  it.each([
    { name: "is the window of a full one", seenUntilMs: null, fromMs: NOW - 30 * DAY },
    { name: "begins where the parent's ends", seenUntilMs: NOW - 7 * DAY, fromMs: NOW - 7 * DAY },
    { name: "is the window at most", seenUntilMs: NOW - 60 * DAY, fromMs: NOW - 30 * DAY },
    { name: "is empty if the parent's ends later", seenUntilMs: NOW + DAY, fromMs: NOW },
  ])("$name", ({ seenUntilMs, fromMs }) => {
    expect(windowOf({ window_days: 30 }, { asOfMs: NOW, seenUntilMs })).toEqual({ fromMs, toMs: NOW });
  });
});
