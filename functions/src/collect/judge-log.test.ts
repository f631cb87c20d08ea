import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PLAIN_VISIT } from "../../../test/some-log.ts";
import { cssClasses } from "../design/css.ts";
import { extractFeatures, featuresHash } from "../design/features.ts";
import type { OpenedReceipt } from "../serve/receipt.ts";
import type { Receipt } from "../serve/schema.ts";
import { type Judgement, judgeLog } from "./judge-log.ts";
import type { LogBody } from "./schema.ts";
import { InteractionLog } from "./schema.ts";

const ISSUED = Date.UTC(2026, 8, 28, 5, 12, 0);
const HOUR = 3_600_000;
const CONTEXT = {
  nowMs: ISSUED + HOUR,
  receiptMaxAgeMs: 48 * HOUR,
  subjectOf: (id: string) => `pseudonym ${id.length}`,
};

const userContext: LogBody["user_context"] = {
  hora_local: "2026-09-28T07:12:00+02:00",
  prefers_color_scheme: "light",
  viewport_width: 1280,
  viewport_height: 800,
  touch_enabled: false,
  device_pixel_ratio: 1,
  user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
  session_id: "session",
  page_path: "/",
};

const receipt: Receipt = {
  prediction_id: "AAAAAAAAAAAAAAAAAAAAAA",
  issued_at: "2026-09-28T05:12:00.000Z",
  event_at: "2026-09-20T05:12:00.000Z",
  unit: "unit",
  assigned_version: "v_20260901T000000Z_0123456789ab",
  model_version: "rules",
  arm: "treatment",
  routing_revision: 7,
  classes: [1, 0, 0],
  propensity: 0.98,
  feature_schema: 1,
  features_hash: featuresHash(extractFeatures(userContext)),
};

const body: LogBody = {
  schema_version: 1,
  prediction_id: receipt.prediction_id,
  receipt: "opened by the caller",
  model_version: "rules",
  seq: 0,
  consent: { granted: true, at: "2026-09-28T05:00:00Z" },
  user_context: userContext,
  timestamp: "2020-01-01T00:00:00Z",
  ended_at: "2026-09-28T05:14:00Z",
  session_id: "session",
  predicted_css_classes: cssClasses({ density: 1, font: 0, theme: 0 }) as LogBody["predicted_css_classes"],
  ...PLAIN_VISIT,
};

const good: OpenedReceipt = { ok: true, receipt };
const missing: OpenedReceipt = { ok: false, code: "receipt_missing" };
const forged: OpenedReceipt = { ok: false, code: "receipt_forged" };
const judge = (log: Record<string, unknown>, opened: OpenedReceipt = good, context = CONTEXT) =>
  judgeLog(log, opened, context);
const told = (judgement: Judgement) =>
  judgement.kind === "valid" ? "valid" : judgement.issues.map(({ code, path }) => `${code} ${path}`.trim()).join(", ");

