import { fnv1a32 } from "../shared/fnv.ts";

/** Buckets that `bucket` deals units into: shares are exact to a hundredth of a per cent. */
export const BUCKETS = 10_000;

/**
 * The bucket of a unit, 0-9999: GrowthBook's hash v2, FNV-1a twice over `salt + unit`. The second round breaks the
 * correlation between buckets of similar salts that a single round leaves.
 */
export function bucket(salt: string, unit: string): number {
  return fnv1a32(String(fnv1a32(salt + unit))) % BUCKETS;
}
