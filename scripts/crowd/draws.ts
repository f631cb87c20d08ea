import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** What random numbers are drawn for: each purpose has its own, so that one more draw here changes nothing there. */
const STREAMS = { visitor: 1, session: 2, visit: 3, hour: 4, mischief: 5 } as const;
export type Stream = keyof typeof STREAMS;

/**
 * The random numbers of one thing: they depend on seed, stream and number alone, so that the 700th visit is the same
 * whatever happened before it, in whatever order visits are made.
 */
export class Draws {
  private readonly generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number, stream: Stream, number: number) {
    this.generator = xoroshiro128plus(mix(mix(mix(0, seed), STREAMS[stream]), number));
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return uniformFloat64(this.generator);
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + this.uniform() * (high - low);
  }

  /** Uniform integer from low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** One of the items, all equally probable. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.integer(0, items.length - 1)] ?? items[0];
  }

  /** One of the items, in proportion to its weight. */
  weighted<T>(items: readonly [Weighted<T>, ...Weighted<T>[]]): T {
    let left = this.uniform() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    return items[0][0];
  }
}

/** An item and its weight. */
export type Weighted<T> = readonly [item: T, weight: number];

/** One more 32-bit number into a hash: MurmurHash3's block step and finaliser (public domain, A. Appleby). */
function mix(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  let h = hash ^ k;
  h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
