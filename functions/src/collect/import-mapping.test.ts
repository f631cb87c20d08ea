import { describe, expect, it } from "vitest";
import { ImportMapping, toldRow, unusedColumns } from "./import-mapping.ts";

const NONE = ImportMapping.parse({});
const MAPPING = ImportMapping.parse({
  columns: {
    when: [{ field: "timestamp", unit: "epoch_seconds" }, "user_context.locale"],
    secs: { field: "session_duration", unit: "seconds" },
    scrolled: { field: "scroll_depth", unit: "percent" },
    "device.width": "user_context.viewport_width",
  },
  constants: { "consent.granted": true, bounce_rate: 0.5, "user_context.touch_enabled": false },
});

describe("a row in the words of a log", () => {
  it("understands the text of a CSV by its field", () => {
    const cells = {
      session_id: "007",
      bounce_rate: "0.50",
      interactions_count: " 3 ",
      "user_context.touch_enabled": "TRUE",
      "user_context.languages": '["es-ES", "en"]',
      "user_context.referer": "",
      "consent.granted": "1",
      "predicted_css_variables.--font-size-base": "1rem",
      predicted_css_classes: "densidad-alta fuente-sans|tema-claro",
      "ui_preference_feedback.preferred.theme": "tema-oscuro",
      "user_context.viewport_width": "wide",
      "user_context.password": "secret",
    };
    expect(toldRow(cells, NONE, true)).toEqual({
      session_id: "007",
      bounce_rate: 0.5,
      interactions_count: 3,
      user_context: { touch_enabled: true, languages: ["es-ES", "en"], viewport_width: "wide" },
      consent: { granted: true },
      predicted_css_variables: { "--font-size-base": "1rem" },
      predicted_css_classes: ["densidad-alta", "fuente-sans", "tema-claro"],
      ui_preference_feedback: { preferred: { theme: "tema-oscuro" } },
    });
  });

  it("leaves the types of JSON as they are, takes dotted names apart, and what is null as not told", () => {
    const row = {
      bounce_rate: "0.5",
      user_id: null,
      "consent.granted": true,
      user_context: { zoom_level: null, locale: "es" },
    };
    const before = structuredClone(row);
    expect(toldRow(row, NONE, false)).toEqual({
      bounce_rate: "0.5",
      consent: { granted: true },
      user_context: { locale: "es" },
    });
    expect(row).toEqual(before);
  });

  it.each([
    ["texts", true, { when: "1767225600", secs: "12.5", scrolled: "70", "device.width": "390" }],
    ["numbers", false, { when: 1_767_225_600, secs: 12.5, scrolled: 70, device: { width: 390 } }],
  ])("calls columns by their fields, in their units: %s", (_, isText, row) => {
    const { user_context: context, ...told } = toldRow(row, MAPPING, isText);
    expect(told).toMatchObject({
      timestamp: "2026-01-01T00:00:00.000Z",
      session_duration: 12_500,
      scroll_depth: 0.7,
      bounce_rate: 0.5,
      consent: { granted: true },
    });
    expect(context).toMatchObject({ viewport_width: 390, touch_enabled: false });
  });

  it("lets a row's own word stand before a constant, and a column before a field of that name", () => {
    const row = { bounce_rate: "0.1", scroll_depth: "1", scrolled: "50", secs: "soon" };
    expect(toldRow(row, MAPPING, true)).toMatchObject({
      bounce_rate: 0.1,
      scroll_depth: 0.5,
      session_duration: "soon",
    });
  });

  it("says which columns tell nothing", () => {
    expect(unusedColumns(["when", "consent.at", "what", "user_context"], MAPPING)).toEqual(["what", "user_context"]);
  });

  it.each([
    [{ columns: { a: "arm" } }, "columns.a"],
    [{ columns: { a: { field: "timestamp", unit: "days" } } }, "columns.a"],
    [{ constants: { propensity: 1 } }, "constants.propensity"],
    [{ colums: {} }, ""],
  ])("refuses a mapping that means nothing: %j", (mapping, path) => {
    const parsed = ImportMapping.safeParse(mapping);
    expect(parsed.error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});
