import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { type Arrival, arrivedLog, type Placement, placeLog, placeLogs, shardOf } from "./amendment.ts";
import type { JudgedLog } from "./judge-log.ts";

const ISSUED = Date.UTC(2026, 8, 28, 5, 0, 0);
const iso = (ms: number) => new Date(ms).toISOString();
const log = (seq: number, body_hash = `body ${seq}`): JudgedLog => someLog({ seq, body_hash, issued_at: iso(ISSUED) });
const arrival = (nowMs: number, maturityMinutes = 45): Arrival => ({ nowMs, maturityMinutes, shard: 0 });
const MATURE = ISSUED + 45 * 60_000;

describe("amendment", () => {
  const stored = { seq: 3, body_hash: "body 3", fold_after: iso(MATURE), shard: 0 };

  it.each<{ name: string; seq: number; body?: string; atMs: number; placement: Placement }>([
    { name: "the same again", seq: 3, atMs: ISSUED, placement: "duplicate" },
    { name: "the same again, long after", seq: 3, atMs: MATURE + 1e9, placement: "duplicate" },
    { name: "an earlier one, late", seq: 2, atMs: ISSUED, placement: "duplicate" },
    { name: "another body of the same seq", seq: 3, body: "other", atMs: ISSUED, placement: "conflict" },
    { name: "another body of the same seq, mature", seq: 3, body: "other", atMs: MATURE, placement: "conflict" },
    { name: "a later one", seq: 4, atMs: ISSUED, placement: "amended" },
    { name: "a later one in the last millisecond", seq: 4, atMs: MATURE - 1, placement: "amended" },
    { name: "a later one when it is mature", seq: 4, atMs: MATURE, placement: "late_amendment" },
  ])("calls $name $placement", ({ seq, body, atMs, placement }) => {
    expect(placeLog(stored, log(seq, body), { nowMs: atMs })).toBe(placement);
  });

  it("accepts what is new", () => {
    expect(placeLog(undefined, log(0), { nowMs: MATURE * 2 })).toBe("accepted");
  });
});

describe("arrival", () => {
  it.each([
    { name: "45 minutes after the prediction", atMs: ISSUED + 1000, minutes: 45, foldAfter: MATURE },
    { name: "when it comes, if later", atMs: MATURE + 1, minutes: 45, foldAfter: MATURE + 1 },
    { name: "when it comes, with maturity 0", atMs: ISSUED + 1000, minutes: 0, foldAfter: ISSUED + 1000 },
  ])("makes a log mature $name", ({ atMs, minutes, foldAfter }) => {
    const arrived = arrivedLog(undefined, log(0), arrival(atMs, minutes));
    expect(arrived).toMatchObject({ fold_after: iso(foldAfter), received_at: iso(atMs), shard: 0 });
  });

  it("leaves an amendment at its place in the queue, whatever the policy says by now", () => {
    const stored = { seq: 0, body_hash: "body 0", fold_after: iso(MATURE), shard: 5 };
    const arrived = arrivedLog(stored, log(1), arrival(ISSUED + 60_000, 600));
    expect(arrived).toMatchObject({ fold_after: iso(MATURE), shard: 5, seq: 1 });
  });
});

describe("one prediction in one request", () => {
  it.each<{ name: string; logs: JudgedLog[]; placements: Placement[]; written: number | undefined }>([
    {
      name: "three times",
      logs: [log(0), log(0), log(0)],
      placements: ["accepted", "duplicate", "duplicate"],
      written: 0,
    },
    { name: "amended", logs: [log(0), log(1), log(2)], placements: ["accepted", "amended", "amended"], written: 2 },
    {
      name: "in disorder",
      logs: [log(2), log(0), log(1)],
      placements: ["accepted", "duplicate", "duplicate"],
      written: 2,
    },
    { name: "in conflict", logs: [log(0), log(0, "other")], placements: ["accepted", "conflict"], written: 0 },
    { name: "none", logs: [], placements: [], written: undefined },
  ])("is written once: $name", ({ logs, placements, written }) => {
    const placed = placeLogs(undefined, logs, arrival(ISSUED));
    expect(placed.placements).toEqual(placements);
    expect(placed.write?.seq).toBe(written);
  });

  it("with maturity 0, is not amended by what comes with it", () => {
    const placed = placeLogs(undefined, [log(0), log(1)], arrival(ISSUED, 0));
    expect(placed.placements).toEqual(["accepted", "late_amendment"]);
    expect(placed.write?.seq).toBe(0);
  });

  it("writes nothing when nothing is new", () => {
    const stored = { seq: 3, body_hash: "body 3", fold_after: iso(MATURE), shard: 0 };
    expect(placeLogs(stored, [log(3), log(1)], arrival(ISSUED)).write).toBeUndefined();
  });
});

it("spreads logs evenly over shards", () => {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) {
    const shard = shardOf(`prediction-${i}`, 4);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(shardOf("anything", 1)).toBe(0);
});
