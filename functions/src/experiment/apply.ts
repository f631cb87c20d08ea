import { isDeepStrictEqual } from "node:util";
import type { RoutedExperiment, Routing } from "../serve/schema.ts";
import type { RoutingChange } from "../serve/store.ts";
import { hasSameWords } from "../shared/same-words.ts";
import { iso } from "../shared/time.ts";
import type { Decision } from "./decision.ts";
import type { Experiment, ExperimentAnalysis } from "./schema.ts";

/** What an experiment may change in `routing/live`: its own place, and nothing else. */
type ExperimentMove = Pick<RoutingChange, "experiment">;

/** What a decision is applied with. */
export interface Circumstances {
  /** Event time, epoch ms. */
  nowMs: number;
  /** uid of the admin, or `system`. */
  by: string;
  /** The routing that the decision looked at; a change makes its next revision. */
  routing: Routing;
  /** What the decision has seen. */
  analysis: ExperimentAnalysis | null;
  /** Earlier visits that were read on the way; the first that were stay. */
  earlier: Experiment["earlier"];
}

/** An experiment after a step, and what the step changes in routing; the very same experiment if nothing has happened. */
export interface Outcome {
  experiment: Experiment;
  routing: ExperimentMove | null;
}

/** What an experiment begins with; the rest of its document follows from it. */
export type Begin = Pick<
  Experiment,
  "id" | "hypothesis" | "arms" | "salt" | "metrics" | "correction" | "requested_by" | "reason"
> & {
  /** From its start to its horizon. */
  hours: number;
};

/** Buckets that a share is a whole number of, as assignments count them (serve/hash.ts). */
const BUCKETS = 10_000;
/** Entries of the log from which holds and recommendations are no longer added: a document has an end. */
const LOG_ROOM = 200;
const HOUR_MS = 3_600_000;

/** How an experiment begins, together with the routing that names it: the next revision of `routing`. */
export function begun({ hours, ...begin }: Begin, { routing, nowMs }: { routing: Routing; nowMs: number }): Outcome {
  const at = iso(nowMs);
  const experiment: Experiment = {
    schema_version: 1,
    ...begin,
    phase: "running",
    started_at: at,
    ends_at: iso(horizonMs(nowMs, hours)),
    extended_at: null,
    steps: [{ revision: routing.revision + 1, shares: begin.arms.map(({ share }) => share), since: at }],
    earlier: null,
    analysis: null,
    deployment: null,
    log: [{ at, action: "start", reason: begin.reason, by: begin.requested_by }],
    ended_at: null,
  };
  return { experiment, routing: { experiment: routed(begin) } };
}

/** The horizon, at the end of the hour in which the hours are over: outcomes are counted by whole hours. Event time, epoch ms. */
function horizonMs(startedMs: number, hours: number): number {
  return Math.ceil((startedMs + hours * HOUR_MS) / HOUR_MS) * HOUR_MS;
}

/** True if a request asks for the very experiment that is there: whoever got no answer asks again. */
export function isSame(known: Experiment, { hours, ...asked }: Omit<Begin, "salt">): boolean {
  const { id, hypothesis, arms, metrics, correction, requested_by, reason, started_at, ends_at, extended_at } = known;
  const isAsLong = extended_at !== null || Date.parse(ends_at) === horizonMs(Date.parse(started_at), hours);
  return isAsLong && isDeepStrictEqual({ id, hypothesis, arms, metrics, correction, requested_by, reason }, asked);
}

/**
 * An experiment as routing names it: the arms one after the other from 0 on, each with whole buckets. What they leave is answered by
 * stable and counts for nothing.
 */
export function routed({ id, salt, arms }: Pick<Experiment, "id" | "salt" | "arms">): RoutedExperiment {
  let [from, sum] = [0, 0];
  const placed = arms.map(({ name, version, share }) => {
    sum += share;
    const arm = { name, version, from, to: Math.min(1, Math.round(sum * BUCKETS) / BUCKETS) };
    from = arm.to;
    return arm;
  });
  return { id, salt, arms: placed };
}

/** Carries a decision out, on plain data. */
export function apply(before: Experiment, decision: Decision, now: Circumstances): Outcome {
  const experiment = seen(before, now);
  const stays = (after: Experiment): Outcome => ({ experiment: after, routing: null });
  switch (decision.action) {
    case "wait":
      return stays(experiment);
    case "hold":
      return stays(held(experiment, decision, now));
    case "tell":
      return stays(experiment.log.length < LOG_ROOM ? logged(experiment, decision, now) : experiment);
    case "extend": {
      const ends_at = iso(Date.parse(experiment.ends_at) + decision.hours * HOUR_MS);
      const after = logged(experiment, decision, now);
      return stays({ ...after, ends_at, extended_at: after.log.at(-1)?.at ?? iso(now.nowMs) });
    }
    case "decide":
      return ended(experiment, "decided", decision, now);
    case "invalidate":
      return ended(experiment, "invalid", decision, now);
    case "stop":
      return ended(experiment, "stopped", decision, now);
    case "ship": {
      const { deployment } = decision;
      const { experiment: over, routing } = ended(experiment, "shipped", decision, now);
      return { experiment: { ...over, deployment }, routing };
    }
  }
}

/** The experiment with what a look has seen, unless somebody has looked later. */
function seen(before: Experiment, { analysis, earlier }: Circumstances): Experiment {
  const experiment = before.earlier === null && earlier !== null ? { ...before, earlier } : before;
  if (analysis === null) return experiment;
  const isNews = experiment.analysis === null || experiment.analysis.at < analysis.at;
  return isNews ? { ...experiment, analysis } : experiment;
}

/** The end of an experiment, out of the routing. One that had been decided keeps the time of its end when it is shipped. */
function ended(experiment: Experiment, phase: Experiment["phase"], decision: Decision, now: Circumstances): Outcome {
  const after = logged(experiment, decision, now);
  const ended_at = experiment.ended_at ?? after.log.at(-1)?.at ?? iso(now.nowMs);
  const isRouted = now.routing.experiment?.id === experiment.id;
  return { experiment: { ...after, phase, ended_at }, routing: isRouted ? { experiment: null } : null };
}

/** The log never goes back in time: an admin's "now" may be behind the last look's. */
function logged(
  experiment: Experiment,
  { action, reason }: Decision,
  { nowMs, by }: Pick<Circumstances, "nowMs" | "by">,
): Experiment {
  const at = iso(Math.max(nowMs, lastMoveMs(experiment)));
  return { ...experiment, log: [...experiment.log, { at, action, reason, by }] };
}

/** When something last happened to the experiment, event time in epoch ms. */
export function lastMoveMs({ log, started_at }: Pick<Experiment, "log" | "started_at">): number {
  return Date.parse(log.at(-1)?.at ?? started_at);
}

/** A hold is put on record once, not at every look with its new figures. */
function held(experiment: Experiment, decision: Decision, now: Circumstances): Experiment {
  const last = experiment.log.at(-1);
  const known = last?.action === decision.action && hasSameWords(last.reason, decision.reason);
  if (known || experiment.log.length >= LOG_ROOM) return experiment;
  return logged(experiment, decision, now);
}
