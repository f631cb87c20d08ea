import { cssClasses, cssVariables } from "../design/css.ts";
import { applyOverrides, rulePolicy } from "../design/rules.ts";
import { canonicalJson, sha256 } from "../shared/canonical.ts";
import { iso } from "../shared/time.ts";
import { ImportRow } from "./import-row.ts";
import { consentFault, type JudgedLog, judgedLog } from "./judge-log.ts";
import { MAX_LOG_BYTES } from "./parse-body.ts";
import { Consent, type Issue, type LogBody } from "./schema.ts";
import { schemaIssues } from "./schema-issues.ts";
import { isRecord } from "./stored-fields.ts";

/** What the judgement of a row depends on beside the row. */
export interface ImportContext {
  /** Server time. */
  nowMs: number;
  /** Pseudonyms of a visitor (or of a session, where no visitor is told) and of a user id. */
  pseudonymOf: (kind: "unit" | "user", id: string) => string;
  /** The policy that everybody in the file has agreed to, if whoever imports says so. */
  consentForAll?: string;
}

/** What becomes of a row. */
export type ImportJudgement = { kind: "valid"; log: JudgedLog } | { kind: "refused"; issues: Issue[] };

/** A classification that no model has made is certain. */
const CERTAIN: LogBody["prediction_confidence"] = { density: 1, font: 1, theme: 1 };

/**
 * Judges a row of somebody's own logs by the rules of ingest. It has no receipt, so what one would swear to is what is true of
 * a visit before there was Perennial: the rules, stable, nothing explored. Its id is the hash of what is understood of it, with
 * pseudonyms in the place of ids: the same row gives the same log, whatever file it stands in.
 */
export function judgeImport(told: Record<string, unknown>, context: ImportContext): ImportJudgement {
  const granted = consentOf(told, context.consentForAll);
  if (!granted.ok) return refused(granted.issue);
  const bytes = Buffer.byteLength(JSON.stringify(told));
  if (bytes > MAX_LOG_BYTES) {
    return refused({ code: "too_large", path: "", message: `${bytes} bytes; a log has at most ${MAX_LOG_BYTES}` });
  }
  const completed = withSession(told);
  const parsed = ImportRow.safeParse(completed);
  if (!parsed.success) return refused(...schemaIssues(parsed.error, completed));
  const { visitor_id: visitorId, ...row } = parsed.data;
  const eventMs = Date.parse(row.timestamp);
  if (eventMs > context.nowMs) {
    return refused({ code: "out_of_range", path: "timestamp", message: "must not be in the future" });
  }

  const eventAt = iso(eventMs);
  const unit = context.pseudonymOf("unit", visitorId ?? row.user_context.session_id);
  const subject = row.user_id === undefined ? unit : context.pseudonymOf("user", row.user_id);
  const hash = sha256(canonicalJson({ ...row, timestamp: eventAt, user_id: subject, visitor_id: unit }));
  const body: Omit<LogBody, "receipt"> = {
    ...row,
    ...design(row),
    schema_version: 1,
    prediction_id: `imp_${hash}`,
    model_version: "rules",
    seq: 0,
    consent: granted.consent ?? { granted: true, at: eventAt, policy: context.consentForAll },
    ended_at: row.ended_at ?? iso(eventMs + row.session_duration),
  };
  const known = {
    event_at: eventAt,
    issued_at: eventAt,
    unit,
    assigned_version: "rules",
    routing_revision: 0,
    arm: "stable",
    propensity: 1,
  } as const;
  return { kind: "valid", log: judgedLog(body, known, { subject, bodyHash: hash, source: "import" }) };
}

function refused(...issues: Issue[]): ImportJudgement {
  return { kind: "refused", issues };
}

/** What a row tells of consent, or null where it tells nothing and was spoken for. A row's own "no" is never overruled. */
function consentOf(
  { consent: told }: Record<string, unknown>,
  forAll: string | undefined,
): { ok: true; consent: Consent | null } | { ok: false; issue: Issue } {
  if (forAll !== undefined && (told === undefined || told === null)) return { ok: true, consent: null };
  if (isRecord(told) && told["granted"] === false) return { ok: false, issue: NOT_GRANTED };
  const parsed = Consent.safeParse(told);
  return parsed.success
    ? { ok: true, consent: parsed.data }
    : { ok: false, issue: consentFault(told, parsed.error.issues[0]?.message ?? "") };
}

const NOT_GRANTED: Issue = { code: "no_consent", path: "consent.granted", message: "not granted" };

/** A log tells its session twice; a row need not. */
function withSession(told: Record<string, unknown>): Record<string, unknown> {
  const context = told["user_context"];
  if (!isRecord(context)) return told;
  const session = context["session_id"] ?? told["session_id"];
  return { ...told, session_id: told["session_id"] ?? session, user_context: { ...context, session_id: session } };
}

/**
 * The design of the visit as it was told. Where none was, the log has the one that the rules would have answered, and says that
 * it was not applied: it then teaches what behaviour says, never that this design was right.
 */
function design(
  row: ImportRow,
): Pick<LogBody, "predicted_css_classes" | "predicted_css_variables" | "prediction_confidence" | "served"> {
  const { predicted_css_classes: classes, predicted_css_variables: variables, served } = row;
  const confidence = row.prediction_confidence ?? CERTAIN;
  if (classes !== undefined) {
    return {
      predicted_css_classes: classes,
      predicted_css_variables: variables,
      prediction_confidence: confidence,
      served,
    };
  }
  const ruled = applyOverrides(rulePolicy(row.user_context), row.user_context, row.preferences);
  return {
    predicted_css_classes: cssClasses(ruled.classes) as LogBody["predicted_css_classes"],
    predicted_css_variables: cssVariables(ruled.variables),
    prediction_confidence: confidence,
    served: "default",
  };
}
