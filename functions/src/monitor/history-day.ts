import type { Deployment } from "../deploy/schema.ts";
import type { Evaluation } from "../evaluate/schema.ts";
import type { ServedVersion } from "../serve/schema.ts";
import type { Alert } from "../shared/schema.ts";
import { iso } from "../shared/time.ts";
import type { RetrainingJob } from "../train/schema.ts";
import { addCounts, sumArms } from "./arm-history.ts";
import type { ArmHistory, HistoryDay, HistoryMonth } from "./history-schema.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Decisions of deployments that a day tells. */
const MOST_STEPS = 100;

/** What a day is made of. */
export interface DayFacts {
  /** Epoch ms at which it begins, UTC. */
  startMs: number;
  settled: boolean;
  visits: number;
  served: readonly ArmHistory[];
  evaluations: readonly Evaluation[];
  /** All that may have had a step on that day. */
  deployments: readonly Pick<Deployment, "id" | "log">[];
  trainings: readonly Pick<RetrainingJob, "id" | "kind" | "stage" | "version">[];
  alerts: readonly Pick<Alert, "severity" | "kind">[];
}

/** The first event time from which a day's or a month's logs have all come: receipts are refused by then, and what was taken is mature. */
export function settlesAt(endMs: number, collect: { receipt_max_age_hours: number; maturity_minutes: number }): number {
  // An hour for the fold's rest and its settling margin.
  return endMs + collect.receipt_max_age_hours * HOUR_MS + collect.maturity_minutes * 60_000 + HOUR_MS;
}

/** A day of history. */
export function historyDay(facts: DayFacts): HistoryDay {
  const { startMs, settled, visits, served, evaluations } = facts;
  const inDay = (at: string): boolean => iso(startMs) <= at && at < iso(startMs + DAY_MS);
  const steps = facts.deployments
    .flatMap(({ id, log }) => log.map(({ at, action, reason }) => ({ id, at, action, reason })))
    .filter(({ at, action }) => inDay(at) && action !== "hold")
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return {
    schema_version: 1,
    day: iso(startMs).slice(0, 10),
    settled,
    visits,
    served: sumArms([served]),
    in_service: inService(evaluations, served),
    accuracy: accuracyOf(evaluations),
    fired: evaluations.flatMap(({ decided_at: at, fired: trigger, job }) =>
      trigger === null ? [] : [{ at, trigger, job }],
    ),
    deployments: steps.slice(0, MOST_STEPS),
    trainings: facts.trainings.map(({ id, kind, stage, version }) => ({ id, kind, stage, version })),
    alerts: addCounts(facts.alerts.map(({ severity, kind }) => ({ [`${severity} ${kind}`]: 1 }))),
  };
}

/** A month of history: the sum of the days that are there. @param isOver no day of it is still to come or to change */
export function historyMonth(month: string, days: readonly HistoryDay[], isOver: boolean): HistoryMonth {
  const measured = days.flatMap(({ accuracy }) => accuracy ?? []);
  const versions = [...new Set(measured.map(({ version }) => version))];
  return {
    schema_version: 1,
    month,
    days: days.length,
    settled: isOver && days.every(({ settled }) => settled),
    visits: days.reduce((sum, { visits }) => sum + visits, 0),
    served: sumArms(days.map(({ served }) => served)),
    in_service: [...new Set(days.flatMap(({ in_service: inDay }) => inDay))],
    accuracy: Object.fromEntries(
      versions.map((version) => {
        const own = measured.filter((of) => of.version === version);
        return [version, { mean: own.reduce((sum, { value }) => sum + value, 0) / own.length, days: own.length }];
      }),
    ),
    fired: addCounts(days.flatMap(({ fired }) => fired.map(({ trigger }) => ({ [trigger]: 1 })))),
    deployments: [...new Set(days.flatMap(({ deployments }) => deployments.map(({ id }) => id)))],
    trainings: [...new Set(days.flatMap(({ trainings }) => trainings.map(({ id }) => id)))],
    alerts: addCounts(days.map(({ alerts }) => alerts)),
  };
}

/** As decisions tell; without any, as what the stable arm was answered by does. */
function inService(evaluations: readonly Evaluation[], served: readonly ArmHistory[]): ServedVersion[] {
  const decided = evaluations.map(({ in_service: version }) => version);
  const stable = served.flatMap(({ arm, version }) => (arm === "stable" ? version : []));
  return [...new Set(decided.length > 0 ? decided : stable)];
}

function accuracyOf(evaluations: readonly Evaluation[]): HistoryDay["accuracy"] {
  return evaluations.reduce<HistoryDay["accuracy"]>((last, { in_service: version, decided_at: at, triggers }) => {
    const { value, visitors } = triggers.accuracy ?? { value: null };
    return value === null || visitors === null || visitors === undefined ? last : { version, value, visitors, at };
  }, null);
}