describe("judging a log", () => {
  it("takes what counts from the receipt, and of the rest only what may be stored", () => {
    const judgement = judge({ ...body, user_id: "me@example.org", password: "secret", arm: "stable", propensity: 1 });
    if (judgement.kind !== "valid") throw new Error(told(judgement));
    expect(judgement.log).toMatchObject({
      timestamp: receipt.event_at,
      event_at: receipt.event_at,
      issued_at: receipt.issued_at,
      unit: "unit",
      subject: "pseudonym 14",
      assigned_version: receipt.assigned_version,
      arm: "treatment",
      routing_revision: 7,
      propensity: 0.98,
      source: "live",
    });
    expect(JSON.stringify(judgement.log)).not.toMatch(/secret|me@example|opened by the caller|Gecko/);
    const stored = { ...judgement.log, received_at: receipt.issued_at, fold_after: receipt.issued_at, shard: 0 };
    expect(InteractionLog.parse(stored)).toEqual(stored);
  });

  it("calls the visitor the subject when no user is told", () => {
    expect(judge(body)).toMatchObject({ log: { subject: "unit" } });
  });

  it("hashes what was sent, not how: order and unknown fields do not matter, every known field does", () => {
    const hash = (log: Record<string, unknown>) => {
      const judgement = judge(log);
      return judgement.kind === "valid" ? judgement.log.body_hash : told(judgement);
    };
    const reversed = Object.fromEntries(Object.entries(body).reverse());
    expect(hash({ ...reversed, unknown: 1 })).toBe(hash(body));
    expect(hash({ ...body, scroll_depth: 0.51 })).not.toBe(hash(body));
    expect(hash({ ...body, seq: 1 })).not.toBe(hash(body));
  });

  it.each([
    { name: "as old as allowed", afterMs: 48 * HOUR, says: "valid" },
    { name: "a millisecond older", afterMs: 48 * HOUR + 1, says: "receipt_expired receipt" },
  ])("looks at the receipt's age: $name", ({ afterMs, says }) => {
    expect(told(judge(body, good, { ...CONTEXT, nowMs: ISSUED + afterMs }))).toBe(says);
  });

  it.each([
    {
      name: "no consent before a forged receipt",
      log: { ...body, consent: undefined },
      opened: forged,
      says: "no_consent consent",
    },
    {
      name: "consent not granted",
      log: { ...body, consent: { ...body.consent, granted: false } },
      says: "no_consent consent.granted",
    },
    { name: "consent that is not one", log: { ...body, consent: "yes" }, says: "no_consent consent" },
    { name: "consent without a time", log: { ...body, consent: { granted: true } }, says: "no_consent consent" },
    { name: "a missing receipt", log: body, opened: missing, says: "receipt_missing receipt" },
    {
      name: "a forged receipt before broken fields",
      log: { ...body, seq: -1 },
      opened: forged,
      says: "receipt_forged receipt",
    },
    { name: "another prediction", log: { ...body, prediction_id: "other" }, says: "receipt_mismatch prediction_id" },
    {
      name: "another version",
      log: { ...body, model_version: receipt.assigned_version },
      says: "receipt_mismatch model_version",
    },
    {
      name: "another class",
      log: { ...body, predicted_css_classes: ["densidad-alta", "fuente-sans", "tema-claro"] },
      says: "receipt_mismatch predicted_css_classes",
    },
    {
      name: "one class less",
      log: { ...body, predicted_css_classes: ["densidad-media"] },
      says: "receipt_mismatch predicted_css_classes",
    },
    {
      name: "changed features",
      log: { ...body, user_context: { ...userContext, viewport_width: 1281 } },
      says: "receipt_mismatch user_context",
    },
    {
      name: "a history that was not there",
      log: {
        ...body,
        history: { sessions: 1, avg_session_duration: 1, total_interactions: 1, first_visit: "2026-09-01T00:00:00Z" },
      },
      says: "receipt_mismatch user_context",
    },
    {
      name: "every difference",
      log: { ...body, prediction_id: "x", model_version: "y" },
      says: "receipt_mismatch prediction_id, receipt_mismatch model_version",
    },
    {
      name: "a difference before broken fields",
      log: { ...body, seq: -1, model_version: "y" },
      says: "receipt_mismatch model_version",
    },
  ])("rejects $name", ({ log, opened, says }) => {
    const judgement = judge(log, opened);
    expect(judgement.kind).toBe("rejected");
    expect(told(judgement)).toBe(says);
  });

  it.each([
    { name: "a negative duration", change: { session_duration: -1 }, says: "out_of_range session_duration" },
    { name: "a rate above 1", change: { bounce_rate: 1.01 }, says: "out_of_range bounce_rate" },
    { name: "a count that is not whole", change: { interactions_count: 1.5 }, says: "wrong_type interactions_count" },
    { name: "a missing field", change: { ended_at: undefined }, says: "missing_field ended_at" },
    { name: "text for a number", change: { rendering_time: "40" }, says: "wrong_type rendering_time" },
    { name: "null for a number", change: { rendering_time: null }, says: "wrong_type rendering_time" },
    {
      name: "a class that does not exist",
      change: { predicted_css_classes: [1, 2, 3] },
      says: "invalid_value predicted_css_classes.0, invalid_value predicted_css_classes.1, invalid_value predicted_css_classes.2",
    },
    { name: "a time without zone", change: { timestamp: "2026-09-28T05:12:00" }, says: "invalid_value timestamp" },
    {
      name: "a variable that is not ours",
      change: { predicted_css_variables: { "--x": "1" } },
      says: "invalid_value predicted_css_variables",
    },
    {
      name: "a width of 0",
      change: { user_context: { ...userContext, viewport_width: 0 } },
      says: "out_of_range user_context.viewport_width",
    },
    { name: "no context", change: { user_context: undefined }, says: "missing_field user_context" },
    { name: "six stars", change: { user_satisfaction: 6 }, says: "out_of_range user_satisfaction" },
    {
      name: "a reserved name in a map",
      change: { actual_device_info: { __name__: 1 } },
      says: "invalid_value actual_device_info.__name__",
    },
    { name: "a list in a map", change: { network_conditions: { a: [] } }, says: "invalid_value network_conditions.a" },
    { name: "two faults", change: { seq: -1, scroll_depth: 2 }, says: "out_of_range seq, out_of_range scroll_depth" },
    { name: "another layout", change: { schema_version: 2 }, says: "invalid_value schema_version" },
  ])("puts $name into quarantine", ({ change, says }) => {
    const judgement = judge({ ...body, ...change });
    expect(judgement.kind).toBe("quarantined");
    expect(told(judgement)).toBe(says);
  });

  it("tells quarantine whose log it is, and no secrets", () => {
    const judgement = judge({ ...body, seq: -1, user_id: "me@example.org", password: "secret" });
    expect(judgement).toMatchObject({
      kind: "quarantined",
      log: { prediction_id: receipt.prediction_id, unit: "unit", subject: "pseudonym 14" },
    });
    const stored = judgement.kind === "quarantined" ? JSON.stringify(judgement.log.fields) : "";
    expect(stored).not.toMatch(/secret|me@example|opened by the caller|Gecko/);
  });

  it.each([
    { outcome: "timeout", opened: missing, unanswered: "timeout" },
    { outcome: "error", opened: missing, unanswered: "error" },
    { outcome: "ok", opened: missing, unanswered: undefined },
    { outcome: "timeout", opened: forged, unanswered: undefined },
  ])("counts a prediction without any answer: $outcome, $opened.code", ({ outcome, opened, unanswered }) => {
    const judgement = judge({ ...body, predict_outcome: outcome }, opened);
    expect(judgement.kind === "rejected" && judgement.unanswered).toBe(unanswered);
  });

  it("keeps a late answer's log, with what the page applied instead", () => {
    const judgement = judge({ ...body, served: "cached", predict_outcome: "timeout" });
    expect(judgement).toMatchObject({ kind: "valid", log: { served: "cached", predict_outcome: "timeout" } });
  });

  it("survives whatever JSON can say, in every field", () => {
    const field = fc.constantFrom(...Object.keys(body), "history", "actual_device_info", "ui_preference_feedback");
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) => {
        const judgement = judge({ ...body, [name]: value });
        expect(["valid", "quarantined", "rejected"]).toContain(judgement.kind);
        if (judgement.kind !== "valid") expect(judgement.issues.length).toBeGreaterThan(0);
      }),
    );
    const context = fc.constantFrom(...Object.keys(userContext), "languages", "referer", "zoom_level");
    fc.assert(
      fc.property(context, fc.jsonValue(), (name, value) => {
        judge({ ...body, user_context: { ...userContext, [name]: value } });
      }),
    );
  });
});
