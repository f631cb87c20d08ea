import { store } from "./store.ts";

/** What waits for its answer, by prediction. */
interface Waiting {
  id: string;
  atMs: number;
  body: string;
}

const NAME = "outbox";
/** Characters that wait at most; the oldest are given up first. A keepalive request takes no more either. */
const MAX_CHARACTERS = 60 * 1024;
/** Older receipts are not taken. */
const MAX_AGE_MS = 48 * 3_600_000;

const waiting = (): Waiting[] => store.get<Waiting[]>(NAME) ?? [];

/** Keeps a log, in the place of an earlier one of its prediction, until the server has taken it. */
function keep(log: Waiting): void {
  const all = [...waiting().filter(({ id }) => id !== log.id), log];
  while (all.length > 1 && all.reduce((sum, { body }) => sum + body.length, 0) > MAX_CHARACTERS) all.shift();
  store.set(NAME, all);
}

/** Forgets a log, unless another one of its prediction has come meanwhile. */
function done(sent: readonly Waiting[]): void {
  const left = waiting().filter(({ id, body }) => !sent.some((one) => one.id === id && one.body === body));
  if (left.length > 0) store.set(NAME, left);
  else store.remove(NAME);
}

/**
 * Sends logs as one body. What the server has judged, well or ill, is done; a server that cannot answer, or a network that is
 * down, is tried again with the next visit.
 */
function send(url: string, logs: readonly Waiting[]): void {
  if (logs.length === 0) return;
  const body = logs.map((log) => log.body).join("\n");
  const headers = { "content-type": "text/plain" };
  try {
    fetch(url, { method: "POST", body, headers, keepalive: true, credentials: "omit" }).then(
      ({ status }) => {
        if (status < 500 && status !== 429) done(logs);
      },
      () => {},
    );
  } catch {
    navigator.sendBeacon?.(url, body);
  }
}

/** Sends a log now, and keeps it until it has arrived. */
export function post(url: string, id: string, log: unknown): void {
  const one = { id, atMs: Date.now(), body: JSON.stringify(log) };
  keep(one);
  send(url, [one]);
}

/** Sends what an earlier visit could not. */
export function sendWaiting(url: string): void {
  const all = waiting();
  const old = all.filter(({ atMs }) => Date.now() - atMs > MAX_AGE_MS);
  if (old.length > 0) done(old);
  send(url, waiting());
}
