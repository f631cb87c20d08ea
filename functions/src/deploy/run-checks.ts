import { decodeVisit, VISITORS } from "../collect/drawn-visit.ts";
import { decodeDraws } from "../collect/draws.ts";
import type { TrafficStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import type { VersionStore } from "../registry/store.ts";
import { CorruptError } from "../shared/errors.ts";
import { type Candidate, checkCandidate, TIMED_ANSWERS } from "./checks.ts";
import type { Check } from "./schema.ts";

/** With what a version is checked. */
export interface CheckSources {
  versions: VersionStore;
  traffic: TrafficStore;
  lifecycle: Lifecycle;
  /** Milliseconds, to measure answers with. */
  clockMs: () => number;
}

const HOUR_MS = 3_600_000;
/** Hours of traffic that feature rows are taken from: more of them only where fewer have too few. */
const SPANS = [2, 24, 7 * 24] as const;

/**
 * The pre-deployment checks of a version.
 * @param nowMs event time
 */
export async function runChecks(version: string, sources: CheckSources, nowMs: number): Promise<Check[]> {
  const { versions, traffic, lifecycle, clockMs } = sources;
  const candidate = await candidateOf(version, versions, clockMs);
  const rows = candidate.loaded ? await latestRows(traffic, nowMs) : [];
  return checkCandidate(candidate, { policy: lifecycle.deployment, clockMs, rows });
}

async function candidateOf(version: string, versions: VersionStore, clockMs: () => number): Promise<Candidate> {
  const beganMs = clockMs();
  try {
    const loaded = await versions.load(version, "every");
    return { loaded: true, ...loaded, loadMs: clockMs() - beganMs };
  } catch (error) {
    if (error instanceof CorruptError) return { loaded: false, reason: error.message };
    throw error;
  }
}

/** Feature rows of the site's latest visitors, at most as many as are timed. */
async function latestRows(traffic: TrafficStore, nowMs: number): Promise<Float32Array[]> {
  let rows: Float32Array[] = [];
  for (const hours of SPANS) {
    const found = await traffic.range("1h", { fromMs: nowMs - hours * HOUR_MS, toMs: nowMs });
    rows = found
      .toReversed()
      .flatMap(({ visitors }) => decodeDraws(visitors, VISITORS).map(({ payload }) => decodeVisit(payload).features));
    if (rows.length >= TIMED_ANSWERS) break;
  }
  return rows.slice(0, TIMED_ANSWERS);
}
