import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { type HealthFacts, judgeHealth, type Machinery, outagesOf } from "./judge-health.ts";
import type { HealthFinding } from "./schema.ts";

const POLICY = Lifecycle.parse({}).monitoring;
const NOW = Date.parse("2026-03-02T10:00:00Z");
const MINUTE = 60_000;
const VERSION = "v_20260301T000000Z_0123456789ab";

const finding = (of: Partial<HealthFinding> = {}): HealthFinding => ({
  metric: "errors",
  span: "24h",
  severity: "high",
  whose: "model",
  reason: "4 % of 900 visits had an error",
  ...of,
});
const facts = (of: Partial<HealthFacts> = {}): HealthFacts => ({
  version: VERSION,
  outages: [],
  findings: [],
  slowSinceMs: null,
  fallbacksSinceMs: null,
  deploying: false,
  noReturn: null,
  enough: true,
  ...of,
});
const other = finding({ metric: "fallbacks", span: "5m" });
const slow = finding({ metric: "latency", severity: "medium", span: "1h" });

describe("the version in service", () => {
  it.each<[string, Partial<HealthFacts>, string, string]>([
    ["is well when nothing is found", {}, "ok", "none"],
    ["is not known with too few answers", { enough: false }, "insufficient_data", "none"],
    ["is returned from for harm of its own", { findings: [finding()] }, "harm", "roll_back"],
    ["is returned from though few answers came lately", { findings: [finding()], enough: false }, "harm", "roll_back"],
    ["stays while an outage is ours", { findings: [finding()], outages: ["the fold is behind"] }, "outage", "alert"],
    ["stays when the holdback fares alike", { findings: [finding({ whose: "site" })] }, "warning", "alert"],
    ["stays when nobody can tell", { findings: [finding({ whose: "unclear" })] }, "warning", "alert"],
    ["stays for what is low", { findings: [finding({ severity: "low" })] }, "warning", "alert"],
    ["stays for answers that just became slow", { findings: [slow], slowSinceMs: NOW }, "warning", "alert"],
    ["stays for 29 minutes of slow answers", { findings: [slow], slowSinceMs: NOW - 29 * MINUTE }, "warning", "alert"],
    ["is returned from after 30", { findings: [slow], slowSinceMs: NOW - 30 * MINUTE }, "harm", "roll_back"],
    ["stays for answers by others at one look", { findings: [other], fallbacksSinceMs: NOW }, "warning", "alert"],
    ["is returned from at the next", { findings: [other], fallbacksSinceMs: NOW - 5 * MINUTE }, "harm", "roll_back"],
    ["waits for a deployment to end", { findings: [finding()], deploying: true }, "harm", "abort"],
    ["stays when there is no way back", { findings: [finding()], noReturn: "there is nothing else" }, "harm", "alert"],
    [
      "is harmful also beside what is the site's",
      { findings: [finding({ whose: "site" }), finding()] },
      "harm",
      "roll_back",
    ],
  ])("%s", (_what, of, status, action) => {
    expect(judgeHealth(facts(of), POLICY, NOW)).toMatchObject({ status, action });
  });

  it("stays where the policy leaves it to a person", () => {
    const policy = { ...POLICY, automatic_rollback: false };
    expect(judgeHealth(facts({ findings: [finding()] }), policy, NOW)).toMatchObject({
      status: "harm",
      action: "alert",
    });
  });
});

describe("an outage of ours", () => {
  const WELL: Machinery = { fold: null, answered: 500, logged: 480, served: 500, stale: 0, received: 480, refused: 5 };
  it.each<[string, Partial<Machinery>, number]>([
    ["is none where all goes on", {}, 0],
    ["is a fold that is behind", { fold: "the fold is behind" }, 1],
    ["is no log of 50 answers", { answered: 50, logged: 0 }, 1],
    ["is not told from 49", { answered: 49, logged: 0 }, 0],
    ["is no answer of 50 logs", { answered: 0, logged: 50 }, 1],
    ["is routing that more than a tenth of the answers could not read", { stale: 51 }, 1],
    ["is not a tenth", { stale: 50 }, 0],
    ["is the refusal of more than half of the logs", { received: 100, refused: 51 }, 1],
    ["is not that of half", { received: 100, refused: 50 }, 0],
  ])("%s", (_what, of, count) => {
    expect(outagesOf({ ...WELL, ...of }).length).toBe(count);
  });
});
