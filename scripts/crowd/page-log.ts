import type { LogBody } from "../../functions/src/collect/schema.ts";
import type { Prediction } from "../../functions/src/serve/schema.ts";
import type { Behaviour } from "./behaviour.ts";
import { localIso, type Visit } from "./crowd.ts";
import { Draws } from "./draws.ts";

/** The log that a well-behaved page sends at the end of a visit. */
export function pageLog(visit: Visit, prediction: Prediction, behaviour: Behaviour): LogBody {
  const { context, visitor, atMs } = visit;
  const at = (ms: number) => localIso(ms, visitor.offsetMinutes);
  return {
    schema_version: 1,
    prediction_id: prediction.prediction_id,
    receipt: prediction.receipt,
    model_version: prediction.model_version,
    seq: 0,
    consent: { granted: true, at: at(atMs - 5_000), policy: "2026-01" },
    user_context: context,
    ...(visit.history === undefined ? {} : { history: visit.history }),
    ...(visit.preferences === undefined ? {} : { preferences: visit.preferences }),
    timestamp: at(atMs),
    ended_at: at(atMs + behaviour.session_duration),
    session_id: context.session_id,
    predicted_css_classes: prediction.css_classes as LogBody["predicted_css_classes"],
    predicted_css_variables: prediction.css_variables,
    prediction_confidence: prediction.prediction_confidence,
    served: "fresh",
    predict_outcome: "ok",
    ...behaviour,
  };
}

/** What may happen to a log on its way. */
export const MISCHIEF = ["late", "doubled", "broken", "cut", "no_consent", "forged"] as const;
export type Mischief = (typeof MISCHIEF)[number];

/** Share of the logs that something happens to. */
const MISCHIEF_SHARE = 0.03;

/** What happens to the log of this visit; undefined for nearly all. */
export function mischiefOf(seed: number, visitNumber: number): Mischief | undefined {
  const draws = new Draws(seed, "mischief", visitNumber);
  return draws.chance(MISCHIEF_SHARE) ? draws.pick(MISCHIEF) : undefined;
}

/** How an honest ingest has to answer; `codes` counts issues by code. */
export interface Tally {
  accepted: number;
  duplicates: number;
  quarantined: number;
  rejected: number;
  codes: Record<string, number>;
}

/** Nothing yet. */
export function emptyTally(): Tally {
  return { accepted: 0, duplicates: 0, quarantined: 0, rejected: 0, codes: {} };
}

/**
 * The lines of NDJSON that a log becomes, and what ingest has to say of them, added to `expected`.
 * A late log is like any other: only its sender takes its time.
 */
export function logLines(log: LogBody, mischief: Mischief | undefined, expected: Tally): string[] {
  const issue = (code: string) => {
    expected.codes[code] = (expected.codes[code] ?? 0) + 1;
  };
  switch (mischief) {
    case undefined:
    case "late":
      expected.accepted++;
      return [JSON.stringify(log)];
    case "doubled":
      expected.accepted++;
      expected.duplicates++;
      return [JSON.stringify(log), JSON.stringify(log)];
    case "broken":
      expected.quarantined++;
      issue("out_of_range");
      return [JSON.stringify({ ...log, scroll_depth: 7 })];
    case "cut":
      expected.rejected++;
      issue("unparsable");
      return [JSON.stringify(log).slice(0, -40)];
    case "no_consent":
      expected.rejected++;
      issue("no_consent");
      return [JSON.stringify({ ...log, consent: { ...log.consent, granted: false } })];
    case "forged":
      expected.rejected++;
      issue("receipt_forged");
      return [JSON.stringify({ ...log, receipt: `${log.receipt.slice(0, -6)}AAAAAA` })];
  }
}
