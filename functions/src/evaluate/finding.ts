import type { TriggerVerdict } from "./schema.ts";

/** What a trigger measured, before cool-downs and jobs are looked at. */
export type Finding = Omit<TriggerVerdict, "verdict" | "sessions"> & { verdict: "met" | "ok" | "insufficient_data" };

/** A share in words. */
export function perCent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
