import type { Lifecycle } from "../config.ts";
import type { ServedVersion } from "../serve/schema.ts";
import type { Health, HealthFinding } from "./schema.ts";

const MINUTE_MS = 60_000;
/** Answers in an hour from which on logs are expected: that none comes is a fault of ours, or the version's. */
export const EXPECTED = 50;
/** Share of answers from stale routing, and of logs that are refused, from which on it is one. */
const STALE = 0.1;
const REFUSED = 0.5;

/** For so long answers must not be the version's own: Storage may have been away for a while, and is there again when it is asked. */
const LASTING_MS = 5 * MINUTE_MS;

/** What our own machinery looks like. */
export interface Machinery {
  /** Why the fold is not to be believed, or null. */
  fold: string | null;
  /** Answers in an hour whose logs should all be counted, and how many are. */
  answered: number;
  logged: number;
  /** Answers of the last hour, and those from stale routing. */
  served: number;
  stale: number;
  /** Logs of the last hour that came in, by server time, and those that were refused. */
  received: number;
  refused: number;
}

/** Outages of ours: what is seen meanwhile says nothing of a version. */
export function outagesOf(seen: Machinery): string[] {
  const found: string[] = [];
  if (seen.fold !== null) found.push(seen.fold);
  if (seen.answered >= EXPECTED && seen.logged === 0) {
    found.push(`${seen.answered} visits were answered in an hour, and no log of one has been counted`);
  }
  if (seen.logged >= EXPECTED && seen.answered === 0) {
    found.push(`${seen.logged} visits were logged in an hour, and no instance has counted an answer`);
  }
  if (seen.served >= EXPECTED && seen.stale > STALE * seen.served) {
    found.push(`${seen.stale} of ${seen.served} answers came from routing that could not be read again`);
  }
  if (seen.received >= EXPECTED && seen.refused > REFUSED * seen.received) {
    found.push(`${seen.refused} of ${seen.received} logs were refused`);
  }
  return found;
}

/** All that a verdict is made from. */
export interface HealthFacts {
  version: ServedVersion;
  outages: readonly string[];
  findings: readonly HealthFinding[];
  /** Since when answers take too long, if they do now: event time, epoch ms. */
  slowSinceMs: number | null;
  /** Since when answers are not the version's own, if they are not now: event time, epoch ms. */
  fallbacksSinceMs: number | null;
  /** A deployment is going on: it ends first. */
  deploying: boolean;
  /** Why nobody can be returned to `previous_good`, or null. */
  noReturn: string | null;
  /** Enough was answered to say anything at all. */
  enough: boolean;
}

/** What is to be done, and why. */
export type HealthVerdict = Pick<Health, "status" | "action" | "reason">;

/**
 * The verdict on the version in service. The order is the policy: an outage of ours hides everything, then harm that is the
 * version's, then what a person should look at.
 */
export function judgeHealth(facts: HealthFacts, policy: Lifecycle["monitoring"], nowMs: number): HealthVerdict {
  const { outages, findings } = facts;
  if (outages.length > 0)
    return { status: "outage", action: "alert", reason: `an outage of ours: ${outages.join("; ")}` };
  const harm = findings.find((finding) => isHarm(finding, facts, policy, nowMs));
  if (harm !== undefined) {
    const of = (action: HealthVerdict["action"], more: string): HealthVerdict => ({
      status: "harm",
      action,
      reason: `${harm.reason} (${harm.span})${more}`,
    });
    if (!policy.automatic_rollback) return of("alert", "; automatic_rollback is off");
    if (facts.noReturn !== null) return of("alert", `; ${facts.noReturn}`);
    return facts.deploying ? of("abort", "; the deployment ends first") : of("roll_back", "");
  }
  const worst = (["high", "medium", "low"] as const).flatMap((s) =>
    findings.filter(({ severity }) => severity === s),
  )[0];
  if (worst !== undefined) {
    const blame = {
      site: ", and the holdback fares alike: the site's",
      unclear: "; whose it is cannot be told",
      model: "",
    };
    return { status: "warning", action: "alert", reason: `${worst.reason} (${worst.span})${blame[worst.whose]}` };
  }
  if (!facts.enough) {
    return {
      status: "insufficient_data",
      action: "none",
      reason: `fewer than ${policy.min_visits} answers in the last hour`,
    };
  }
  return { status: "ok", action: "none", reason: "nothing is worse than it may be" };
}

function isHarm(
  { whose, severity, metric }: HealthFinding,
  { slowSinceMs, fallbacksSinceMs }: HealthFacts,
  { latency_minutes }: Lifecycle["monitoring"],
  nowMs: number,
): boolean {
  if (whose !== "model") return false;
  if (metric === "latency") return slowSinceMs !== null && nowMs - slowSinceMs >= latency_minutes * MINUTE_MS;
  if (metric === "fallbacks" && (fallbacksSinceMs === null || nowMs - fallbacksSinceMs < LASTING_MS)) return false;
  return severity === "high";
}
