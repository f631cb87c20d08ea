import { localTime } from "../design/local-time.ts";

/** Milliseconds that virtual time may lie in the past: 2000 hours. */
const MAX_PAST_MS = 2000 * 3_600_000;

/**
 * Event time of a visit, epoch ms: when it was answered; under virtual time the instant of its `hora_local`, at most 2000
 * hours back and never in the future.
 */
export function eventTime(
  horaLocal: string,
  { issuedAtMs, virtual }: { issuedAtMs: number; virtual: boolean },
): number {
  if (!virtual) return issuedAtMs;
  return Math.min(issuedAtMs, Math.max(issuedAtMs - MAX_PAST_MS, localTime(horaLocal).instantMs));
}
