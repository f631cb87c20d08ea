import { describe, expect, it } from "vitest";
import type { Alert } from "../../functions/src/shared/schema.ts";
import { ago, bySeverity, byVersion, counted, figure, isSame, isSilent, percent, points } from "./words.ts";

const NOW = Date.parse("2026-11-27T02:00:00Z");
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("a time", () => {
  it.each([
    [0, "just now"],
    [-59 * SECOND, "just now"],
    [-MINUTE, "1 minute ago"],
    [-119 * MINUTE, "1 hour ago"],
    [-25 * HOUR, "1 day ago"],
    [-90 * 24 * HOUR, "90 days ago"],
    [15 * HOUR, "in 15 hours"],
  ])("%i ms from now is %s", (ms, words) => {
    expect(ago(new Date(NOW + ms).toISOString(), NOW)).toBe(words);
  });

  it("that is none is an error, so that its section says so", () => {
    expect(() => ago("soon", NOW)).toThrow('"soon" is no time');
  });
});

describe("a figure", () => {
  it("is as exact as it is of use", () => {
    expect([0.05, 0.485, 0.0025, 1 / 3, 0].map((share) => percent(share).replace("\u00a0", " "))).toEqual([
      "5 %",
      "48.5 %",
      "0.25 %",
      "33.33 %",
      "0 %",
    ]);
    expect([0.031, -0.002, 0, -0.0001].map(points)).toEqual(["+3.1 points", "−0.2 points", "+0 points", "+0 points"]);
    expect([-0.01234, 1234.5, 0, null].map(figure)).toEqual(["−0.0123", "1230", "0", "–"]);
    expect([counted(1, "visitor"), counted(1200, "visitor")]).toEqual(["1 visitor", "1,200 visitors"]);
  });

  it.each([Number.NaN, undefined as unknown as number, "5" as unknown as number])("that is %s is an error", (value) => {
    expect(() => figure(value)).toThrow("is no number");
  });
});

it("alerts come by severity, of one those first that nobody has seen, then the latest", () => {
  const alert = (id: string, severity: Alert["severity"], at: string, seen: Alert["seen"] = null) =>
    ({ id, severity, at, last_at: null, seen }) as Alert;
  const alerts = [
    alert("low", "low", "2026-11-27T01:00:00Z"),
    alert("old", "high", "2026-11-26T01:00:00Z"),
    alert("seen", "high", "2026-11-27T01:30:00Z", { at: "2026-11-27T01:31:00Z", by: "uid" }),
    alert("medium", "medium", "2026-11-27T01:00:00Z"),
    { ...alert("again", "high", "2026-11-20T01:00:00Z"), last_at: "2026-11-27T01:59:00Z" },
  ];
  expect(alerts.toSorted(bySeverity).map(({ id }) => id)).toEqual(["again", "old", "seen", "medium", "low"]);
});

it("monitoring is silent once it has said nothing for longer than it may", () => {
  const at = new Date(NOW - 20 * MINUTE).toISOString();
  expect(isSilent({ at }, { nowMs: NOW, minutes: 20 })).toBe(false);
  expect(isSilent({ at }, { nowMs: NOW + 1, minutes: 20 })).toBe(true);
});

it("documents are the same whatever the order of their fields", () => {
  const routing = { revision: 1, canary: { share: 0.1, salt: "s" }, groups: ["a", "b"], shadow: null };
  expect(isSame(routing, { shadow: null, groups: ["a", "b"], canary: { salt: "s", share: 0.1 }, revision: 1 })).toBe(
    true,
  );
  for (const other of [
    undefined,
    { ...routing, revision: 2 },
    { ...routing, more: 1 },
    { ...routing, canary: null },
    { ...routing, groups: ["b", "a"] },
  ])
    expect(isSame(routing, other)).toBe(false);
});

it("shares add up by version", () => {
  const portions = [
    { version: "v", share: 0.25 },
    { version: "rules", share: 0.125 },
    { version: "w", share: 0.375 },
    { version: "v", share: 0.25 },
  ];
  expect(byVersion(portions)).toEqual([
    ["v", 0.5],
    ["w", 0.375],
    ["rules", 0.125],
  ]);
});
