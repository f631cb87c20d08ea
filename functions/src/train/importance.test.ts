import { describe, expect, it } from "vitest";
import { boosterBytes, splitTree } from "../../../test/booster-bytes.ts";
import { someLog } from "../../../test/some-log.ts";
import { CONSTANT_BUNDLE } from "../../../test/some-version.ts";
import { Lifecycle } from "../config.ts";
import { FEATURE_NAMES, type FeatureName } from "../design/schema.ts";
import { openBundle } from "../model/bundle.ts";
import { parseBooster } from "../model/format.ts";
import type { FeatureShares } from "../model/importance.ts";
import type { Bundle } from "../model/schema.ts";
import { writeBooster } from "../model/write-booster.ts";
import { importanceChange, importanceOf } from "./importance.ts";
import { sampleOf } from "./sample.ts";
import { workspaceOf } from "./workspace.ts";

const FROM = "v_20260928T051200Z_0123456789ab";

/** Shares of the first features, in their order; the others have none. */
function shares(...of: number[]): FeatureShares {
  return Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, of[i] ?? 0]));
}

/** i * 7 mod 19: every rank once, in another order. */
const MIXED = FEATURE_NAMES.map((_, i) => (i * 7) % 19);

describe("a change of importance", () => {
  // scipy.stats.spearmanr(now, before).statistic, over all 19 shares.
  it.each<{ name: string; now: number[]; before: number[]; expected: number | null }>([
    { name: "the same shares", now: [0.4, 0.3, 0.2, 0.1], before: [0.4, 0.3, 0.2, 0.1], expected: 1 },
    {
      name: "four features the other way round",
      now: [4, 3, 2, 1],
      before: [1, 2, 3, 4],
      expected: 0.9655172413793105,
    },
    { name: "ties", now: [0.5, 0.25, 0.25], before: [0.25, 0.25, 0, 0.5], expected: 0.5784313725490196 },
    { name: "all the other way round", now: [...MIXED.keys()], before: [...MIXED.keys()].reverse(), expected: -1 },
    { name: "another order", now: MIXED, before: [...MIXED.keys()], expected: 0.2 },
    { name: "a version without splits", now: [0.5, 0.5], before: [], expected: null },
  ])("has the rank correlation of $name", ({ now, before, expected }) => {
    const { rank_correlation: found } = importanceChange(shares(...now), { from: FROM, gain: shares(...before) });
    if (expected === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(expected, 12);
  });

  it.each<{ name: string; now: number; before: number; appeared: number; vanished: number }>([
    { name: "from just under 0.1 % to 1 %", now: 0.01, before: 0.00099, appeared: 1, vanished: 0 },
    { name: "from 0.1 %", now: 0.01, before: 0.001, appeared: 0, vanished: 0 },
    { name: "to just under 1 %", now: 0.0099, before: 0, appeared: 0, vanished: 0 },
    { name: "from 1 % to just under 0.1 %", now: 0.00099, before: 0.01, appeared: 0, vanished: 1 },
    { name: "to 0.1 %", now: 0.001, before: 0.01, appeared: 0, vanished: 0 },
  ])("tells which features came and went: $name", ({ now, before, appeared, vanished }) => {
    const change = importanceChange(shares(now, 0.9), { from: FROM, gain: shares(before, 0.9) });
    expect(change.from).toBe(FROM);
    expect(change.appeared).toEqual(["hour_of_day"].slice(0, appeared));
    expect(change.vanished).toEqual(["hour_of_day"].slice(0, vanished));
  });
});

describe("the importance of a version", () => {
  /** A version whose font size goes by one feature. */
  function splitting(feature: FeatureName) {
    const tree = splitTree({ feature: FEATURE_NAMES.indexOf(feature), threshold: 0.5, left: 0, right: 0.15 });
    const booster = parseBooster(boosterBytes({ features: FEATURE_NAMES.length, baseScore: 1, trees: [tree] }));
    booster.gain.fill(2);
    const files = new Map([["font.xgb", writeBooster(booster)]]);
    const variables: Bundle["variables"] = {
      ...CONSTANT_BUNDLE.variables,
      font_size_base: { kind: "trees", file: "font.xgb" },
    };
    const bundle = { ...CONSTANT_BUNDLE, variables };
    return { bundle, files, model: openBundle(bundle, files) };
  }

  /** Twenty visits of as many sessions; every other one is engaged, and has a touch screen. */
  const samples = Array.from({ length: 20 }, (_, i) => {
    const features = someLog({}).features.slice();
    features[FEATURE_NAMES.indexOf("touch_enabled")] = i % 2;
    const engaged = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
    return sampleOf(
      someLog({
        prediction_id: `p${i}`,
        session_id: `s${i}`,
        event_at: new Date(Date.parse("2026-09-28T05:00:00.000Z") + i * 60_000).toISOString(),
        features,
        ...(i % 2 === 1 ? engaged : {}),
      }),
    );
  });
  const workspace = workspaceOf(samples, {
    training: Lifecycle.parse({}).training,
    limits: Lifecycle.parse({}).validation,
    validation: { verdict: "proceed", checked: 20, valid: 20, invalid: {}, reason: "" },
    parent: null,
  });

  it("is of its splits and of the hold-out, beside the version in service", async () => {
    const at: string[] = [];
    const inService = { version: FROM, ...splitting("hour_of_day") };
    const found = await importanceOf(splitting("touch_enabled"), workspace, inService, async (name) => {
      at.push(name);
    });
    expect(found.cover).toMatchObject({ touch_enabled: 1, hour_of_day: 0 });
    expect(at).toEqual(["touch_enabled"]);
    expect(found.permutation.touch_enabled?.normalised_mae).toBeGreaterThan(0);
    expect(found.permutation.hour_of_day).toEqual({ accuracy: 0, log_loss: 0, normalised_mae: 0 });
    // scipy.stats.spearmanr of one share of 1 with another.
    expect(found.change?.rank_correlation).toBeCloseTo(-1 / 18, 12);
    expect(found.change).toMatchObject({ from: FROM, appeared: ["touch_enabled"], vanished: ["hour_of_day"] });
  });

  it("is compared with nothing while the rules are in service", async () => {
    const found = await importanceOf(splitting("touch_enabled"), workspace, null, async () => {});
    expect(found.gain.touch_enabled).toBe(1);
    expect(found.change).toBeNull();
  });
});
