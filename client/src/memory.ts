import { localIso } from "./context.ts";
import { randomId, store } from "./store.ts";
import type { History } from "./types.ts";

/** Milliseconds without a visit after which the next one is a new session. */
const SESSION_MS = 30 * 60_000;

/** What is known of the session under way, and of those before it. It stays on the device; predict is told the history. */
export interface Memory {
  visitor: string;
  session: string;
  lastMs: number;
  /** Earlier sessions; undefined in the first. */
  history?: History;
  /** The session under way, so far. */
  now: { startIso: string; durationMs: number; interactions: number };
}

/** What is stored, if it is whole: a storage that somebody broke must not break the page. */
function readMemory(): Memory | undefined {
  const memory = store.get<Memory>("memory");
  const isWhole =
    typeof memory?.visitor === "string" && typeof memory.lastMs === "number" && typeof memory.now === "object";
  return isWhole ? memory : undefined;
}

/** The visitor, and the session under way; a pause of half an hour begins another one. */
export function remember(): Memory {
  const nowMs = Date.now();
  const known = readMemory();
  const fresh = { startIso: localIso(nowMs), durationMs: 0, interactions: 0 };
  let memory: Memory;
  if (known === undefined) memory = { visitor: randomId(), session: randomId(), lastMs: nowMs, now: fresh };
  else if (nowMs - known.lastMs < SESSION_MS) memory = { ...known, lastMs: nowMs };
  else memory = { ...known, session: randomId(), lastMs: nowMs, history: withSession(known), now: fresh };
  store.set("memory", memory);
  return memory;
}

/** Keeps how far the session has come: what it was before a visit, and the visit. */
export function keepTime(now: { durationMs: number; interactions: number }): void {
  const memory = readMemory();
  if (memory !== undefined) store.set("memory", { ...memory, lastMs: Date.now(), now: { ...memory.now, ...now } });
}

/** The history with the session that is over in it. */
function withSession({ history, now }: Memory): History {
  const sessions = history?.sessions ?? 0;
  const mean = ((history?.avg_session_duration ?? 0) * sessions + now.durationMs) / (sessions + 1);
  return {
    sessions: sessions + 1,
    avg_session_duration: Math.min(86_400_000, Math.round(mean)),
    total_interactions: (history?.total_interactions ?? 0) + now.interactions,
    first_visit: history?.first_visit ?? now.startIso,
  };
}
