import { beforeAll, describe, expect, it } from "vitest";
import { assign } from "../functions/src/serve/assign.ts";
import { bucket } from "../functions/src/serve/hash.ts";
import type { Routing } from "../functions/src/serve/schema.ts";
import { bucket as storageBucket } from "../functions/src/shared/firestore.ts";
import { CONTEXT, postPredict, predictAt, sendPredict } from "./predict-client.ts";
import { publishConstantVersion, putRouting } from "./routing.ts";

const RULES = ["densidad-media", "fuente-sans", "tema-claro"];
const MODEL = ["densidad-alta", "fuente-sans", "tema-oscuro"];
const off = { holdback_share: 0, exploration_share: 0 };

/** Visitors, each with a session of its own. */
const visitors = (n: number) => Array.from({ length: n }, (_, i) => `visitor-${i}`);

describe("predict without a model", () => {
  let routing: Routing;
  beforeAll(async () => {
    routing = await putRouting(off);
  });

  it("answers the rule policy, in the order density, font, theme", async () => {
    const { prediction, receipt } = await predictAt(routing.revision);
    expect(prediction).toMatchObject({
      model_version: "rules",
      arm: "stable",
      css_classes: RULES,
      css_variables: {
        "--font-size-base": "1rem",
        "--line-height-base": "1.6",
        "--spacing-base": "20px",
        "--border-radius-base": "8px",
        "--color-primary-h": "220deg",
        "--color-primary-s": "70%",
        "--color-primary-l": "45%",
        "--animation-duration": "0.3s",
      },
      prediction_confidence: { density: 1, font: 1, theme: 1 },
      propensity: 1,
    });
    expect(prediction.processing_time_ms).toBeGreaterThan(0);
    expect(receipt).toMatchObject({ classes: [1, 0, 0], assigned_version: "rules", model_version: "rules" });
    expect(receipt.event_at).toBe("2026-09-28T10:00:00.000Z");
  });

  it("lets the visitor's wishes win", async () => {
    const { prediction } = await predictAt(routing.revision, {
      user_context: { ...CONTEXT, prefers_color_scheme: "dark", prefers_reduced_motion: true },
      preferences: { font: "fuente-mono" },
    });
    expect(prediction.css_classes).toEqual(["densidad-media", "fuente-mono", "tema-oscuro"]);
    expect(prediction.css_variables["--animation-duration"]).toBe("0.1s");
  });

  it("answers through Hosting, and to pages of other origins", async () => {
    const { status, body } = await postPredict(
      { user_context: CONTEXT },
      `${process.env["PERENNIAL_HOSTING_URL"]}/api/predict`,
    );
    expect([status, body.model_version]).toEqual([200, "rules"]);
    const { headers } = await sendPredict({
      method: "POST",
      headers: { "content-type": "application/json", origin: "https://shop.example" },
      body: JSON.stringify({ user_context: CONTEXT }),
    });
    expect(headers.get("access-control-allow-origin")).toBe("https://shop.example");
  });
});

