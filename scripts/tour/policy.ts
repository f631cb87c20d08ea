import { Lifecycle } from "../../functions/src/config.ts";

/**
 * What the tour changes of the policy: it has thousands of visitors where a site has thousands a day, and lives through ten
 * days where a site has months to look back on.
 */
export const TOUR_POLICY = {
  collect: { maturity_minutes: 0, fold_rest_minutes: 0 },
  training: { window_days: 2, incremental_holdout_sessions: 200 },
  triggers: {
    // Tastes turn in the week that belongs to the schedule: by itself, the accuracy trigger would not wait for Monday.
    after_training_hours: 240,
    // The first version is judged by the last fifth of a day and a half: after 1000 sessions, before dawn, that is a night.
    data_volume: { new_sessions: 1300 },
  },
  // When tastes turn, monitoring would return to the rules before the weekly schedule comes: here it only tells a person.
  monitoring: { automatic_rollback: false },
  // A stage of 50 visitors tells gross harm from none, and nothing finer: what a candidate must prove is less in proportion.
  deployment: {
    stage_min_visitors: 50,
    shadow_min_hours: 0,
    shadow_min_visitors: 50,
    bake_hours: 1,
    first_look_visits: 10,
    guardrails: {
      engagement: { pass_margin: 0.9, last_pass_margin: 0.9 },
      errors: { pass_rate: 0.5 },
      accuracy: { margin: 0.5 },
    },
  },
} as const;

/** The changes in words, `collect.maturity_minutes 0 instead of 45`, taken from the policy's own defaults. */
export function changesInWords(policy: object, usual: object = Lifecycle.parse({}), within = ""): string[] {
  return Object.entries(policy).flatMap(([name, value]: [string, unknown]) => {
    const known = (usual as Record<string, unknown>)[name];
    const nested = typeof value === "object" && value !== null;
    return nested
      ? changesInWords(value, known as object, `${within}${name}.`)
      : [`${within}${name} ${value} instead of ${known}`];
  });
}
