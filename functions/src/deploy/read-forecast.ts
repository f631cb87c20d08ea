import { BUCKET_SUMS, sumBuckets } from "../collect/outcomes.ts";
import type { ArmStores } from "../collect/read-arm.ts";
import { estimate, mergeSketches } from "../collect/sketch.ts";
import type { Lifecycle } from "../config.ts";
import { LATENCY_BOUNDS_MS, type ServedVersion, type ServingWindow } from "../serve/schema.ts";
import { floorTo } from "../shared/time.ts";
import { BUCKETS } from "../shared/visitor-buckets.ts";
import { addCluster, clusteredRatio, noRatioSums } from "../stats/clustered-ratio.ts";
import { forecast, type SiteWeek } from "./forecast.ts";
import type { Forecast } from "./schema.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 7;
/** Visits of a week under which it tells nothing. */
const LEAST_VISITS = 100;

/** The forecast of a deployment from the last seven times 24 hours of what is stable; null where these hardly saw a visit. */
export async function readForecast(
  stable: ServedVersion,
  { arms, lifecycle }: { arms: ArmStores; lifecycle: Lifecycle },
  nowMs: number,
): Promise<Forecast | null> {
  const toMs = floorTo(nowMs, HOUR_MS);
  const range = { fromMs: toMs - DAYS * DAY_MS, toMs };
  const [hours, serving] = await Promise.all([
    arms.windows.range({ version: stable, arm: "stable", granularity: "1h", ...range }),
    // Two hours tell a mean and a variance; a week of five minutes and instances is a lot to read.
    arms.serving.rangeOfArm({ version: stable, arm: "stable" }, { fromMs: toMs - 2 * HOUR_MS, toMs }),
  ]);
  const visits = hours.reduce((sum, window) => sum + window.visits, 0);
  if (visits < LEAST_VISITS) return null;
  const first = Math.min(...hours.map(({ start }) => Date.parse(start)));
  const spanHours = (toMs - first) / HOUR_MS;
  const visitors = estimate(mergeSketches(...hours.map(({ units }) => units)));
  const errors = hours.reduce((sum, window) => sum + window.errors, 0) / visits;
  const week: SiteWeek = {
    visitorsPerHour: visitors / spanHours,
    visitsPerHour: visits / spanHours,
    engagement: engagementOf(
      hours.flatMap(({ outcomes }) => outcomes?.buckets ?? []),
      visits,
    ),
    latency: latencyOf(serving),
    // As if visits erred independently: a visitor of several has more chances of one.
    errors: 1 - (1 - Math.min(1, errors)) ** (visits / visitors),
  };
  return forecast(week, lifecycle.deployment, lifecycle.collect.maturity_minutes / 60);
}

function engagementOf(buckets: readonly Uint8Array[], visits: number): SiteWeek["engagement"] {
  const sums = sumBuckets(buckets);
  const ratio = noRatioSums();
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const of = (name: (typeof BUCKET_SUMS)[number]): number =>
      sums[bucket * BUCKET_SUMS.length + BUCKET_SUMS.indexOf(name)] ?? 0;
    if (of("visits") > 0) addCluster(ratio, { y: of("engaged"), w: of("visits") });
  }
  if (ratio.clusters < 2) return { mean: 0, variance: 0.25 };
  const { estimate: mean, standardError } = clusteredRatio(ratio);
  // Nobody engaged yet: the variance of one in a hundred.
  return { mean, variance: Math.max(standardError ** 2 * visits, 0.01) };
}

/** Mean and variance of answers that were counted by bins, each taken at its middle; the last one at its bound. */
function latencyOf(serving: readonly ServingWindow[]): SiteWeek["latency"] {
  let [count, sum, squares] = [0, 0, 0];
  for (const { latency } of serving) {
    for (const [bin, times] of Object.entries(latency)) {
      const upper = LATENCY_BOUNDS_MS[Number(bin)] ?? LATENCY_BOUNDS_MS.at(-1) ?? 0;
      const lower = LATENCY_BOUNDS_MS[Number(bin) - 1] ?? 0;
      const middle = LATENCY_BOUNDS_MS[Number(bin)] === undefined ? upper : (lower + upper) / 2;
      count += times;
      sum += times * middle;
      squares += times * middle * middle;
    }
  }
  const mean = count === 0 ? 0 : sum / count;
  return { mean, variance: Math.max(count === 0 ? 0 : squares / count - mean * mean, 1) };
}
