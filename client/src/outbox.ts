import { store } from "./store.ts";

/** A log that is not known to have arrived. */
interface Waiting {
  /** Its prediction. */
  id: string;
  atMs: number;
  body: string;
  /** Times it was sent without an answer so far. A page that is left never hears the answer to its last log. */
  tries: number;
  /** Whether it is known to have failed: the network was down, or the server could not answer. */
  failed?: boolean;
}

const NAME = "outbox";
/** Bytes that wait at most; the oldest are given up first. All keepalive requests together take 64 KiB. */
const MAX_BYTES = 60 * 1024;
/** Older receipts are not taken. */
const MAX_AGE_MS = 48 * 3_600_000;
/** A log whose answer nobody heard is sent once more, with the next one. */
const MAX_TRIES = 2;

/** Begins the id of a visit without an answer. The server cannot tell whether it has counted it before, so it is not sent twice. */
export const UNANSWERED = "unanswered.";

const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length + 1;

function stored(): Waiting[] {
  const all = store.get<Waiting[]>(NAME);
  return Array.isArray(all) ? all.filter((log) => typeof log?.body === "string") : [];
}

/** What waits and is worth sending, oldest first. */
const waiting = (): Waiting[] =>
  stored().filter(
    ({ id, atMs, tries, failed }) =>
      Date.now() - atMs < MAX_AGE_MS && (failed === true || tries < (id.startsWith(UNANSWERED) ? 1 : MAX_TRIES)),
  );

/** Stores them in the place of what waited, the newest that there is room for, and says which these are. */
function keep(all: readonly Waiting[]): Waiting[] {
  const kept = [...all];
  while (kept.length > 0 && kept.reduce((sum, { body }) => sum + bytes(body), 0) > MAX_BYTES) kept.shift();
  if (kept.length > 0) store.set(NAME, kept);
  else store.remove(NAME);
  return kept;
}

/** Changes what waits, but for logs that a later one of the same prediction has replaced meanwhile. */
function settle(sent: readonly Waiting[], change: (log: Waiting) => Waiting[]): void {
  const isSent = (log: Waiting) => sent.some(({ id, body }) => id === log.id && body === log.body);
  keep(waiting().flatMap((log) => (isSent(log) ? change(log) : [log])));
}

/**
 * Sends logs as one body of NDJSON. What the server has judged, well or ill, is done; what it could not judge waits. Text is
 * sent, so that another origin is not asked first whether it may be.
 */
function send(url: string, logs: readonly Waiting[], keepalive: boolean): void {
  if (logs.length === 0) return;
  settle(logs, (log) => [{ ...log, tries: log.tries + 1, failed: log.failed === true || !navigator.onLine }]);
  const body = logs.map((log) => log.body).join("\n");
  const fail = () => settle(logs, (log) => [{ ...log, failed: true }]);
  // Where fetch cannot outlive its page. A beacon's answer is heard by nobody.
  if (keepalive && !("keepalive" in Request.prototype)) {
    if (navigator.sendBeacon?.(url, body) !== true) fail();
    return;
  }
  fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "text/plain" },
    keepalive,
    credentials: "omit",
  }).then(({ status }) => (status < 500 && status !== 429 ? settle(logs, () => []) : fail()), fail);
}

/** Sends a log now, in the place of an earlier one of its prediction, with what is not known to have arrived. */
export function post(url: string, id: string, log: unknown): void {
  const own = { id, atMs: Date.now(), body: JSON.stringify(log), tries: 0 };
  send(url, keep([...waiting().filter((other) => other.id !== id), own]), true);
}

/** Sends what is known to have failed, from a page that stays: what keepalive may carry is left to its own log. */
export function sendFailed(url: string): void {
  const failed = waiting().filter((log) => log.failed === true);
  send(url, failed, false);
}
