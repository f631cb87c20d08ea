import { describe, expect, it } from "vitest";
import { alertOf } from "./alert-of.ts";
import { opened } from "./apply.ts";
import type { Action } from "./decision.ts";

const VERSION = "v_20260928T050000Z_0123456789ab";
const deployment = opened(
  {
    id: `d.${VERSION}`,
    version: VERSION,
    previous: "rules",
    requested_by: "system",
    reason: "r",
    stages: [1],
    salt: "s",
  },
  Date.parse("2026-09-28T05:00:00Z"),
);

describe("a step of a deployment", () => {
  it.each<[Action, string, string]>([
    ["hold", "medium", "it stands still"],
    ["extend", "low", "the same time once more"],
    ["halve", "medium", "halved"],
    ["give_up", "medium", "everybody is answered by rules"],
    ["fail", "medium", "everybody is answered by rules"],
    ["abort", "low", "that change is in force"],
    ["roll_back", "high", "everybody is answered by rules again"],
  ])("%s is told as %s, with what was done and what to do", (action, severity, did) => {
    const alert = alertOf(deployment, { action, reason: "errors: 40 of 60" });
    expect(alert).toMatchObject({ severity, kind: `deployment_${action}`, subject: `deployments/${deployment.id}` });
    expect(alert?.message).toContain(did);
    expect(alert?.message).toMatch(new RegExp(`${VERSION}.*Why: errors: 40 of 60$`));
    expect(alert?.to_do).toMatch(/^[A-Z].*\.$/);
  });

  it.each<Action>(["wait", "start", "advance", "restore", "complete"])("%s is nothing to hear of", (action) => {
    expect(alertOf(deployment, { action, reason: "r" })).toBeUndefined();
  });
});
