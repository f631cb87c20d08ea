import autocannon from "autocannon";

/** Requests of 32 connections that wait for nothing but their answer, per second, over this many seconds. */
export async function throughput(url: string, bodies: readonly string[], seconds: number): Promise<number> {
  const requests = bodies.map((body) => ({
    method: "POST" as const,
    headers: { "content-type": "application/json" },
    body,
  }));
  const result = await autocannon({ url, connections: 32, duration: seconds, requests });
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) throw new Error(`${bad} requests to ${url} were not answered well`);
  return result["2xx"] / result.duration;
}

/** One answer of `atRate`. */
export interface Timed<T> {
  body: T;
  /** Milliseconds that the client waited. */
  ms: number;
}

/** Sends one request after the other at a fixed rate, whatever the answers do, and gives all answers. */
export async function atRate<T>(
  url: string,
  bodies: readonly string[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Timed<T>[]> {
  const startMs = performance.now();
  const pending: Promise<Timed<T>>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const dueMs = startMs + (i * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    pending.push(timed<T>(url, bodies[i % bodies.length] ?? ""));
  }
  return await Promise.all(pending);
}

async function timed<T>(url: string, body: string): Promise<Timed<T>> {
  const startMs = performance.now();
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return { body: (await response.json()) as T, ms: performance.now() - startMs };
}

/** The value below which this share of the values lies (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
