import { cssClasses } from "../design/css.ts";
import { extractFeatures, featuresHash, storedFeatures } from "../design/features.ts";
import { CLASS_GROUPS, History, UserContext } from "../design/schema.ts";
import type { OpenedReceipt } from "../serve/receipt.ts";
import type { Receipt } from "../serve/schema.ts";
import { canonicalJson, sha256 } from "../shared/canonical.ts";
import { Consent, type InteractionLog, type Issue, LogBody, type QuarantinedLog } from "./schema.ts";
import { schemaIssues } from "./schema-issues.ts";
import { isRecord, quarantinedFields, storedContext, wellFormed } from "./stored-fields.ts";

/** A log that may be stored; the store adds when it came, when it is mature, and its shard. */
export type JudgedLog = Omit<InteractionLog, "received_at" | "fold_after" | "shard">;

/** What becomes of one log. */
export type Judgement =
  | { kind: "valid"; log: JudgedLog }
  | { kind: "quarantined"; log: Omit<QuarantinedLog, "received_at">; issues: Issue[] }
  | { kind: "rejected"; issues: Issue[]; unanswered?: "timeout" | "error" };

/** What a judgement depends on beside the log. */
export interface JudgeContext {
  /** Server time. */
  nowMs: number;
  /** Age up to which a receipt is taken. */
  receiptMaxAgeMs: number;
  /** Pseudonym of a user id. */
  subjectOf: (userId: string) => string;
}

const RECEIPT_FAULTS = {
  receipt_missing: "a log carries the receipt of its prediction",
  receipt_forged: "this is not a receipt that we signed",
} as const;

/**
 * Judges a log; the order is the policy. Without consent nothing else is looked at. Without a good receipt nothing that
 * the log says can be believed. What differs from the receipt is a lie or a mix-up, and is not kept. What is left and
 * breaks a rule is kept in quarantine, with every fault.
 */
export function judgeLog(log: Record<string, unknown>, opened: OpenedReceipt, context: JudgeContext): Judgement {
  const consent = Consent.safeParse(log["consent"]);
  if (!consent.success) return rejected(consentFault(log["consent"], consent.error.issues[0]?.message ?? ""));
  if (!consent.data.granted) return rejected({ code: "no_consent", path: "consent.granted", message: "not granted" });
  if (!opened.ok) {
    const fault: Issue = { code: opened.code, path: "receipt", message: RECEIPT_FAULTS[opened.code] };
    const outcome = log["predict_outcome"];
    const unanswered = opened.code === "receipt_missing" && (outcome === "timeout" || outcome === "error");
    return unanswered ? { ...rejected(fault), unanswered: outcome } : rejected(fault);
  }
  const { receipt } = opened;
  if (context.nowMs - Date.parse(receipt.issued_at) > context.receiptMaxAgeMs) {
    const message = `issued at ${receipt.issued_at}, too long ago`;
    return rejected({ code: "receipt_expired", path: "receipt", message });
  }
  const differing = mismatches(log, receipt);
  if (differing.length > 0) return rejected(...differing);

  const userId = log["user_id"];
  const subject = typeof userId === "string" && userId !== "" ? context.subjectOf(userId) : receipt.unit;
  const parsed = LogBody.safeParse(log);
  if (!parsed.success) return quarantined(log, receipt, subject, schemaIssues(parsed.error, log));
  const { receipt: _receipt, ...body } = parsed.data;
  const bodyHash = sha256(canonicalJson(parsed.data));
  return { kind: "valid", log: judgedLog(body, receipt, { subject, bodyHash, source: "live" }) };
}

function rejected(...issues: Issue[]): { kind: "rejected"; issues: Issue[] } {
  return { kind: "rejected", issues };
}

/** Why a log is not taken whose consent cannot be understood. */
export function consentFault(consent: unknown, message: string): Issue {
  return {
    code: "no_consent",
    path: "consent",
    message: isRecord(consent) ? message : "a log says what was consented to",
  };
}

/** Every field that the receipt swears to and the log tells otherwise. One of a wrong type is the schema's business. */
function mismatches(log: Record<string, unknown>, receipt: Receipt): Issue[] {
  const issues: Issue[] = [];
  for (const field of ["prediction_id", "model_version"] as const) {
    const told = log[field];
    if (typeof told === "string" && told !== receipt[field]) issues.push(mismatch(field));
  }
  const classes = log["predicted_css_classes"];
  if (Array.isArray(classes) && classes.every((name) => typeof name === "string")) {
    const [density = -1, font = -1, theme = -1] = receipt.classes;
    const sworn = cssClasses({ density, font, theme });
    const differ = classes.length !== CLASS_GROUPS.length || classes.some((name, i) => name !== sworn[i]);
    if (differ) issues.push(mismatch("predicted_css_classes"));
  }
  const userContext = UserContext.safeParse(log["user_context"]);
  const history = History.optional().safeParse(log["history"]);
  if (userContext.success && history.success) {
    const hash = featuresHash(extractFeatures(userContext.data, history.data));
    if (hash !== receipt.features_hash) issues.push(mismatch("user_context"));
  }
  return issues;
}

function mismatch(path: string): Issue {
  const what = path === "user_context" ? "with history, gives other features than" : "differs from";
  return { code: "receipt_mismatch", path, message: `${what} the prediction of the receipt` };
}

/** The log of a body that keeps every rule, with what is known of its prediction, shortened to what may be stored. */
export function judgedLog(
  body: Omit<LogBody, "receipt">,
  known: Pick<
    Receipt,
    "event_at" | "issued_at" | "unit" | "assigned_version" | "routing_revision" | "arm" | "propensity"
  >,
  { subject, bodyHash, source }: { subject: string; bodyHash: string; source: InteractionLog["source"] },
): JudgedLog {
  const { user_id: _userId, user_context: userContext, ...told } = body;
  return wellFormed({
    ...told,
    user_context: storedContext(userContext),
    timestamp: known.event_at,
    unit: known.unit,
    subject,
    issued_at: known.issued_at,
    event_at: known.event_at,
    assigned_version: known.assigned_version,
    routing_revision: known.routing_revision,
    arm: known.arm,
    propensity: known.propensity,
    features: storedFeatures(extractFeatures(userContext, body.history)),
    body_hash: bodyHash,
    source,
  });
}

function quarantined(
  log: Record<string, unknown>,
  receipt: Receipt,
  subject: string,
  issues: Issue[],
): Extract<Judgement, { kind: "quarantined" }> {
  return {
    kind: "quarantined",
    issues,
    log: {
      schema_version: 1,
      prediction_id: receipt.prediction_id,
      unit: receipt.unit,
      subject,
      event_at: receipt.event_at,
      issues,
      fields: quarantinedFields(log),
    },
  };
}
