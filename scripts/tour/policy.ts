import { Lifecycle } from "../../functions/src/config.ts";

/**
 * What the tour changes of the policy: it has thousands of visitors where a site has thousands a day, and lives through ten
 * days where a site has months to look back on.
 */
export const TOUR_POLICY = {
  collect: { maturity_minutes: 0, fold_rest_minutes: 0 },
  training: { window_days: 2, incremental_holdout_sessions: 200 },
  // Tastes turn in the week that belongs to the schedule: by itself, the accuracy trigger would not wait for Monday.
  triggers: { after_training_hours: 240 },
  deployment: { stage_min_visitors: 50 },
} as const;

/** The changes in words, `collect.maturity_minutes 0 instead of 45`, taken from the policy's own defaults. */
export function changesInWords(policy: Record<string, Record<string, unknown>>): string[] {
  const defaults = Lifecycle.parse({}) as Record<string, unknown>;
  return Object.entries(policy).flatMap(([section, settings]) => {
    const usual = defaults[section] as Record<string, unknown>;
    return Object.entries(settings).map(([name, value]) => `${section}.${name} ${value} instead of ${usual[name]}`);
  });
}
