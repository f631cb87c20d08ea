import { describe, expect, it } from "vitest";
import { emptyWindow } from "../collect/window.ts";
import type { ServedVersion } from "../serve/schema.ts";
import { closeServingWindow, emptyServingWindow } from "../serve/serving-window.ts";
import { loggedVisits } from "./logged.ts";

const START = Date.parse("2026-09-28T05:00:00.000Z");
const MODEL = "v_20260901T000000Z_0123456789ab" as ServedVersion;

const served = (version: ServedVersion, arm: "stable" | "holdback", predictions: number) => ({
  ...closeServingWindow(
    emptyServingWindow({ event_at: new Date(START).toISOString(), assigned_version: version, arm }),
  ),
  predictions,
});
const folded = (version: ServedVersion, arm: "stable" | "holdback", visits: number) => ({
  ...emptyWindow({ version, arm, granularity: "1h" as const, startMs: START, shard: 0 }),
  visits,
});

describe("visits without a log", () => {
  it("are what was answered and not folded, by version and arm, whatever instances and shards there are", () => {
    const serving = [served(MODEL, "stable", 60), served(MODEL, "stable", 40), served("rules", "holdback", 2)];
    const windows = [folded(MODEL, "stable", 50), folded(MODEL, "stable", 20), folded("rules", "stable", 9)];
    expect(loggedVisits(serving, windows)).toEqual([
      { version: MODEL, arm: "stable", predictions: 100, without_log: 30 },
      { version: "rules", arm: "holdback", predictions: 2, without_log: 2 },
    ]);
  });

  it("are none where an instance ended before it wrote its counters", () => {
    expect(loggedVisits([served(MODEL, "stable", 3)], [folded(MODEL, "stable", 5)])[0]?.without_log).toBe(0);
  });

  it("are not spoken of where nothing was answered", () => {
    expect(loggedVisits([], [folded(MODEL, "stable", 5)])).toEqual([]);
  });
});
