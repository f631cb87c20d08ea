import { describe, expect, it } from "vitest";
import { Lifecycle } from "../../functions/src/config.ts";
import { changesInWords, TOUR_POLICY } from "./policy.ts";

describe("the tour's policy", () => {
  it("is valid, and changes these numbers", () => {
    expect(Lifecycle.safeParse(TOUR_POLICY).error).toBeUndefined();
    expect(changesInWords(TOUR_POLICY)).toEqual([
      "collect.maturity_minutes 0 instead of 45",
      "collect.fold_rest_minutes 0 instead of 30",
      "training.window_days 2 instead of 30",
      "training.incremental_holdout_sessions 200 instead of 1500",
      "triggers.after_training_hours 240 instead of 72",
      "triggers.data_volume.new_sessions 1300 instead of 1000",
      "monitoring.automatic_rollback false instead of true",
      "deployment.stage_min_visitors 50 instead of 300",
      "deployment.shadow_min_hours 0 instead of 2",
      "deployment.shadow_min_visitors 50 instead of 500",
      "deployment.bake_hours 1 instead of 24",
      "deployment.first_look_visits 10 instead of 100",
      "deployment.guardrails.engagement.pass_margin 0.9 instead of 0.05",
      "deployment.guardrails.engagement.last_pass_margin 0.9 instead of 0.03",
      "deployment.guardrails.errors.pass_rate 0.5 instead of 0.02",
      "deployment.guardrails.accuracy.margin 0.5 instead of 0.05",
    ]);
  });
});
