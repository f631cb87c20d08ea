import { describe, expect, it } from "vitest";
import { newVersions, readEdit, routingIssues } from "./routing-rules.ts";
import { FIRST_ROUTING, type Routing } from "./schema.ts";

const A = "v_20260901T000000Z_aaaaaaaaaaaa";
const B = "v_20260928T000000Z_bbbbbbbbbbbb";
const canary = { deployment: "d.1", version: B, share: 0.05, salt: "s" };
const idle: Routing = { ...FIRST_ROUTING, stable: A, previous_good: "rules" };
const rolling: Routing = { ...idle, canary };

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
  ])("$name must prove $versions", ({ change, versions }) => {
    expect([...newVersions({ wanted: { ...rolling, ...change }, inForce: rolling })]).toEqual(versions);
  });
});
