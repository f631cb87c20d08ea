import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Lifecycle } from "../config.ts";
import type { Sample } from "./sample.ts";

/** First line of a data set: how it was made, and the policy that the whole training goes by, whatever is edited meanwhile. */
export interface DatasetHeader {
  /** Event times, ISO 8601: from <= event_at < to. */
  from: string;
  to: string;
  training: Lifecycle["training"];
  /** Not there in data sets that an earlier release collected. */
  validation?: Lifecycle["validation"] | undefined;
  /** Server time: what had not become mature then is not in it. As the next, not there in older data sets. */
  collected_at?: string;
  /** When the first of the logs expires, server time. */
  expires?: string;
}

/** A data set in memory: samples in the order of (event_at, prediction_id). */
export interface CollectedDataset {
  header: DatasetHeader;
  samples: Sample[];
}

/**
 * Gathers samples by session, within bounds: when there are more than `maxSessions`, a fixed pseudorandom half of all
 * possible sessions is dropped, and so on. What is kept depends on the sessions and the seed alone, never on their order.
 */
export class SessionSampler {
  private readonly maxSessions: number;
  private readonly seed: number;
  private readonly sessions = new Map<string, { hash: number; samples: Sample[] }>();
  private below = 2 ** 32;

  constructor({ maxSessions, seed }: { maxSessions: number; seed: number }) {
    this.maxSessions = maxSessions;
    this.seed = seed;
  }

  add(sample: Sample): void {
    const known = this.sessions.get(sample.session_id);
    if (known !== undefined) {
      known.samples.push(sample);
      return;
    }
    const hash = createHash("sha256").update(`${this.seed}:${sample.session_id}`).digest().readUInt32BE(0);
    if (hash >= this.below) return;
    this.sessions.set(sample.session_id, { hash, samples: [sample] });
    while (this.sessions.size > this.maxSessions) {
      this.below /= 2;
      for (const [id, { hash: kept }] of this.sessions) if (kept >= this.below) this.sessions.delete(id);
    }
  }

  /** Sessions kept so far. */
  get size(): number {
    return this.sessions.size;
  }

  /** What was kept, in the order of (event_at, prediction_id). */
  samples(): Sample[] {
    const all = [...this.sessions.values()].flatMap(({ samples }) => samples);
    return all.sort((a, b) => order(a.event_at, b.event_at) || order(a.prediction_id, b.prediction_id));
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** SHA-256 (hex) over the ids of logs, sorted, one a line. */
export function fingerprint(ids: readonly string[]): string {
  const hash = createHash("sha256");
  for (const id of [...ids].sort()) hash.update(`${id}\n`);
  return hash.digest("hex");
}

/** Lines that are encoded at a time. */
const CHUNK_LINES = 5000;

/** A data set at rest: the header and one sample a line, JSON, gzipped. */
export function encodeDataset({ header, samples }: CollectedDataset): Uint8Array {
  const chunks = [Buffer.from(`${JSON.stringify(header)}\n`)];
  for (let from = 0; from < samples.length; from += CHUNK_LINES) {
    const lines = samples.slice(from, from + CHUNK_LINES).map((sample) => `${JSON.stringify(sample)}\n`);
    chunks.push(Buffer.from(lines.join("")));
  }
  return gzipSync(Buffer.concat(chunks), { level: 1 });
}

/** The data set of bytes that `encodeDataset` made and whose checksum was verified. */
export function decodeDataset(bytes: Uint8Array): CollectedDataset {
  const text = gunzipSync(bytes);
  const lines: unknown[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    lines.push(JSON.parse(text.toString("utf8", from, end)));
    from = end + 1;
  }
  const [header, ...samples] = lines;
  return { header: header as DatasetHeader, samples: samples as Sample[] };
}
