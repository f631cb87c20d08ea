import { createHash } from "node:crypto";

/** Arms are judged by the variance between so many buckets of visitors. */
export const BUCKETS = 128;

/** The first 64 bits of SHA-256: what is kept of a visitor where only distinct ones count. */
export function hash64(text: string): bigint {
  return createHash("sha256").update(text).digest().readBigUInt64BE(0);
}

/** Bucket of a visitor, 0-127, by `hash64` of the pseudonym: independent of the arm, which another hash decides. */
export function visitorBucket(hash: bigint): number {
  return Number(hash >> 57n);
}

/**
 * Sums of each bucket of visitors, BUCKETS x width.
 * @param width sums of a bucket
 */
export function openBuckets(bytes: Uint8Array, width: number): Float64Array {
  const sums = new Float64Array(BUCKETS * width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += bytesOf(width)) {
    const first = view.getUint8(at) * width;
    for (let i = 0; i < width; i++) sums[first + i] = view.getFloat64(at + 1 + 8 * i, true);
  }
  return sums;
}

/** As they are stored: the buckets whose first sum is not 0, by number, each with its sums as little-endian float64. */
export function closeBuckets(sums: Float64Array, width: number): Uint8Array {
  const used = Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => sums[bucket * width] !== 0);
  const bytes = Buffer.alloc(used.length * bytesOf(width));
  used.forEach((bucket, place) => {
    const at = place * bytesOf(width);
    bytes[at] = bucket;
    for (let i = 0; i < width; i++) bytes.writeDoubleLE(sums[bucket * width + i] ?? 0, at + 1 + 8 * i);
  });
  return bytes;
}

/** Adds sums of the same shape, in place. */
export function addSums(sums: Float64Array, more: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (more[i] ?? 0);
}

/** Bytes of a stored bucket: its number, and its sums. */
function bytesOf(width: number): number {
  return 1 + 8 * width;
}
