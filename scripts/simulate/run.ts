import type { Lifecycle } from "../../functions/src/config.ts";
import { CLASS_GROUPS, type ClassGroup } from "../../functions/src/design/schema.ts";
import type { Days } from "../../functions/src/evaluate/drift-section.ts";
import { comparison, type DayFindings, judgeDay } from "../../functions/src/evaluate/judge-day.ts";
import type { TriggerName } from "../../functions/src/evaluate/schema.ts";
import { type VolumeDay, volumeDay, volumeFindings } from "../../functions/src/evaluate/seasonal.ts";
import { decideTriggers, type TriggerFacts } from "../../functions/src/evaluate/triggers.ts";
import type { Reference } from "../../functions/src/registry/schema.ts";
import { COLUMNS } from "../../functions/src/train/examples.ts";
import { type ReferenceRows, referenceOf } from "../../functions/src/train/reference.ts";
import { Draws } from "../crowd/draws.ts";
import type { Rates } from "./person.ts";
import { type Shift, shiftOf, type WantedShift } from "./shift.ts";
import { Traffic } from "./traffic.ts";
import { Lottery, remembered, type SimulatedVisitor, type ToldVisits, type Visits, visitsOf } from "./visits.ts";

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const FEEDBACK_HOURS = 7 * DAY_HOURS;

/** What is simulated, but for the seed of the single run. */
export interface Scenario {
  /** Days of hourly decisions, after the reference. */
  days: number;
  /** Days that the version in service was trained on. */
  referenceDays: number;
  /** Days that the site has been there before. */
  siteDays: number;
  visitsPerHour: number;
  rates: Rates;
  shift: WantedShift | null;
  policy: Lifecycle["triggers"];
  seed: number;
}

/** A trigger that fired, so many days after the reference. */
interface Firing {
  trigger: TriggerName;
  day: number;
  reason: string;
}

export interface RunResult {
  decisions: number;
  firings: Firing[];
}

/** Simulates one site: its training, then a decision an hour by the code that decides in production. */
export function simulateRun(scenario: Scenario, run: number): RunResult {
  const { days, referenceDays, siteDays, visitsPerHour, rates, policy, seed } = scenario;
  const draws = new Draws(seed, "visit", run);
  const traffic = new Traffic(new Draws(seed, "visitor", run), visitsPerHour, rates);
  const site = new Site();
  for (let hour = 0; hour < siteDays * DAY_HOURS; hour++) site.take(traffic.next(), draws, null);
  const trained = new Rows();
  for (let hour = 0; hour < referenceDays * DAY_HOURS; hour++) {
    const from = traffic.next();
    site.take(from, draws, null);
    trained.add(from.fromMs, site.newest());
  }
  const reference = trained.reference();
  const shift = scenario.shift === null ? null : shiftOf(scenario.shift, reference);
  const startMs = site.nowMs;
  site.train();

  const findings: DayFindings[] = [];
  const compared = comparison(reference, "", policy);
  const back = (hours: number): DayFindings | null => findings[findings.length - 1 - hours] ?? null;
  const volumes: VolumeDay[] = [];
  const volumeBack = (hours: number): VolumeDay =>
    volumes[volumes.length - 1 - hours] ?? volumeDay(site.volume, site.nowMs - hours * HOUR_MS, policy.seasonal);
  const { atTraining } = volumeFindings(site.volume, { toMs: startMs, lastTrainingMs: startMs }, policy.seasonal);
  const lastFiredMs: TriggerFacts["lastFiredMs"] = {};
  const firings: Firing[] = [];
  for (let hour = 1; hour <= days * DAY_HOURS; hour++) {
    site.take(traffic.next(), draws, isShifted(scenario.shift, hour) ? shift : null);
    findings.push(judgeDay(site.day(), compared, policy, remembered));
    volumes.push(volumeDay(site.volume, site.nowMs, policy.seasonal));
    const last: Days = [back(0), back(DAY_HOURS), back(2 * DAY_HOURS)];
    const { nowMs } = site;
    const { fired, triggers } = decideTriggers({
      nowMs,
      policy,
      inService: "v_20260101T000000Z_00000000",
      lastTrainingMs: startMs,
      lastVersionMs: startMs,
      newSessions: site.sessions,
      openJob: null,
      lastFiredMs,
      days: last,
      feedback: site.feedback(),
      volume: { days: [volumeBack(0), volumeBack(DAY_HOURS), volumeBack(2 * DAY_HOURS)], atTraining },
    });
    if (fired === null) continue;
    lastFiredMs[fired] = nowMs;
    firings.push({ trigger: fired, day: hour / DAY_HOURS, reason: triggers[fired].reason });
  }
  return { decisions: days * DAY_HOURS, firings };
}

