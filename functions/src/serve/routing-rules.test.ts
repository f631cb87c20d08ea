import { describe, expect, it } from "vitest";
import { armIssues, newVersions, readEdit, routingIssues } from "./routing-rules.ts";
import { FIRST_ROUTING, type Routing } from "./schema.ts";

const A = "v_20260901T000000Z_aaaaaaaaaaaa";
const B = "v_20260928T000000Z_bbbbbbbbbbbb";
const canary = { deployment: "d.1", version: B, share: 0.05, salt: "s" };
const idle: Routing = { ...FIRST_ROUTING, stable: A, previous_good: "rules" };
const rolling: Routing = { ...idle, canary };
const shadow = { deployment: "d.1", version: B };
const arms = [
  { name: "control", version: A, from: 0, to: 0.5 },
  { name: "treatment", version: B, from: 0.5, to: 0.6 },
];
const experiment = { id: "e1", salt: "s", arms };
const tested: Routing = { ...idle, shadow, experiment };

describe("an edit of the routing", () => {
  it.each([
    { name: "nothing but another stable", inForce: idle, change: { stable: "rules" as const }, paths: [] },
    { name: "the largest shares", inForce: idle, change: { holdback_share: 0.5, exploration_share: 0.5 }, paths: [] },
    { name: "too large a holdback", inForce: idle, change: { holdback_share: 0.51 }, paths: ["holdback_share"] },
    { name: "too much exploration", inForce: idle, change: { exploration_share: 0.6 }, paths: ["exploration_share"] },
    { name: "a candidate from nowhere", inForce: idle, change: { canary }, paths: ["canary"] },
    { name: "another candidate", inForce: rolling, change: { canary: { ...canary, version: A } }, paths: ["canary"] },
    { name: "another salt", inForce: rolling, change: { canary: { ...canary, salt: "t" } }, paths: ["canary"] },
    { name: "another previous good", inForce: idle, change: { previous_good: B }, paths: ["previous_good"] },
    { name: "a shadow from nowhere", inForce: idle, change: { shadow }, paths: ["shadow"] },
    { name: "another shadow", inForce: tested, change: { shadow: { ...shadow, version: A } }, paths: ["shadow"] },
    {
      name: "neither shadow nor experiment any more",
      inForce: tested,
      change: { shadow: null, experiment: null },
      paths: [],
    },
    { name: "both as they are", inForce: tested, change: { stable: "rules" as const }, paths: [] },
    { name: "an experiment from nowhere", inForce: idle, change: { experiment }, paths: ["experiment"] },
    {
      name: "another split of an experiment",
      inForce: tested,
      change: { experiment: { ...experiment, arms: [arms[0], { ...arms[1], to: 0.7 }] as typeof arms } },
      paths: ["experiment"],
    },
    {
      name: "arms of an experiment that overlap",
      inForce: tested,
      change: { experiment: { ...experiment, arms: [arms[0], { ...arms[1], from: 0.4 }] as typeof arms } },
      paths: ["experiment", "experiment.arms.1.from"],
    },
    {
      name: "another deployment",
      inForce: rolling,
      change: { canary: { ...canary, deployment: "e" } },
      paths: ["canary"],
    },
    {
      name: "another share of the candidate",
      inForce: rolling,
      change: { canary: { ...canary, share: 0.1 } },
      paths: [],
    },
    {
      name: "another stable under a deployment",
      inForce: rolling,
      change: { stable: "rules" as const },
      paths: ["stable"],
    },
    {
      name: "the same, and no candidate",
      inForce: rolling,
      change: { stable: "rules" as const, canary: null },
      paths: [],
    },
  ])("with $name has issues at $paths", ({ inForce, change, paths }) => {
    expect(routingIssues({ wanted: { ...inForce, ...change }, inForce }).map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    { name: "a deletion", stored: undefined, path: "" },
    { name: "a version that is none", stored: { ...idle, stable: "latest" }, path: "stable" },
    { name: "a share over 1", stored: { ...rolling, canary: { ...canary, share: 5 } }, path: "canary.share" },
    { name: "a slip of the pen", stored: { ...idle, cannary: null }, path: "" },
    {
      name: "an arm beyond everyone",
      stored: { ...tested, experiment: { ...experiment, arms: [arms[0], { ...arms[1], to: 1.1 }] } },
      path: "experiment.arms.1.to",
    },
    { name: "a text for a number", stored: { ...idle, revision: "1" }, path: "revision" },
  ])("that is $name cannot be read, and says where", ({ stored, path }) => {
    const edit = readEdit(stored);
    expect(edit).toMatchObject({ ok: false, issues: [{ path }] });
  });

  it.each([
    { name: "unchanged", change: {}, versions: [] },
    { name: "back to the rules", change: { stable: "rules" as const }, versions: [] },
    { name: "another stable", change: { stable: B }, versions: [["stable", B]] },
    { name: "another candidate", change: { canary: { ...canary, version: A } }, versions: [["canary.version", A]] },
    {
      name: "a shadow and an experiment",
      change: { shadow, experiment },
      versions: [
        ["shadow.version", B],
        ["experiment.arms.0.version", A],
        ["experiment.arms.1.version", B],
      ],
    },
  ])("$name must prove $versions", ({ change, versions }) => {
    expect([...newVersions({ wanted: { ...rolling, ...change }, inForce: rolling })]).toEqual(versions);
  });
});

describe("the arms of an experiment", () => {
  const three = (...bounds: [number, number][]) =>
    bounds.map(([from, to], i) => ({ name: `a${i}`, version: A, from, to }));

  it.each([
    { name: "that follow one another", of: three([0, 0.1], [0.1, 0.2], [0.2, 1]), paths: [] },
    { name: "that begin later", of: three([0.5, 0.6], [0.6, 0.7]), paths: [] },
    { name: "with a gap", of: three([0, 0.1], [0.2, 0.3]), paths: ["1.from"] },
    { name: "that overlap", of: three([0, 0.2], [0.1, 0.3]), paths: ["1.from"] },
    { name: "that fall", of: three([0.5, 1], [0, 0.5]), paths: ["1.from"] },
    { name: "that are empty", of: three([0, 0], [0, 0.5]), paths: ["0.to"] },
    { name: "that are turned round", of: three([0.2, 0.1], [0.1, 0.5]), paths: ["0.to"] },
    { name: "of one name", of: three([0, 0.1], [0.1, 0.2]).map((arm) => ({ ...arm, name: "a" })), paths: ["1.name"] },
  ])("$name have issues at $paths", ({ of, paths }) => {
    expect(armIssues({ arms: of }).map(({ path }) => path)).toEqual(paths.map((path) => `experiment.arms.${path}`));
  });
});
