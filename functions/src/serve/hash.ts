/** Buckets that `bucket` deals units into: shares are exact to a hundredth of a per cent. */
export const BUCKETS = 10_000;

/**
 * FNV-1a, 32 bits, over UTF-16 code units (Fowler, Noll and Vo; draft-eastlake-fnv), as GrowthBook's SDKs compute it.
 * @returns an unsigned 32-bit integer
 */
function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * The bucket of a unit, 0-9999: GrowthBook's hash v2, FNV-1a twice over `salt + unit`. The second round breaks the
 * correlation between buckets of similar salts that a single round leaves.
 */
export function bucket(salt: string, unit: string): number {
  return fnv1a32(String(fnv1a32(salt + unit))) % BUCKETS;
}
