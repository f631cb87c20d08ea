import type { InteractionLog } from "../collect/schema.ts";
import type { Lifecycle } from "../config.ts";

/** What validation looks at in a log. */
export type CheckedLog = Pick<
  InteractionLog,
  | "prediction_id"
  | "unit"
  | "event_at"
  | "session_duration"
  | "interactions_count"
  | "bounce_rate"
  | "scroll_depth"
  | "click_through_rate"
  | "page_load_time"
  | "rendering_time"
> & { user_context: Pick<InteractionLog["user_context"], "viewport_width" | "viewport_height"> };

/** Event times that a data set was asked for, epoch ms: `fromMs <= event_at < toMs`, and none after `asOfMs`. */
export interface AskedRange {
  fromMs: number;
  toMs: number;
  asOfMs: number;
}

/** What is beyond a person (config/lifecycle, validation). */
export type HumanLimits = Lifecycle["validation"];

/** Rules of a log; one can break several, and each is counted. The last two tell bots. */
export type Rule =
  | "viewport_not_positive"
  | "duration_negative"
  | "count_negative"
  | "time_negative"
  | "rate_outside_0_1"
  | "in_the_future"
  | "outside_range"
  | "duplicate_id"
  | "inhuman_rate"
  | "inhuman_visitor";

/**
 * What a validation found. The rules of single logs let every data set `proceed`; `caution` would train and say so, `abort`
 * would not train.
 */
export interface ValidationReport {
  verdict: "proceed" | "caution" | "abort";
  checked: number;
  valid: number;
  /** Logs by the rule that they broke; one that broke two counts under both. */
  invalid: Partial<Record<Rule, number>>;
  reason: string;
}

/** Checks the logs of one data set, one after the other. */
export class LogValidator {
  private readonly range: AskedRange;
  private readonly limits: HumanLimits;
  private readonly busy: ReadonlySet<string>;
  private readonly seen = new Set<string>();
  private readonly invalid: Partial<Record<Rule, number>> = {};
  private checked = 0;
  private valid = 0;

  /** @param busy visitors whose visits are not a person's, by `busyVisitors` */
  constructor(range: AskedRange, { limits, busy }: { limits: HumanLimits; busy: ReadonlySet<string> }) {
    this.range = range;
    this.limits = limits;
    this.busy = busy;
  }

  /** The rules that this log breaks: none if it may be trained on. */
  check(log: CheckedLog): Rule[] {
    const broken = brokenRules(log, this.range);
    // The first of two is kept: which one is right cannot be told, and both say the same in all that was ever seen.
    if (this.seen.has(log.prediction_id)) broken.push("duplicate_id");
    this.seen.add(log.prediction_id);
    if (isInhumanlyFast(log, this.limits)) broken.push("inhuman_rate");
    if (this.busy.has(log.unit)) broken.push("inhuman_visitor");
    this.checked++;
    if (broken.length === 0) this.valid++;
    for (const rule of broken) this.invalid[rule] = (this.invalid[rule] ?? 0) + 1;
    return broken;
  }

  /** What was found so far. What is invalid is left out and counted; it keeps nobody from training on the rest. */
  report(): ValidationReport {
    return {
      verdict: "proceed",
      checked: this.checked,
      valid: this.valid,
      invalid: { ...this.invalid },
      reason: `${this.valid} of ${this.checked} logs are valid`,
    };
  }
}

/** Interactions from which on a rate says something. */
const SOME_INTERACTIONS = 20;

function isInhumanlyFast(
  { interactions_count: count, session_duration: ms }: CheckedLog,
  { max_interactions_per_second: perSecond }: HumanLimits,
): boolean {
  return count >= SOME_INTERACTIONS && count > (perSecond * ms) / 1000;
}

/** Visitors with more visits on some day than a person makes. */
export function busyVisitors(
  logs: Iterable<Pick<CheckedLog, "unit" | "event_at">>,
  { max_daily_visits: limit }: HumanLimits,
): Set<string> {
  const visits = new Map<string, number>();
  const busy = new Set<string>();
  for (const { unit, event_at: at } of logs) {
    const key = `${at.slice(0, 10)} ${unit}`;
    const count = (visits.get(key) ?? 0) + 1;
    visits.set(key, count);
    if (count > limit) busy.add(unit);
  }
  return busy;
}

function brokenRules(log: CheckedLog, { fromMs, toMs, asOfMs }: AskedRange): Rule[] {
  const eventMs = Date.parse(log.event_at);
  const { viewport_width: width, viewport_height: height } = log.user_context;
  const rates = [log.bounce_rate, log.scroll_depth, log.click_through_rate];
  // Conditions are written as what must hold, so that NaN breaks them.
  const holds: Record<Exclude<Rule, "duplicate_id" | "inhuman_rate" | "inhuman_visitor">, boolean> = {
    viewport_not_positive: width > 0 && height > 0,
    duration_negative: log.session_duration >= 0,
    count_negative: log.interactions_count >= 0,
    time_negative: log.page_load_time >= 0 && log.rendering_time >= 0,
    rate_outside_0_1: rates.every((rate) => rate >= 0 && rate <= 1),
    in_the_future: eventMs <= asOfMs,
    outside_range: eventMs >= fromMs && eventMs < toMs,
  };
  return (Object.keys(holds) as (keyof typeof holds)[]).filter((rule) => !holds[rule]);
}
