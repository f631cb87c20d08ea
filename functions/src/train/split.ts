/** Rows grouped by session, as far as a split looks at them. */
export interface SessionRows {
  /** Ordinal of each row's session, 0 to sessions - 1. */
  session: Int32Array;
  sessions: number;
  /** Event time of each row, epoch ms. */
  eventMs: Float64Array;
}

/** Indices of rows on either side. */
export interface Split {
  train: Int32Array;
  holdout: Int32Array;
  trainSessions: number;
  holdoutSessions: number;
}

/**
 * Holds out the latest sessions, by their first event: what a version is judged by is later than what it learnt from, as in
 * service, and no session is on both sides. With two sessions or more neither side is empty.
 * @param holdoutShare share of the sessions, 0-1, rounded to the nearest
 */
export function splitSessions({ session, sessions, eventMs }: SessionRows, holdoutShare: number): Split {
  const first = new Float64Array(sessions).fill(Number.POSITIVE_INFINITY);
  session.forEach((s, row) => {
    first[s] = Math.min(first[s] ?? 0, eventMs[row] ?? 0);
  });
  const byStart = Int32Array.from({ length: sessions }, (_, s) => s).sort(
    (a, b) => (first[a] ?? 0) - (first[b] ?? 0) || a - b,
  );
  const wanted = Math.round(sessions * holdoutShare);
  const holdoutSessions = Math.min(Math.max(1, wanted), Math.max(0, sessions - 1));
  const isHeldOut = new Uint8Array(sessions);
  for (const s of byStart.subarray(sessions - holdoutSessions)) isHeldOut[s] = 1;
  const rows = Int32Array.from({ length: session.length }, (_, row) => row);
  return {
    train: rows.filter((row) => isHeldOut[session[row] ?? 0] === 0),
    holdout: rows.filter((row) => isHeldOut[session[row] ?? 0] === 1),
    trainSessions: sessions - holdoutSessions,
    holdoutSessions,
  };
}
