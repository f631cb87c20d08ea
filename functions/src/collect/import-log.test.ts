import { describe, expect, it } from "vitest";
import { importRows } from "../../../test/import-rows.ts";
import { extractFeatures, storedFeatures } from "../design/features.ts";
import { UserContext } from "../design/schema.ts";
import { type ImportContext, judgeImport } from "./import-log.ts";
import { InteractionLog } from "./schema.ts";

const NOW = Date.UTC(2026, 8, 28, 12);
const CONTEXT: ImportContext = { nowMs: NOW, pseudonymOf: (kind, id) => `${kind} of ${id.length}` };
const FOR_ALL: ImportContext = { ...CONTEXT, consentForAll: "2024 terms" };
const [ROW = { timestamp: "" }] = importRows("r", { count: 1, endMs: NOW });
const { consent: _consent, ...WITHOUT_CONSENT } = ROW as Record<string, unknown>;

function logOf(row: Record<string, unknown>, context = CONTEXT) {
  const judged = judgeImport(row, context);
  if (judged.kind !== "valid") throw new Error(JSON.stringify(judged.issues));
  return judged.log;
}

function faults(row: Record<string, unknown>, context = CONTEXT): string {
  const judged = judgeImport(row, context);
  return judged.kind === "valid" ? "valid" : judged.issues.map(({ code, path }) => `${code} ${path}`.trim()).join(", ");
}

describe("a row of somebody's own logs", () => {
  it("becomes a log that can be stored, of the rules, stable, with its features, under pseudonyms", () => {
    const log = logOf({ ...ROW, user_id: "me@example.org", password: "secret" });
    const stored = { ...log, received_at: log.event_at, fold_after: log.event_at, shard: 0 };
    expect(InteractionLog.parse(stored)).toEqual(stored);
    expect(log.prediction_id).toMatch(/^imp_[0-9a-f]{64}$/);
    expect(log).toMatchObject({
      source: "import",
      event_at: ROW.timestamp,
      issued_at: ROW.timestamp,
      assigned_version: "rules",
      model_version: "rules",
      arm: "stable",
      propensity: 1,
      unit: "unit of 4",
      subject: "user of 14",
      user_context: { page_path: "/shop", user_agent: { family: "Firefox", version: "143.0" } },
      ended_at: new Date(Date.parse(ROW.timestamp) + 200_000).toISOString(),
    });
    const context = UserContext.parse((ROW as Record<string, unknown>)["user_context"]);
    expect(log.features).toEqual(storedFeatures(extractFeatures(context)));
    expect(JSON.stringify(log)).not.toMatch(/secret|example\.org|r\.v0/);
  });

  it("has the same id however it is written, and another if anything else is told", () => {
    const id = logOf(ROW).prediction_id;
    const same = [
      Object.fromEntries(Object.entries(ROW).reverse()),
      { ...ROW, timestamp: ROW.timestamp.replace("Z", "+00:00") },
      { ...ROW, unknown: 1 },
      { ...ROW, predict_outcome: "ok" },
    ];
    for (const row of same) expect(logOf(row).prediction_id).toBe(id);
    expect(logOf(WITHOUT_CONSENT, FOR_ALL).prediction_id).toBe(id);
    for (const difference of [{ scroll_depth: 0.91 }, { user_id: "u" }, { visitor_id: "another" }]) {
      expect(logOf({ ...ROW, ...difference }).prediction_id).not.toBe(id);
    }
  });

  it("whose design is not told has that of the rules, and says that it was not applied", () => {
    expect(logOf({ ...ROW, served: "fresh" })).toMatchObject({
      predicted_css_classes: ["densidad-media", "fuente-sans", "tema-oscuro"],
      predicted_css_variables: { "--font-size-base": "0.9rem" },
      served: "default",
    });
    const classes = ["densidad-alta", "fuente-serif", "tema-claro"];
    const told = logOf({ ...ROW, predicted_css_classes: classes });
    expect(told).toMatchObject({ predicted_css_classes: classes, predicted_css_variables: {}, served: "fresh" });
  });

  it("is a visitor by its session where no visitor is told, and tells its session once or twice", () => {
    const { visitor_id: _visitor, ...row } = ROW as Record<string, unknown>;
    const { session_id: _own, ...once } = row;
    for (const one of [row, once]) expect(logOf(one)).toMatchObject({ unit: "unit of 4", session_id: "r.s0" });
  });

  it("needs consent, in the row or for all; a row's own no stands", () => {
    expect(faults(WITHOUT_CONSENT)).toBe("no_consent consent");
    expect(faults({ ...ROW, consent: { granted: true } })).toBe("no_consent consent");
    expect(logOf(WITHOUT_CONSENT, FOR_ALL).consent).toEqual({ granted: true, at: ROW.timestamp, policy: "2024 terms" });
    expect(logOf(ROW, FOR_ALL).consent.policy).toBe("2026-01");
    for (const consent of [{ granted: false, at: ROW.timestamp }, { granted: false }]) {
      expect(faults({ ...ROW, consent }, FOR_ALL)).toBe("no_consent consent.granted");
    }
    expect(faults({ ...ROW, consent: "yes" }, FOR_ALL)).toBe("no_consent consent");
  });

  it.each<[string, Record<string, unknown>]>([
    ["out_of_range timestamp", { timestamp: "2026-09-28T12:00:00.001Z" }],
    ["missing_field timestamp", { timestamp: undefined }],
    ["wrong_type interactions_count, out_of_range bounce_rate", { bounce_rate: 2, interactions_count: "9" }],
    ["missing_field user_context", { user_context: undefined }],
    ["too_large", { padding: "x".repeat(16_384) }],
    ["invalid_value predicted_css_classes.0", { predicted_css_classes: ["a", "fuente-sans", "tema-claro"] }],
  ])("is refused with its reasons: %s", (expected, difference) => {
    expect(faults({ ...ROW, ...difference })).toBe(expected);
  });
});
