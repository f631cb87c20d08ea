import { timeQuantile } from "../collect/outcomes.ts";
import type { Window } from "../collect/schema.ts";
import { estimate } from "../collect/sketch.ts";
import { mergeWindows } from "../collect/window.ts";
import type { ServingWindow } from "../serve/schema.ts";
import { latencyBins } from "../serve/serving-window.ts";
import type { ArmHistory } from "./history-schema.ts";

const MILLION = 1_000_000;
const MICROSECONDS = 1000;

type Counts = Record<string, number>;
type Sums = Omit<ArmHistory, "figures">;

/** A version in an arm on a day. @param windows of the day, all shards @param serving of the same version, arm and day */
export function armHistory(
  { version, arm }: Pick<ArmHistory, "version" | "arm">,
  windows: readonly Window[],
  serving: readonly Pick<ServingWindow, "predictions" | "fallbacks" | "stale" | "latency">[],
): ArmHistory {
  const { visits, units, outcomes } = mergeWindows(windows);
  const sum = (field: "predictions" | "fallbacks" | "stale"): number =>
    serving.reduce((total, window) => total + window[field], 0);
  const predictions = sum("predictions");
  const answers = { predictions, fallbacks: sum("fallbacks"), stale: sum("stale") };
  return withFigures({
    version,
    arm,
    visitor_days: estimate(units),
    // Windows of an earlier release know visits and nothing else.
    counts: { ...outcomes?.sums, visits, ...answers, without_log: Math.max(0, predictions - visits) },
    rendering: outcomes?.rendering ?? {},
    page_load: outcomes?.page_load ?? {},
    latency: addCounts(serving.map(({ latency }) => latency)),
    classes: outcomes?.classes ?? {},
  });
}

/** Days together, by version and arm in the order of their names. */
export function sumArms(days: readonly (readonly ArmHistory[])[]): ArmHistory[] {
  const groups = new Map<string, ArmHistory[]>();
  for (const of of days.flat()) {
    const key = `${of.version}.${of.arm}`;
    groups.set(key, [...(groups.get(key) ?? []), of]);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, all]) => {
      const [first] = all;
      if (first === undefined) return [];
      const section = (name: "counts" | "rendering" | "page_load" | "latency" | "classes"): Counts =>
        addCounts(all.map((one) => one[name]));
      return withFigures({
        version: first.version,
        arm: first.arm,
        visitor_days: all.reduce((sum, one) => sum + one.visitor_days, 0),
        counts: section("counts"),
        rendering: section("rendering"),
        page_load: section("page_load"),
        latency: section("latency"),
        classes: section("classes"),
      });
    });
}

/** Counts added up name by name. */
export function addCounts(all: readonly Readonly<Counts>[]): Counts {
  const sum: Counts = {};
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function withFigures(sums: Sums): ArmHistory {
  const { counts, rendering, page_load, latency, classes } = sums;
  const of = (part: string, whole: string, unit = 1): number | null => {
    const n = counts[whole] ?? 0;
    return n === 0 ? null : (counts[part] ?? 0) / n / unit;
  };
  // Sums are of those visits alone that have outcomes.
  const counted = Object.values(rendering).reduce((sum, count) => sum + count, 0);
  const ofVisits = (part: string, unit = 1): number | null =>
    counted === 0 ? null : (counts[part] ?? 0) / counted / unit;
  return {
    ...sums,
    figures: {
      engagement: ofVisits("engaged"),
      satisfaction: of("satisfaction", "satisfaction_count"),
      negative_feedback: of("negative", "feedback"),
      click_through: ofVisits("click_through_millionths", MILLION),
      bounce: ofVisits("bounce_millionths", MILLION),
      errors: ofVisits("errors"),
      fallbacks: of("fallbacks", "predictions"),
      without_log: of("without_log", "predictions"),
      classes: Object.fromEntries(Object.entries(classes).map(([name, count]) => [name, count / Math.max(1, counted)])),
      rendering_ms: timesOf(rendering, ofVisits("rendering_us", MICROSECONDS)),
      page_load_ms: timesOf(page_load, null),
      latency_ms: latencyOf(latency),
    },
  };
}

type Times = ArmHistory["figures"]["rendering_ms"];

/** @param exact the mean if it is known; else it is that of the bins */
function timesOf(bins: Readonly<Counts>, exact: number | null): Times {
  const total = Object.values(bins).reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const middle = (bin: string): number => timeQuantile({ [bin]: 1 }, 0);
  const mean = exact ?? Object.entries(bins).reduce((sum, [bin, count]) => sum + middle(bin) * count, 0) / total;
  const at = (quantile: number): number => timeQuantile(bins, quantile);
  return { mean, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function latencyOf(counts: Readonly<Counts>): Times {
  const bins = latencyBins((bin) => counts[bin] ?? 0);
  const total = bins.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return null;
  const at = (quantile: number): number => {
    let below = 0;
    const reached = bins.find(({ n }) => {
      below += n;
      return below >= quantile * total;
    });
    return reached?.upper ?? 0;
  };
  const mean = bins.reduce((sum, { middle, n }) => sum + middle * n, 0) / total;
  return { mean, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
