import fc from "fast-check";
import { expect, it } from "vitest";
import { addSums, BUCKETS, closeBuckets, hash64, openBuckets, visitorBucket } from "./visitor-buckets.ts";

it("hashes to the first 64 bits of SHA-256, and deals by the first seven of them", () => {
  // printf abc | sha256sum
  expect(hash64("abc")).toBe(0xba7816bf8f01cfean);
  expect(visitorBucket(hash64("abc"))).toBe(0xba >> 1);
});

it("opens what it has closed, wherever the bytes lie", () => {
  const sums = fc.array(fc.tuple(fc.nat({ max: BUCKETS - 1 }), fc.integer({ min: 1 }), fc.double({ noNaN: true })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(sums, (entries) => {
      const open = new Float64Array(BUCKETS * 2);
      for (const [bucket, count, sum] of entries) open.set([count, sum], bucket * 2);
      const closed = closeBuckets(open, 2);
      expect(closed).toHaveLength(new Set(entries.map(([bucket]) => bucket)).size * 17);
      expect(openBuckets(closed, 2)).toEqual(open);
      const within = Buffer.concat([Buffer.alloc(3), closed]).subarray(3);
      expect(openBuckets(within, 2)).toEqual(open);
    }),
  );
});

it("adds sums of the same shape", () => {
  const sums = Float64Array.of(1, 2);
  addSums(sums, Float64Array.of(3, -2));
  expect([...sums]).toEqual([4, 0]);
});
