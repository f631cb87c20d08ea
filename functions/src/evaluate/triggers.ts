import type { Lifecycle } from "../config.ts";
import type { ServedVersion } from "../serve/schema.ts";
import type { Days } from "./drift-section.ts";
import type { Finding } from "./finding.ts";
import { TriggerName, type TriggerVerdict } from "./schema.ts";
import type { VolumeFindings } from "./seasonal.ts";
import { answeredSeason, inSeason, seasonalFinding } from "./seasonal-finding.ts";
import {
  accuracyFinding,
  featureFinding,
  feedbackFinding,
  patternsFinding,
  predictionFinding,
} from "./visitor-findings.ts";
import type { Feedback } from "./visitors.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** All that a decision looks at. Times are event times, epoch ms. */
export interface TriggerFacts {
  nowMs: number;
  policy: Lifecycle["triggers"];
  inService: ServedVersion;
  /** When the last version was trained that does not await evidence; null before the first. */
  lastTrainingMs: number | null;
  /** When the newest version of any kind was trained. */
  lastVersionMs: number | null;
  /** Distinct mature sessions after the last training's data. */
  newSessions: number;
  /** A job that is queued or running. */
  openJob: string | null;
  /** When each trigger fired last, as far back as its cool-down; later than now where event time went back. */
  lastFiredMs: Partial<Record<TriggerName, number>>;
  /** The last matured 24 hours, those before, and those before them, each judged by `judgeDay`; null what was not collected. */
  days: Days;
  /** Of the last 7 days; null if it was not collected. */
  feedback: Feedback | null;
  /** By `volumeFindings`; null if it was not collected. */
  volume: VolumeFindings | null;
}

/** One decision: what every trigger said, and the one that fired, if one did. */
export interface TriggerDecision {
  triggers: Record<TriggerName, TriggerVerdict>;
  fired: TriggerName | null;
}

/**
 * Decides all triggers, in the order of TriggerName; at most one fires. A trigger whose condition is met and that must wait
 * says for what; one whose condition is not met says so whatever else holds.
 */
export function decideTriggers(facts: TriggerFacts): TriggerDecision {
  const { days, feedback, volume, policy } = facts;
  const season = answeredSeason(facts);
  const findings: Record<TriggerName, Finding> = {
    accuracy: accuracyFinding(days, policy.accuracy),
    prediction_drift: inSeason(predictionFinding(days, policy.prediction_drift), season),
    feature_drift: inSeason(featureFinding(days, policy.feature_drift), season),
    negative_feedback: feedbackFinding(feedback, policy.negative_feedback),
    new_user_patterns: inSeason(patternsFinding(days, policy.new_user_patterns), season),
    seasonal: seasonalFinding(volume, facts),
    data_volume: dataVolume(facts),
    age: age(facts),
  };
  const triggers = {} as Record<TriggerName, TriggerVerdict>;
  let fired: TriggerName | null = null;
  for (const name of TriggerName.options) {
    const verdict = judge(name, experienced(name, findings[name], facts), facts, fired);
    triggers[name] = { ...verdict, sessions: facts.newSessions };
    if (verdict.verdict === "fired") fired = name;
  }
  return { triggers, fired };
}

/** A condition that is met on too little new data to learn from is not met yet. */
function experienced(name: TriggerName, finding: Finding, { policy, newSessions }: TriggerFacts): Finding {
  const { new_sessions: needed } = policy[name];
  if (finding.verdict !== "met" || newSessions >= needed) return finding;
  const reason = `${finding.reason}; but ${newSessions} new sessions, ${needed} are needed`;
  return { ...finding, verdict: "insufficient_data", reason };
}

function dataVolume({ policy, lastTrainingMs, newSessions, nowMs }: TriggerFacts): Finding {
  const { new_sessions: threshold, min_days: minDays } = policy.data_volume;
  const figures = { value: newSessions, threshold, unit: "sessions" };
  const counted = `${newSessions} new sessions, ${threshold} are needed`;
  if (newSessions < threshold) return { ...figures, verdict: "ok", reason: counted };
  if (lastTrainingMs === null) {
    return { ...figures, verdict: "met", reason: `${counted}; the first version does not wait` };
  }
  const elapsed = nowMs - lastTrainingMs;
  const since = `${counted}; ${days(elapsed)} days since the last training, ${minDays} are needed`;
  return { ...figures, verdict: elapsed >= minDays * DAY_MS ? "met" : "ok", reason: since };
}

function age({ policy, lastTrainingMs, newSessions, nowMs }: TriggerFacts): Finding {
  const { max_age_days: maxDays } = policy.age;
  const figures = { threshold: maxDays, unit: "days" };
  if (lastTrainingMs === null) {
    const reason = "nothing has been trained yet: the first training is opened by data volume";
    return { ...figures, value: null, verdict: "insufficient_data", reason };
  }
  const elapsed = nowMs - lastTrainingMs;
  const value = elapsed / DAY_MS;
  const old = `${days(elapsed)} days since the last training, ${maxDays} are allowed`;
  if (elapsed < maxDays * DAY_MS) return { ...figures, value, verdict: "ok", reason: old };
  const enough = newSessions >= policy.age.new_sessions;
  return { ...figures, value, verdict: "met", reason: enough ? `${old}; ${newSessions} new sessions` : old };
}

function judge(
  name: TriggerName,
  finding: Finding,
  facts: TriggerFacts,
  fired: TriggerName | null,
): Omit<TriggerVerdict, "sessions"> {
  const { policy, openJob, lastVersionMs, lastFiredMs, nowMs } = facts;
  if (!policy[name].enabled) return { ...finding, verdict: "disabled", reason: "switched off in config/lifecycle" };
  if (finding.verdict !== "met") return { ...finding, verdict: finding.verdict };
  const wait = (verdict: "busy" | "cooling_down", why: string) => ({
    ...finding,
    verdict,
    reason: `${finding.reason}; but ${why}`,
  });
  if (openJob !== null) return wait("busy", `the job ${openJob} is queued or running`);
  if (fired !== null) return wait("busy", `${fired} opens a job just now`);
  const sinceTraining = lastVersionMs === null ? Number.POSITIVE_INFINITY : nowMs - lastVersionMs;
  if (sinceTraining < policy.after_training_hours * HOUR_MS) {
    const { after_training_hours: pause } = policy;
    return wait("cooling_down", `a version was trained ${hours(sinceTraining)} h ago, and ${pause} h must pass`);
  }
  const sinceFired = nowMs - (lastFiredMs[name] ?? Number.NEGATIVE_INFINITY);
  if (sinceFired < 0) return wait("cooling_down", `it fired ${hours(-sinceFired)} h later than now: time went back`);
  if (sinceFired < policy.cool_down_hours * HOUR_MS) {
    const { cool_down_hours: pause } = policy;
    return wait("cooling_down", `it fired ${hours(sinceFired)} h ago, and ${pause} h must pass`);
  }
  return { ...finding, verdict: policy[name].dry_run ? "would_fire" : "fired" };
}

/** Rounded down, so that a figure below its threshold never reads as if it had reached it. */
function days(ms: number): string {
  return (Math.floor(ms / (DAY_MS / 100)) / 100).toFixed(2);
}

function hours(ms: number): string {
  return (Math.floor(ms / (HOUR_MS / 100)) / 100).toFixed(2);
}
