import type { Window } from "../collect/schema.ts";
import type { ServingWindow } from "../serve/schema.ts";
import type { LoggedVisits } from "./schema.ts";

/** A version in an arm. */
type Served = Pick<LoggedVisits, "version" | "arm">;

const name = ({ version, arm }: Served): string => `${version}.${arm}`;

/** Which versions in which arms have answered, each once. */
export function answered(serving: readonly ServingWindow[]): Served[] {
  const found = new Map(
    serving.map(({ assigned_version: version, arm }) => [name({ version, arm }), { version, arm }] as const),
  );
  return [...found.values()];
}

/**
 * How many of the visits that were answered in an hour have a log, by version and arm: without one are those without consent,
 * those that were closed before it could be sent, and those where it was lost or not taken.
 * @param serving what was answered in the hour
 * @param windows what was folded of it
 */
export function loggedVisits(serving: readonly ServingWindow[], windows: readonly Window[]): LoggedVisits[] {
  return answered(serving).map((served) => {
    const isOf = (one: Served): boolean => name(one) === name(served);
    const predictions = serving
      .filter(({ assigned_version: version, arm }) => isOf({ version, arm }))
      .reduce((sum, window) => sum + window.predictions, 0);
    const visits = windows.filter(isOf).reduce((sum, window) => sum + window.visits, 0);
    return { ...served, predictions, without_log: Math.max(0, predictions - visits) };
  });
}
