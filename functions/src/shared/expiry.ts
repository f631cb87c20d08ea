import { Timestamp } from "firebase-admin/firestore";

const DAY_MS = 86_400_000;

/**
 * Days for which counted documents are kept after they were last written, server time. Policy cannot make them shorter, since readers
 * lean on them: the span of new sessions may begin with five minutes that are 30 days old (`triggers.age.max_age_days`), baselines
 * look five weeks back, logs and with them references 88 days (`collect.retention_days`), and days are counted again for history
 * and compared over a year.
 */
export const KEPT_DAYS = { "5m": 35, "1h": 100, "1d": 400, served: 100, ingested: 35, decided: 400 } as const;

/** `expire_at` of a document that is written now: a Timestamp, because TTL policies ask for one. */
export function expiryOf(kind: keyof typeof KEPT_DAYS, nowMs: number): Timestamp {
  return Timestamp.fromMillis(nowMs + KEPT_DAYS[kind] * DAY_MS);
}
