import type { Experiment } from "./schema.ts";

/** Shares of the arms under a routing revision, in the order of the arms: those of the step that it belongs to. */
export function sharesOf({ arms, steps }: Pick<Experiment, "arms" | "steps">, revision: number): number[] {
  const step = steps.findLast((known) => known.revision <= revision) ?? steps[0];
  return arms.map(({ share }, i) => step?.shares[i] ?? share);
}

/** True if the split was the same all the time. */
export function isOneSplit({ steps }: Pick<Experiment, "steps">): boolean {
  return steps.every(({ shares }) => shares.every((share, i) => share === steps[0]?.shares[i]));
}
