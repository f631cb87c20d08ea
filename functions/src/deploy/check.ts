import { reasonOf } from "../shared/errors.ts";
import type { Check } from "./schema.ts";

/** Faults that a check's message lists; the figures say how many there are. */
const LISTED = 3;

/** A check with what it measured: it is passed where nothing was found. */
export function check(
  name: Check["name"],
  faults: readonly string[],
  message: string,
  figures: Check["figures"],
): Check {
  const ok = faults.length === 0;
  const listed = [...new Set(faults)].slice(0, LISTED).join("; ");
  return { name, ok, message: ok ? message : listed, figures };
}

/** What an attempt finds; that it throws is a finding too. */
export function attempt(findings: () => string[]): string[] {
  try {
    return findings();
  } catch (error) {
    return [reasonOf(error)];
  }
}
