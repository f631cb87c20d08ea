import { Lifecycle } from "../../functions/src/config.ts";

/** What the tour changes of the policy: it has thousands of visitors where a site has thousands a day. */
export const TOUR_POLICY = {
  collect: { maturity_minutes: 0 },
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