describe("bad input to predict", () => {
  const context = (change: Record<string, unknown>) => ({ user_context: { ...CONTEXT, ...change } });
  it.each([
    { name: "no object", body: "[]", path: "" },
    { name: "nothing in it", body: {}, path: "user_context" },
    { name: "a wrong type", body: context({ viewport_width: "wide" }), path: "user_context.viewport_width" },
    { name: "what becomes of NaN", body: context({ viewport_height: null }), path: "user_context.viewport_height" },
    { name: "an infinite number", body: '{"user_context":{"zoom_level":1e999}}', path: "user_context.zoom_level" },
    { name: "no offset", body: context({ hora_local: "2026-09-28T12:00" }), path: "user_context.hora_local" },
    {
      name: "a class that is none",
      body: { ...context({}), preferences: { theme: "pink" } },
      path: "preferences.theme",
    },
    { name: "a history of text", body: { ...context({}), history: "long" }, path: "history" },
    { name: "an id of 129 characters", body: { ...context({}), visitor_id: "v".repeat(129) }, path: "visitor_id" },
  ])("$name is 400 and names the field and the rule", async ({ body, path }) => {
    const answer = await postPredict(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error?.status).toBe(400);
    const issue = answer.body.error?.issues.find((found) => found.path === path);
    expect(issue?.message).toMatch(/\w+/);
    expect(answer.body.error?.message).toContain(issue?.message);
  });

  it.each([
    { name: "broken JSON", type: "application/json", body: '{"user_context":' },
    { name: "NaN, which JSON does not know", type: "application/json", body: '{"user_context":{"zoom_level":NaN}}' },
    { name: "broken JSON as text", type: "text/plain", body: '{"user_context":' },
    { name: "an empty body", type: "application/json", body: "" },
    { name: "bytes", type: "application/octet-stream", body: "\u0000\u0001" },
  ])("$name is 400", async ({ type, body }) => {
    const answer = await sendPredict({ method: "POST", headers: { "content-type": type }, body });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(answer.body.error?.message).toMatch(/JSON|empty/);
  });

  it("over 32 KiB is 413, and says how much is taken", async () => {
    const answer = await postPredict({ ...context({}), padding: "x".repeat(33_000) });
    expect(answer.status).toBe(413);
    expect(answer.body.error?.message).toContain("32768");
  });

  it.each(["GET", "PUT", "DELETE"])("%s is 405, and says what is allowed", async (method) => {
    const answer = await sendPredict({ method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect(answer.body.error?.message).toContain("POST");
  });
});

describe("predict with a version in service", () => {
  let version: string;
  beforeAll(async () => {
    version = await publishConstantVersion();
  });

  it("answers by the version; preferences and the system's theme win over it", async () => {
    const { revision } = await putRouting({ ...off, stable: version });
    const { prediction, receipt } = await predictAt(revision);
    expect(prediction).toMatchObject({ model_version: version, css_classes: MODEL });
    expect(prediction.css_variables["--font-size-base"]).toBe("1.15rem");
    expect(receipt.classes).toEqual([2, 0, 1]);
    const wished = await predictAt(revision, {
      user_context: { ...CONTEXT, prefers_color_scheme: "light" },
      preferences: { density: "densidad-baja" },
    });
    expect(wished.prediction.css_classes).toEqual(["densidad-baja", "fuente-sans", "tema-claro"]);
  });

  it("gives the holdback the rules, for good", async () => {
    const routing = await putRouting({ ...off, stable: version, holdback_share: 0.5 });
    for (const visitor_id of visitors(20)) {
      const { prediction, receipt } = await predictAt(routing.revision, { visitor_id });
      const held = bucket(routing.salts.holdback, receipt.unit) < 5000;
      expect(prediction).toMatchObject(
        held ? { arm: "holdback", model_version: "rules", css_classes: RULES } : { arm: "stable", css_classes: MODEL },
      );
    }
  });

  it("keeps visitors in their arms while a candidate's share rises", async () => {
    const canary = { deployment: "test", version, salt: "a test's salt" };
    const arms = new Map<string, string>();
    for (const share of [0.1, 0.5]) {
      const routing = await putRouting({ ...off, canary: { ...canary, share } });
      for (const visitor_id of visitors(30)) {
        const { prediction, receipt } = await predictAt(routing.revision, { visitor_id });
        const { arm } = prediction;
        expect({ arm, version: receipt.assigned_version }).toEqual(assign(routing, receipt.unit));
        expect(prediction.css_classes).toEqual(arm === "treatment" ? MODEL : RULES);
        const before = arms.get(visitor_id) ?? arm;
        expect(before === arm || (before === "stable" && arm === "treatment")).toBe(true);
        arms.set(visitor_id, arm);
      }
    }
    expect(new Set(arms.values())).toEqual(new Set(["treatment", "control"]));
  });

  it("answers each arm of an experiment by its version, explores in none, and gives the others stable", async () => {
    const arms = [
      { name: "rules", version: "rules", from: 0, to: 0.4 },
      { name: "model", version, from: 0.4, to: 0.8 },
    ] satisfies NonNullable<Routing["experiment"]>["arms"];
    const experiment = { id: "e1", salt: "a test's experiment", arms };
    const routing = await putRouting({ holdback_share: 0, exploration_share: 0.5, experiment });
    const seen = new Set<string>();
    for (const visitor_id of visitors(30)) {
      const { prediction, receipt } = await predictAt(routing.revision, { visitor_id });
      expect({ arm: prediction.arm, version: receipt.assigned_version }).toEqual(assign(routing, receipt.unit));
      seen.add(prediction.arm);
      if (prediction.arm === "stable") continue;
      expect(prediction.css_classes).toEqual(prediction.arm === "exp.e1.model" ? MODEL : RULES);
      expect(prediction.propensity).toBe(1);
    }
    expect([...seen].sort()).toEqual(["exp.e1.model", "exp.e1.rules", "stable"]);
  });

  it("falls back to the previous good version when an artefact is not what was published, on the same arm", async () => {
    const broken = await publishConstantVersion();
    await storageBucket().file(`model_versions/${broken}/bundle.json`).save("{}");
    const { revision } = await putRouting({ ...off, stable: broken, previous_good: version });
    const { prediction, receipt } = await predictAt(revision);
    expect(prediction).toMatchObject({ model_version: version, arm: "stable", css_classes: MODEL });
    expect(receipt).toMatchObject({ assigned_version: broken, model_version: version });
  });

  it("explores one class of a stable visit at times, and tells how probable the answer was", async () => {
    const { revision } = await putRouting({ ...off, exploration_share: 0.5 });
    const propensities = new Set<number>();
    for (let i = 0; i < 40; i++) {
      const { prediction } = await predictAt(revision);
      const changed = prediction.css_classes.filter((name, group) => name !== RULES[group]).length;
      expect(prediction.propensity).toBeCloseTo(changed === 0 ? 0.5 + 0.5 / 3 : 0.5 / 6, 12);
      expect(prediction.css_classes[1]).toBe(RULES[1]);
      propensities.add(prediction.propensity);
    }
    expect(propensities.size).toBe(2);
  });
});
