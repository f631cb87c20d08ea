import { describe, expect, it } from "vitest";
import { FIRST_ROUTING } from "../serve/schema.ts";
import { iso } from "../shared/time.ts";
import { apply, opened, wish } from "./apply.ts";
import type { Action } from "./decision.ts";
import { type Analysis, Deployment, Metric } from "./schema.ts";

/** What Firestore takes of a document. */
const MOST_BYTES = 1_048_576;
const START = Date.UTC(2026, 8, 28);
const MINUTE_MS = 60_000;
/** Longer than any reason with its figures. */
const REASON = "x".repeat(500);

/** Every metric over all stages and over the present one, those of class groups for each of the three. */
function fullAnalysis(nowMs: number): Analysis {
  const figure = { estimate: -1 / 3, lower: -1 / 3, upper: 1 / 3, margin: 1 / 3, control: 1 / 3, treatment: 1 / 3 };
  const rest = { finding: "insufficient_data", n: 123_456.789, reason: REASON.slice(0, 200), dry_run: false } as const;
  const figures = Metric.options.flatMap((metric) =>
    ["all", "stage", "density", "font", "theme"]
      .slice(0, metric === "accuracy" || metric === "prediction_drift" ? 5 : 2)
      .map((scope) => ({ metric, scope, ...figure, ...rest })),
  );
  const visitors = { control: 123_456, treatment: 123_456 };
  return { at: iso(nowMs), verdict: "inconclusive", severity: "medium", reason: REASON, visitors, figures };
}

describe("the story of a deployment", () => {
  it("fits into its document, though ten stages are each held and extended, and an admin speaks a hundred times", () => {
    const stages = Array.from({ length: 10 }, (_, i) => (i + 1) / 10);
    const request = {
      id: "d",
      version: "v_20260901T000000Z_0123456789ab",
      previous: "rules",
      requested_by: "u",
      salt: "s",
    } as const;
    let deployment = opened({ ...request, reason: REASON, stages }, START);
    let looks = 0;
    const take = (action: Action, reason = REASON): void => {
      const nowMs = START + ++looks * MINUTE_MS;
      const now = {
        nowMs,
        by: "system",
        routing: FIRST_ROUTING,
        checks: null,
        forecast: null,
        analysis: fullAnalysis(nowMs),
      };
      ({ deployment } = apply(deployment, { action, reason }, now));
    };
    take("start");
    for (const stage of stages) {
      for (let i = 0; i < 100; i++) take("hold", `${i % 2 === 0 ? "one" : "another"} ${REASON}`);
      take("extend");
      if (stage === 0.3) take("halve");
      if (stage === 0.3) take("restore");
      take("advance");
    }
    for (let i = 0; i < 50; i++) {
      for (const kind of ["pause", "resume"] as const) {
        deployment = wish(deployment, kind, { by: "u".repeat(28), reason: REASON, nowMs: START + ++looks * MINUTE_MS });
      }
    }
    take("complete");
    const decisions = deployment.log.filter(({ action }) => action !== "hold").map(({ action }) => action);
    // open, start, an extension and an advance for each stage, the halving and its end, the admin's words, the end.
    expect(decisions).toHaveLength(2 + 2 * stages.length + 2 + 100 + 1);
    expect(deployment.log.length).toBeGreaterThan(250);
    // JSON is longer than what Firestore counts of names and texts; its numbers have 8 bytes there, and up to 20 here.
    const bytes = Buffer.byteLength(JSON.stringify(Deployment.parse(deployment)));
    expect(bytes).toBeLessThan(MOST_BYTES);
    expect(bytes).toBeGreaterThan(200_000);
  });
});
