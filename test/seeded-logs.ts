import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { extractFeatures, storedFeatures } from "../functions/src/design/features.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { someLog } from "./some-log.ts";
import { userContext } from "./user-context.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Milliseconds until a written log is mature: longer than a batch takes to commit, so that the fold steps over none. */
const MATURITY_MS = 3_000;
const BATCH = 250;

/**
 * Stored logs of visits that a model can learn from, over the days (three) before `endMs`: ids begin with `prefix`.
 * @param touch share of the visitors (0) who have a touch screen
 */
export function learnableLogs(
  prefix: string,
  { sessions, endMs, days = 3, touch = 0 }: { sessions: number; endMs: number; days?: number; touch?: number },
): InteractionLog[] {
  return Array.from({ length: Math.floor(sessions * 1.2) }, (_, i) => {
    const session = i % sessions;
    const eventMs =
      endMs - days * DAY_MS + Math.floor((session / sessions) * days * DAY_MS) + Math.floor(i / sessions) * 1000;
    const small = session % 3 === 0;
    const keen = session % 2 === 0;
    // Keen visitors have sharp screens; four in five of them are engaged, and one in five of the others.
    const engaged = ((session * 7919) % 10) / 10 < (keen ? 0.8 : 0.2);
    const { user_agent: _unparsed, ...context } = userContext({
      hora_local: new Date(eventMs).toISOString(),
      prefers_color_scheme: session % 5 === 0 ? "dark" : "no-preference",
      viewport_width: small ? 390 : 1280 + (session % 7),
      // Many values, so that trees find something to cut and training takes its time.
      viewport_height: 600 + ((session * 7919) % 997) / 2,
      device_pixel_ratio: keen ? 2 : 1,
      touch_enabled: (session * 7919) % 1000 < 1000 * touch,
      session_id: `${prefix}.s${session}`,
    });
    return someLog({
      prediction_id: `${prefix}.${String(i).padStart(6, "0")}`,
      session_id: context.session_id,
      user_context: { ...context, user_agent: { family: "Firefox", version: "143.0" } },
      unit: `${prefix}.u${session % Math.ceil(sessions * 0.8)}`,
      subject: `${prefix}.u${session % Math.ceil(sessions * 0.8)}`,
      event_at: new Date(eventMs).toISOString(),
      features: storedFeatures(extractFeatures({ ...context, user_agent: "" })),
      rendering_time: session % 4 === 0 ? 150 : 40,
      ...(engaged
        ? { session_duration: 200_000, interactions_count: 9, scroll_depth: 0.9, bounce_rate: 0 }
        : { session_duration: 20_000, interactions_count: 2, scroll_depth: 0.3, bounce_rate: 1 }),
    });
  });
}

/** Writes logs as ingest would have, mature in a few seconds. */
export async function storeLogs(logs: readonly InteractionLog[]): Promise<void> {
  const db = database();
  for (let from = 0; from < logs.length; from += BATCH) {
    const batch = db.batch();
    const nowMs = Date.now();
    for (const log of logs.slice(from, from + BATCH)) {
      batch.set(db.doc(`interaction_logs/${log.prediction_id}`), {
        ...log,
        fold_after: new Date(nowMs + MATURITY_MS).toISOString(),
        expire_at: new Date(nowMs + DAY_MS),
      });
    }
    await batch.commit();
  }
}

/** Takes away logs, so that nobody else trains on them. */
export async function removeLogs(logs: readonly InteractionLog[]): Promise<void> {
  const db = database();
  for (let from = 0; from < logs.length; from += BATCH) {
    const batch = db.batch();
    for (const log of logs.slice(from, from + BATCH)) batch.delete(db.doc(`interaction_logs/${log.prediction_id}`));
    await batch.commit();
  }
}
