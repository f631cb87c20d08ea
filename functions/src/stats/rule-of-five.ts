/**
 * Events, and trials without one, from which on a share is taken for normally distributed: n p and n (1 - p) are 5 or more, the common
 * rule for the normal approximation to the binomial (Cochran 1954, "Some methods for strengthening the common chi-square tests",
 * Biometrics 10, has it for expected counts).
 */
export const LEAST_EVENTS = 5;

/** The rarer of events and trials without one, which the rule asks for. */
export function rarest({ events, trials }: { events: number; trials: number }): number {
  return Math.min(events, trials - events);
}
