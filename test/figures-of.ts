import type { Measured } from "../functions/src/stats/measured.ts";

/** The figures of a statistic that must have some. */
export function figuresOf<Figures>(measured: Measured<Figures>): Figures {
  if (measured.status !== "measured") throw new Error(measured.reason);
  return measured;
}