function isShifted(shift: WantedShift | null, hour: number): boolean {
  return shift !== null && hour > shift.day * DAY_HOURS;
}

/** What a site knows of its last hours. */
class Site {
  nowMs = 0;
  /** Sessions since the training. */
  sessions = 0;
  readonly volume = { fromMs: 0, visits: [] as number[] };
  /** Visits of the last day, and of the last week those with feedback. */
  private readonly hours: Visits[] = [];
  private readonly told: ToldVisits[] = [];
  private readonly lottery = new Lottery();

  take(hour: ReturnType<Traffic["next"]>, draws: Draws, shift: Shift | null): void {
    const { visits, told } = visitsOf(hour, draws, shift);
    this.hours.push(visits);
    if (this.hours.length > DAY_HOURS) this.hours.shift();
    this.told.push(told);
    if (this.told.length > FEEDBACK_HOURS) this.told.shift();
    if (this.volume.visits.length === 0) this.volume.fromMs = hour.fromMs;
    this.volume.visits.push(visits.units.length);
    this.nowMs = hour.fromMs + HOUR_MS;
    this.sessions += hour.arrivals;
  }

  train(): void {
    this.sessions = 0;
  }

  newest(): Visits | undefined {
    return this.hours.at(-1);
  }

  day() {
    return {
      fromMs: this.nowMs - DAY_HOURS * HOUR_MS,
      toMs: this.nowMs,
      ...this.lottery.visitors(this.hours),
    };
  }

  feedback() {
    return this.lottery.feedback(this.told);
  }
}

/** Rows that a version is trained on, as a training lays them out. */
class Rows {
  private readonly visitors: SimulatedVisitor[] = [];
  private readonly units: number[] = [];
  private readonly eventMs: number[] = [];

  add(fromMs: number, visits: Visits | undefined): void {
    for (const [i, visitor] of (visits?.visitors ?? []).entries()) {
      this.visitors.push(visitor);
      this.units.push(visits?.units[i] ?? -1);
      this.eventMs.push(fromMs + Math.floor(((i + 0.5) / (visits?.units.length ?? 1)) * HOUR_MS));
    }
  }

  reference(): Reference {
    const { visitors } = this;
    const rows: ReferenceRows = {
      ids: visitors.map((_, i) => `visit ${i}`),
      features: new Float64Array(visitors.length * COLUMNS),
      unit: Int32Array.from(this.units),
      cell: Uint8Array.from(visitors, ({ cell }) => cell),
      eventMs: Float64Array.from(this.eventMs),
      language: visitors.map(({ language }) => language),
    };
    visitors.forEach(({ features }, i) => {
      rows.features.set(features, i * COLUMNS);
    });
    const predicted = CLASS_GROUPS.map((group): [ClassGroup, Uint8Array] => [
      group,
      Uint8Array.from(visitors, ({ answered }) => answered?.[group] ?? 0),
    ]);
    return referenceOf(rows, Object.fromEntries(predicted) as Record<ClassGroup, Uint8Array>);
  }
}
