import { quantile } from "simple-statistics";
import type { DeliveryRun } from "./delivery.ts";

/** Shares of the runs, 0-1, but for `runs`, hours and percentages. */
export interface DeliverySummary {
  runs: number;
  promoted: number;
  rolled_back: number;
  not_enough_data: number;
  still_running: number;
  stopped_in_shadow: number;
  /** Largest percentage of the traffic that a candidate had. */
  max_exposure_pct: { p50: number; p95: number; max: number };
  /** From the shadow's beginning to the end; of a promoted one until everybody had it, before the bake. */
  hours_to_end: { p50: number; p95: number };
}

/** What is told beside it. */
export interface DeliveryApart {
  /** Of the rolled back: never above 10 %. */
  rolled_back_by_10_pct: number;
  /** Of all: held at least once by a sample ratio mismatch, which is nobody's harm. */
  sample_ratio_errors: number;
  /** Largest standard error of the shares, by the number of runs. */
  monte_carlo_error: number;
}

const SMALL = 0.1;

/** What became of many deployments. */
export function summaryOfDeliveries(results: readonly DeliveryRun[]): {
  summary: DeliverySummary;
  apart: DeliveryApart;
} {
  const runs = results.length;
  const share = (is: (run: DeliveryRun) => boolean): number => results.filter(is).length / runs;
  const exposures = results.map(({ exposure }) => Math.round(exposure * 1000) / 10);
  const ended = results.filter(({ phase }) => isEnd(phase)).map(({ hours }) => hours);
  const rolledBack = results.filter(({ phase }) => phase === "rolled_back");
  const shares = {
    promoted: share(({ phase }) => phase === "completed"),
    rolled_back: rolledBack.length / runs,
    not_enough_data: share(({ phase }) => phase === "inconclusive"),
    still_running: share(({ phase }) => !isEnd(phase)),
    stopped_in_shadow: share(({ phase }) => phase === "failed"),
  };
  const [p50 = 0, p95 = 0, max = 0] = quantile(exposures, [0.5, 0.95, 1]);
  const [half, most] = ended.length === 0 ? [0, 0] : quantile(ended, [0.5, 0.95]);
  const early = rolledBack.filter(({ exposure }) => exposure <= SMALL).length;
  return {
    summary: {
      runs,
      ...shares,
      max_exposure_pct: { p50, p95, max },
      hours_to_end: { p50: round(half), p95: round(most) },
    },
    apart: {
      rolled_back_by_10_pct: rolledBack.length === 0 ? 0 : early / rolledBack.length,
      sample_ratio_errors: share(({ mismatch }) => mismatch),
      monte_carlo_error: Math.max(...Object.values(shares).map((p) => Math.sqrt((p * (1 - p)) / runs))),
    },
  };
}

function isEnd(phase: DeliveryRun["phase"]): boolean {
  return !["checking", "shadow", "rolling", "baking"].includes(phase);
}

function round(hours = 0): number {
  return Math.round(hours * 100) / 100;
}
