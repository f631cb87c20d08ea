import { UserContext } from "../design/schema.ts";
import { floorTo, iso } from "../shared/time.ts";
import type { Placement } from "./amendment.ts";
import { GRANULARITIES, type IngestWindow, type Issue, LogBody } from "./schema.ts";

/** Start (epoch ms) of the five minutes of server time in which something was received. */
export function ingestStartMs(nowMs: number): number {
  return floorTo(nowMs, GRANULARITIES["5m"]);
}

/** Counters of five minutes in which nothing was received yet. */
export function emptyIngestWindow(startMs: number): IngestWindow {
  return {
    schema_version: 1,
    start: iso(startMs),
    accepted: 0,
    amended: 0,
    duplicates: 0,
    late_amendment: 0,
    quarantined: 0,
    rejected: 0,
    unanswered: {},
    issues: {},
    fields: {},
  };
}

/** Counts what became of a valid log. */
export function countPlacement(window: IngestWindow, placement: Placement, issues: readonly Issue[]): void {
  switch (placement) {
    case "accepted":
      window.accepted++;
      return;
    case "amended":
      window.amended++;
      return;
    case "late_amendment":
      window.late_amendment++;
      window.duplicates++;
      return;
    case "duplicate":
      window.duplicates++;
      return;
    case "conflict":
      countRefusal(window, "rejected", issues);
  }
}

/** Counts a log that was not taken, with each of its reasons. */
export function countRefusal(window: IngestWindow, kind: "quarantined" | "rejected", issues: readonly Issue[]): void {
  window[kind]++;
  for (const { code, path } of issues) {
    window.issues[code] = (window.issues[code] ?? 0) + 1;
    const field = knownField(path);
    window.fields[field] = (window.fields[field] ?? 0) + 1;
  }
}

/** A field's name as counters know it: only names of ours, so that nobody can grow the document. */
function knownField(path: string): string {
  const [first = "", second = ""] = path.split(".");
  if (first === "user_context" && Object.hasOwn(UserContext.shape, second)) return `${first}.${second}`;
  return Object.hasOwn(LogBody.shape, first) ? first : "log";
}
