import type { Booster } from "../model/format.ts";
import { NEXT_TO_MISSING } from "./module-instance.ts";

/**
 * Thresholds as the data has them. The module cannot be given a genuine -1 and gets the next float32 for it (see there),
 * which then may be a threshold; -1 in its place parts all values as the training did.
 */
export function withMinusOne(booster: Booster): Booster {
  const value = booster.value.map((value, node) =>
    value === NEXT_TO_MISSING && (booster.left[node] as number) >= 0 ? -1 : value,
  );
  return { ...booster, value };
}
