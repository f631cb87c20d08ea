import type { Lifecycle } from "../config.ts";
import { CONTROL_SHARE } from "../serve/assign.ts";
import { sequenceWidth } from "../stats/confidence-sequence.ts";
import { logEvidenceOfMore } from "../stats/event-ratio.ts";
import { OF_ALL } from "./analyse.ts";
import { percent } from "./decision.ts";
import { TUNED_FOR } from "./differences.ts";
import { treatmentShare } from "./events.ts";
import type { Forecast } from "./schema.ts";

type Policy = Lifecycle["deployment"];

/** The site's last week, all arms together. */
export interface SiteWeek {
  visitorsPerHour: number;
  visitsPerHour: number;
  /** Share of engaged visits, and its variance per visit, clusters of visitors counted in. */
  engagement: { mean: number; variance: number };
  /** Milliseconds. */
  latency: { mean: number; variance: number };
  /** Share of visitors with an error. */
  errors: number;
}

/** Share of the runs in which harm is seen by then, as a normal quantile: four in five. */
const POWER_Z = 0.8416;
/** Share of visitors with an error that is forecast as harm. */
const MANY_ERRORS = 0.04;
/** Hours of a step of the calculation. */
const STEP_HOURS = 1 / 12;

/**
 * What a deployment will need at the traffic of the week before: visitors and hours to see each harm at the first stage, and hours until a
 * good candidate has everybody's traffic. Expected values put into the very bounds that decide; traffic by the hour is taken for even.
 * Null where a stage would run out of its two terms first.
 * @param maturityHours until a visit's log counts
 */
export function forecast(week: SiteWeek, policy: Policy, maturityHours: number): Forecast {
  const { guardrails, stages } = policy;
  const [first = 1] = stages;
  const margin = guardrails.engagement.pass_margin;
  const mostHours = 2 * policy.hold_hours;
  const lead = Math.max(policy.shadow_min_hours, policy.shadow_min_visitors / week.visitorsPerHour) + maturityHours;
  const ofMean = (size: number, variance: number, alpha: number): number =>
    Math.max(policy.first_look_visits, visitsToSee({ size, variance, alpha: alpha * OF_ALL }, first));
  const byVisits = [
    {
      metric: "engagement" as const,
      size: -margin,
      visits: ofMean(margin, week.engagement.variance, guardrails.engagement.alpha),
    },
    {
      // As much again as the margin, which harm must exceed.
      metric: "latency" as const,
      size: 2 * guardrails.latency.margin_ms,
      visits: ofMean(guardrails.latency.margin_ms, week.latency.variance, guardrails.latency.alpha),
    },
  ];
  const visitsEach = week.visitsPerHour / week.visitorsPerHour;
  const erring = visitorsToSeeErrors(week.errors, { alpha: guardrails.errors.alpha * OF_ALL, share: first });
  const harms = [
    ...byVisits.map(({ metric, size, visits }) => ({ metric, size, visitors: visits / visitsEach })),
    { metric: "errors" as const, size: MANY_ERRORS, visitors: erring },
  ].map(({ metric, size, visitors }) => {
    const hours = visitors / (week.visitorsPerHour * first) + maturityHours;
    return { metric, size, visitors: Math.ceil(visitors), hours: Math.round(hours * 10) / 10 };
  });
  const toRollBack = lead + Math.max(...harms.map(({ hours }) => hours));
  const hours_to_roll_back = toRollBack - lead <= mostHours ? Math.round(toRollBack * 10) / 10 : null;
  const hours_to_promote = hoursToPromote(week, policy, { lead, maturityHours });
  const { engagement, latency, errors } = week;
  const rates = { engagement: engagement.mean, latency_ms: latency.mean, errors };
  const traffic = `at ${Math.round(week.visitorsPerHour)} visitors an hour`;
  const promoted =
    hours_to_promote === null
      ? `${traffic} nothing can be decided: a good candidate would end with not enough data`
      : `${traffic} a good candidate has everybody's traffic after about ${Math.round(hours_to_promote)} hours`;
  const rolledBack =
    hours_to_roll_back === null
      ? `harm may not be recognised at ${percent(first)} of it`
      : `harm is rolled back within about ${Math.round(hours_to_roll_back)}, in four cases of five`;
  return {
    visitors_per_hour: week.visitorsPerHour,
    visits_per_hour: week.visitsPerHour,
    rates,
    harms,
    hours_to_promote,
    hours_to_roll_back,
    says: `${promoted}, and ${rolledBack}`,
  };
}

/** Treatment visits at a share until a difference of this size is beyond its bound in four cases of five. */
function visitsToSee(
  { size, variance, alpha }: { size: number; variance: number; alpha: number },
  share: number,
): number {
  const worthOf = (visits: number): number => (visits * CONTROL_SHARE) / (share + CONTROL_SHARE);
  return leastThat((visits) => {
    const n = worthOf(visits);
    return size > (POWER_Z + sequenceWidth({ alpha, n, tunedFor: TUNED_FOR, sides: 1 })) * Math.sqrt(variance / n);
  });
}

function visitorsToSeeErrors(base: number, { alpha, share }: { alpha: number; share: number }): number {
  return leastThat((visitors) => {
    const control = (base * visitors * CONTROL_SHARE) / share;
    // A standard deviation of a Poisson count less than expected.
    const expected = MANY_ERRORS * visitors;
    const treatment = Math.max(0, expected - POWER_Z * Math.sqrt(expected));
    return logEvidenceOfMore([{ control, treatment, share: treatmentShare(share) }]) >= -Math.log(alpha);
  });
}

/** The least number from 1 on that holds, if all above hold, too; to one part in a thousand. */
function leastThat(holds: (n: number) => boolean): number {
  let high = 1;
  while (!holds(high) && high < 1e12) high *= 2;
  let low = high / 2;
  while (high - low > high / 1000) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Hours from the shadow's beginning until a candidate without any effect has everybody's traffic; null if a stage runs out of time. */
function hoursToPromote(
  week: SiteWeek,
  policy: Policy,
  { lead, maturityHours }: { lead: number; maturityHours: number },
) {
  const { stages, guardrails, pass_alpha: alpha, stage_min_visitors: least } = policy;
  const { engagement, latency } = guardrails;
  let [hours, worth] = [lead, 0];
  for (const [i, share] of stages.slice(0, -1).entries()) {
    const margin = stages[i + 2] === undefined ? engagement.last_pass_margin : engagement.pass_margin;
    const perHour = (week.visitsPerHour * share * CONTROL_SHARE) / (share + CONTROL_SHARE);
    const bound = (variance: number): number =>
      sequenceWidth({ alpha, n: worth, tunedFor: TUNED_FOR, sides: 1 }) * Math.sqrt(variance / worth);
    let spent = 0;
    const lacks = (): boolean =>
      spent * week.visitorsPerHour * share < least ||
      bound(week.engagement.variance) > margin ||
      bound(week.latency.variance) > latency.margin_ms;
    do {
      spent += STEP_HOURS;
      worth += perHour * STEP_HOURS;
      if (spent > 2 * policy.hold_hours) return null;
    } while (lacks());
    hours += spent + maturityHours;
  }
  return Math.round(hours * 10) / 10;
}
