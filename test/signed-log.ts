import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { LogBody } from "../functions/src/collect/schema.ts";
import { cssClasses } from "../functions/src/design/css.ts";
import { extractFeatures, featuresHash } from "../functions/src/design/features.ts";
import { parseKeys, signReceipt } from "../functions/src/serve/receipt.ts";
import type { Receipt } from "../functions/src/serve/schema.ts";
import { PLAIN_VISIT } from "./some-log.ts";

const MINUTE_MS = 60_000;

/** Keys of the local stack's receipts, as the setting RECEIPT_KEYS. */
export function demoKeySetting(): string {
  const secrets = readFileSync(resolve(import.meta.dirname, "../functions/.secret.local"), "utf8");
  return /^RECEIPT_KEYS=(.*)$/m.exec(secrets)?.[1] ?? "";
}

/** The same, ready for use. */
export function demoKeys() {
  return parseKeys(demoKeySetting());
}

/** A version id that only one test has, so that its windows are its own. */
export function ownVersion(): string {
  return `v_20260101T000000Z_${randomBytes(6).toString("hex")}`;
}

/**
 * A valid log with a receipt signed by the local stack's demo key, as predict would have given it; by default the
 * prediction was made 46 minutes ago, so that the log is mature at once.
 */
export function signedLog(sworn: Partial<Receipt> & { issuedMs?: number } = {}, told: Partial<LogBody> = {}): LogBody {
  const issuedMs = sworn.issuedMs ?? Date.now() - 46 * MINUTE_MS;
  const userContext: LogBody["user_context"] = {
    hora_local: new Date(issuedMs).toISOString(),
    prefers_color_scheme: "light",
    viewport_width: 1280,
    viewport_height: 800,
    touch_enabled: false,
    device_pixel_ratio: 1,
    user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    session_id: told.session_id ?? randomBytes(8).toString("hex"),
    page_path: "/",
  };
  const { issuedMs: _issuedMs, ...differences } = sworn;
  const receipt: Receipt = {
    prediction_id: randomBytes(16).toString("base64url"),
    issued_at: new Date(issuedMs).toISOString(),
    event_at: new Date(issuedMs).toISOString(),
    unit: `unit-${randomBytes(8).toString("hex")}`,
    assigned_version: "rules",
    model_version: "rules",
    arm: "stable",
    routing_revision: 0,
    classes: [1, 0, 0],
    propensity: 1,
    feature_schema: 1,
    features_hash: featuresHash(extractFeatures(told.user_context ?? userContext, told.history)),
    ...differences,
  };
  const [density = 0, font = 0, theme = 0] = receipt.classes;
  return {
    schema_version: 1,
    prediction_id: receipt.prediction_id,
    receipt: signReceipt(receipt, demoKeys()),
    model_version: receipt.model_version,
    seq: 0,
    consent: { granted: true, at: new Date(issuedMs - MINUTE_MS).toISOString() },
    user_context: userContext,
    timestamp: new Date(issuedMs).toISOString(),
    ended_at: new Date(issuedMs + MINUTE_MS).toISOString(),
    session_id: userContext.session_id,
    predicted_css_classes: cssClasses({ density, font, theme }) as LogBody["predicted_css_classes"],
    ...PLAIN_VISIT,
    ...told,
  };
}
