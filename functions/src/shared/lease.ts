/** A lease on a document: who works on it, until when (server time, ISO 8601). */
export interface Lease {
  holder: string;
  expires_at: string;
}

/** True when nobody holds the lease, or its holder has been silent for too long. */
export function isFree(lease: Lease | null, nowMs: number): boolean {
  return lease === null || Date.parse(lease.expires_at) <= nowMs;
}
