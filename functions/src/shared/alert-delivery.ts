import type { AlertPolicy } from "./alert-life.ts";
import { isFree } from "./lease.ts";
import type { AlertDelivery } from "./schema.ts";
import { iso } from "./time.ts";

/** What came of an attempt: the HTTP status of an answer, or why there was none. */
export type Attempt = { status: number } | { error: string };

/** Whether a delivery may be sent, with regard to the notice of its alert before it. */
export type Turn =
  | { kind: "send" }
  /** The one before it is still on its way: not before that is through. */
  | { kind: "wait"; untilMs: number }
  /** Nobody was told of what it resolves, or it is somebody else's just now. */
  | { kind: "unsent"; reason: string }
  | { kind: "taken" };

const MINUTE_MS = 60_000;
/** Longest wait between two attempts: two hours. */
const MAX_WAIT_MS = 120 * MINUTE_MS;

/** Server time (epoch ms) from which a claim that nothing was heard of is anybody's: an attempt takes 10 s at most. */
export const LEASE_MS = 60_000;

/** Milliseconds to wait after so many failed attempts (>= 1): 1, 2, 4 ... 64 minutes, from then on 2 hours. */
export function backoffMs(attempts: number): number {
  return Math.min(MINUTE_MS * 2 ** (attempts - 1), MAX_WAIT_MS);
}

/** Decides whether a delivery is sent now; `previous` is the notice of the same alert before it. */
export function turnOf(delivery: AlertDelivery, previous: AlertDelivery | undefined, nowMs: number): Turn {
  const { state, next_attempt_at: next, lease } = delivery;
  const isDue = state === "waiting" && next !== null && Date.parse(next) <= nowMs;
  if (!isDue || !isFree(lease, nowMs)) return { kind: "taken" };
  if (previous?.state === "waiting") {
    const untilMs = previous.next_attempt_at === null ? nowMs : Date.parse(previous.next_attempt_at);
    return { kind: "wait", untilMs: Math.max(untilMs, nowMs) + 1 };
  }
  if (delivery.notice === "resolved" && !wasHeard(previous)) {
    return { kind: "unsent", reason: "nobody was told of the alert" };
  }
  return { kind: "send" };
}

/** True when a delivery, or one before it of the same alert, has reached somebody. */
export function wasHeard(delivery: AlertDelivery | undefined): boolean {
  return delivery !== undefined && (delivery.state === "delivered" || delivery.heard_before);
}

/** A delivery that somebody sends now. Should nothing be heard of it, it is due again when the lease ends. */
export function claimed(delivery: AlertDelivery, holder: string, nowMs: number): AlertDelivery {
  const expires = iso(nowMs + LEASE_MS);
  const lease = { holder, expires_at: expires };
  return { ...delivery, attempts: delivery.attempts + 1, last_attempt_at: iso(nowMs), next_attempt_at: expires, lease };
}

/** A delivery that waits for the one before it; it was not attempted. */
export function postponed(delivery: AlertDelivery, untilMs: number): AlertDelivery {
  return { ...delivery, next_attempt_at: iso(untilMs) };
}

/** A delivery that is never sent, with the reason. */
export function leftUnsent(delivery: AlertDelivery, reason: string): AlertDelivery {
  return { ...delivery, state: "unsent", last_error: reason, next_attempt_at: null, lease: null };
}

/** A claimed delivery after its attempt: delivered by any answer of 200 to 299, else due again or given up. */
export function attempted(
  delivery: AlertDelivery,
  attempt: Attempt,
  policy: AlertPolicy,
  nowMs: number,
): AlertDelivery {
  const last_status = "status" in attempt ? attempt.status : null;
  const isDelivered = last_status !== null && last_status >= 200 && last_status < 300;
  const last_error = isDelivered ? null : "error" in attempt ? attempt.error : `it answered ${last_status}`;
  const base = { ...delivery, last_status, last_error, lease: null };
  if (isDelivered) return { ...base, state: "delivered", delivered_at: iso(nowMs), next_attempt_at: null };
  const nextMs = nowMs + backoffMs(delivery.attempts);
  const isOver = nextMs > Date.parse(delivery.created_at) + policy.give_up_hours * 60 * MINUTE_MS;
  return isOver ? { ...base, state: "given_up", next_attempt_at: null } : { ...base, next_attempt_at: iso(nextMs) };
}
