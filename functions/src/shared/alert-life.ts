import type { Lifecycle } from "../config.ts";
import type { Alert, AlertDelivery, Notice, Severity } from "./schema.ts";
import { iso } from "./time.ts";

/** What an alert says; `details` must hold no personal data. */
export type AlertContent = Pick<Alert, "severity" | "kind" | "subject" | "message" | "to_do" | "details">;

/** Policy of alerts. */
export type AlertPolicy = Lifecycle["alerts"];

/** What becomes of an alert: the document to write, and the notice that tells of it, if somebody is to be told. */
export interface AlertChange {
  alert: Alert;
  delivery: AlertDelivery | null;
}

/** Why an alert is raised: the id that makes it once, and when (server time, epoch ms). */
export interface Occasion {
  cause: string;
  policy: AlertPolicy;
  nowMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Causes that an alert remembers: a retry comes long before as many others. */
const MAX_CAUSES = 20;

const SEVERITIES: readonly Severity[] = ["low", "medium", "high"];

/** An alert of something that none is open of; it is sent at once. */
export function opened(id: string, content: AlertContent, { cause, policy, nowMs }: Occasion): AlertChange {
  const at = iso(nowMs);
  const alert: Alert = {
    schema_version: 1,
    id,
    at,
    ...content,
    status: "open",
    count: 1,
    last_at: at,
    causes: [cause],
    notices: 0,
    noticed_at: null,
    remind_at: null,
    reminders: 0,
    seen: null,
    resolved_at: null,
    resolution: null,
  };
  return told(alert, "new", policy, nowMs);
}

/**
 * An open alert, raised once more. It is sent again when it is worse than before, at once, or when the last notice was at least
 * the cool-down ago; whoever has seen it is told of what is worse only.
 * @returns undefined when the same cause raises it again
 */
export function repeated(open: Alert, content: AlertContent, occasion: Occasion): AlertChange | undefined {
  const { cause, policy, nowMs } = occasion;
  if (open.causes.includes(cause)) return undefined;
  const isWorse = SEVERITIES.indexOf(content.severity) > SEVERITIES.indexOf(open.severity);
  const alert: Alert = {
    ...open,
    ...content,
    severity: isWorse ? content.severity : open.severity,
    count: open.count + 1,
    last_at: iso(nowMs),
    causes: [...open.causes, cause].slice(-MAX_CAUSES),
  };
  if (isWorse) return told({ ...alert, seen: null, reminders: 0 }, "escalated", policy, nowMs);
  const sinceMs = nowMs - Date.parse(open.noticed_at ?? open.at);
  const isDue = open.seen === null && sinceMs >= policy.cool_down_minutes * MINUTE_MS;
  return isDue ? told(alert, "repeated", policy, nowMs) : { alert, delivery: null };
}

/** True when an open alert was not raised for so long that what comes now is another one. */
export function isQuiet(open: Alert, policy: AlertPolicy, nowMs: number): boolean {
  return nowMs - Date.parse(open.last_at ?? open.at) >= policy.quiet_hours * HOUR_MS;
}

/** An alert that is over because nothing was heard of it: that is nothing to tell anybody. */
export function fallenQuiet(open: Alert, policy: AlertPolicy, nowMs: number): Alert {
  return closed(open, `it was not raised again for ${policy.quiet_hours} hours`, nowMs);
}

/** An open alert whose matter is settled, with the notice of it. */
export function resolved(open: Alert, says: string, nowMs: number): AlertChange {
  const alert = { ...closed(open, says, nowMs), notices: open.notices + 1, noticed_at: iso(nowMs) };
  return { alert, delivery: deliveryOf(alert, "resolved", says) };
}

/** An open alert that an admin has seen; nobody is reminded of it any more. */
export function seen(open: Alert, by: string, nowMs: number): Alert {
  return { ...open, seen: { at: iso(nowMs), by }, remind_at: null };
}

/** The reminder of an open alert that nobody has seen; undefined while none is due. */
export function reminded(alert: Alert, policy: AlertPolicy, nowMs: number): AlertChange | undefined {
  const isDue = alert.status === "open" && alert.remind_at !== null && Date.parse(alert.remind_at) <= nowMs;
  return isDue ? told({ ...alert, reminders: alert.reminders + 1 }, "reminder", policy, nowMs) : undefined;
}

function closed(open: Alert, resolution: string, nowMs: number): Alert {
  return { ...open, status: "resolved", resolved_at: iso(nowMs), resolution, remind_at: null };
}

function told(before: Alert, notice: Notice, policy: AlertPolicy, nowMs: number): AlertChange {
  const mayRemind = before.severity === "high" && before.reminders < policy.max_reminders;
  const waitMs = policy.remind_minutes * 2 ** before.reminders * MINUTE_MS;
  const alert = {
    ...before,
    notices: before.notices + 1,
    noticed_at: iso(nowMs),
    remind_at: mayRemind ? iso(nowMs + waitMs) : null,
  };
  return { alert, delivery: deliveryOf(alert, notice, alert.message) };
}

function deliveryOf(alert: Alert, notice: Notice, message: string): AlertDelivery {
  const { id, notices: n, noticed_at, kind, subject, severity, status, at, to_do, count } = alert;
  const created = noticed_at ?? at;
  return {
    schema_version: 1,
    id: `${id}.${n}`,
    alert: id,
    n,
    notice,
    created_at: created,
    tells: { kind, subject, severity, status, at, message, to_do: status === "open" ? to_do : "Nothing.", count },
    state: "waiting",
    heard_before: false,
    attempts: 0,
    last_attempt_at: null,
    last_status: null,
    last_error: null,
    delivered_at: null,
    next_attempt_at: created,
    lease: null,
  };
}
