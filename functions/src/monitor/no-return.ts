import type { ModelChange, Routing } from "../serve/schema.ts";

const HOUR_MS = 3_600_000;

/**
 * Why nobody is to be returned to `previous_good`, or null: versions do not play ping-pong.
 * @param changes of the version in service, the newest first
 * @param hours for which nobody returns to what was returned from
 */
export function noReturn(
  {
    routing: { stable, previous_good: target },
    changes,
    serverMs,
  }: { routing: Pick<Routing, "stable" | "previous_good">; changes: readonly ModelChange[]; serverMs: number },
  hours: number,
): string | null {
  if (target === stable) return `${target} is in service, and there is nothing else to return to`;
  // A change back to what had been in service before: a version that comes in service anew is no return from the last.
  const left = changes.find(
    ({ from, to, revision, deployment, at }) =>
      from === target &&
      deployment === null &&
      serverMs - Date.parse(at) < hours * HOUR_MS &&
      changes.some((earlier) => earlier.revision < revision && earlier.from === to),
  );
  return left === undefined
    ? null
    : `${target} was returned from at ${left.at}, and is not returned to within ${hours} h`;
}
