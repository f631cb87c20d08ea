import type { ExperimentRun } from "./experiment.ts";
import { quantile } from "./summary.ts";

/** Shares of the runs, 0-1. */
export interface ExperimentSummary {
  runs: number;
  /** A difference was found in any metric, at any look. */
  significant: number;
  invalid: number;
}

/** What is told beside it: shares of the runs, and hours. */
export interface ExperimentApart {
  better: number;
  worse: number;
  guardrail: number;
  /** By the last look. */
  recommended: Record<ExperimentRun["recommendation"], number>;
  /** Median hours until a difference was found. */
  hours_to_find: number | null;
  /** Standard error of `significant`, by the number of runs. */
  monte_carlo_error: number;
}

/** What many experiments have shown. */
export function summaryOfExperiments(results: readonly ExperimentRun[]): {
  summary: ExperimentSummary;
  apart: ExperimentApart;
} {
  const runs = results.length;
  const share = (is: (run: ExperimentRun) => boolean): number => results.filter(is).length / runs;
  const significant = share(({ better, worse, guardrail }) => better || worse || guardrail);
  const recommended = (action: ExperimentRun["recommendation"]): number =>
    share(({ recommendation }) => recommendation === action);
  const hours = results.flatMap((run) => run.hours ?? []).sort((a, b) => a - b);
  const median = quantile(hours, 0.5);
  return {
    summary: { runs, significant, invalid: share(({ invalid }) => invalid) },
    apart: {
      better: share(({ better }) => better),
      worse: share(({ worse }) => worse),
      guardrail: share(({ guardrail }) => guardrail),
      recommended: {
        ship: recommended("ship"),
        roll_back: recommended("roll_back"),
        keep_running: recommended("keep_running"),
        review: recommended("review"),
        invalid: recommended("invalid"),
      },
      hours_to_find: median === null ? null : Math.round(10 * median) / 10,
      monte_carlo_error: Math.sqrt((significant * (1 - significant)) / runs),
    },
  };
}
