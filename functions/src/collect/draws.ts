/** What a sample keeps of each visitor, and of how many. */
export interface DrawKind {
  /** Bytes kept of a visit. */
  payload: number;
  /** Visitors kept: those with the least hashes. */
  limit: number;
}

/** A visit that may become its visitor's. */
export interface Draw {
  /** 64-bit hash of the visitor. */
  unit: bigint;
  /** 32-bit hash of the visit: of a visitor's visits the one with the least stays. */
  draw: number;
  payload: Uint8Array;
}

/** Bytes of the two hashes before the payload. */
const HEAD = 12;

/**
 * The sample with more visits in it: a uniform sample of visitors (bottom k of their hashes), each with one of their visits,
 * drawn uniformly. It depends on the set of visits alone: order, grouping and repetition do not matter, so that samples of
 * hours merge into that of a day.
 *
 * Bottom-k sketches: Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches". A visitor that is left out never comes
 * back, since the largest hash that is kept only falls; one that is kept was never left out, and has all visits behind it.
 */
export function addDraws(sample: Uint8Array, draws: Iterable<Draw>, kind: DrawKind): Uint8Array {
  const best = new Map(decodeDraws(sample, kind).map((draw) => [draw.unit, draw]));
  for (const draw of draws) {
    const known = best.get(draw.unit);
    if (known === undefined || isBefore(draw, known)) best.set(draw.unit, draw);
  }
  return encode(best, kind);
}

/** The sample of everything that any of these has seen. */
export function mergeDraws(samples: readonly Uint8Array[], kind: DrawKind): Uint8Array {
  const [first = new Uint8Array(), ...others] = samples;
  return addDraws(
    first,
    others.flatMap((sample) => decodeDraws(sample, kind)),
    kind,
  );
}

/** What a sample holds, by the visitors' hashes. */
export function decodeDraws(sample: Uint8Array, { payload }: DrawKind): Draw[] {
  const size = HEAD + payload;
  if (sample.length % size !== 0) throw new RangeError(`a sample of ${sample.length} bytes does not hold ${size} each`);
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  return Array.from({ length: sample.length / size }, (_, i) => ({
    unit: view.getBigUint64(i * size),
    draw: view.getUint32(i * size + 8),
    payload: sample.subarray(i * size + HEAD, (i + 1) * size),
  }));
}

/**
 * Distinct visitors seen: exact below the limit, else (k - 1) / u of the k-th least hash u as a share of its range, within a
 * standard error of 1 / sqrt(k - 2). Bar-Yossef et al. 2002; Beyer et al. 2007, "On synopses for distinct-value estimation".
 */
export function estimateVisitors(sample: Uint8Array, kind: DrawKind): number {
  const draws = decodeDraws(sample, kind);
  const last = draws.at(-1);
  if (last === undefined || draws.length < kind.limit) return draws.length;
  return Math.round((draws.length - 1) / ((Number(last.unit) + 1) / 2 ** 64));
}

function isBefore(a: Draw, b: Draw): boolean {
  return a.draw === b.draw ? Buffer.compare(a.payload, b.payload) < 0 : a.draw < b.draw;
}

function encode(draws: ReadonlyMap<bigint, Draw>, { payload, limit }: DrawKind): Uint8Array {
  const kept = [...draws.values()].sort((a, b) => (a.unit < b.unit ? -1 : 1)).slice(0, limit);
  const bytes = Buffer.alloc(kept.length * (HEAD + payload));
  kept.forEach(({ unit, draw, payload: of }, i) => {
    if (of.length !== payload) throw new RangeError(`a visit of ${of.length} bytes, not ${payload}`);
    const at = i * (HEAD + payload);
    bytes.writeBigUInt64BE(unit, at);
    bytes.writeUInt32BE(draw, at + 8);
    bytes.set(of, at + HEAD);
  });
  return bytes;
}
