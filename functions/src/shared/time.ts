/** Epoch milliseconds as ISO 8601 UTC with milliseconds: fixed width, so that stored times sort as text. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Start (epoch ms) of the stretch of `lengthMs` that holds `ms`, counted from the epoch. */
export function floorTo(ms: number, lengthMs: number): number {
  return Math.floor(ms / lengthMs) * lengthMs;
}

/** `2026-09-28T05Z`: an hour in the name of a document. */
export function hourId(ms: number): string {
  return `${iso(ms).slice(0, 13)}Z`;
}
