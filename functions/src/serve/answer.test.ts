import { describe, expect, it } from "vitest";
import { neutralVariables } from "../design/rules.ts";
import { CLASS_GROUPS, type Design, type UserContext } from "../design/schema.ts";
import type { VersionModel } from "../model/bundle.ts";
import { answer } from "./answer.ts";
import type { Assignment } from "./assign.ts";
import { openReceipt, parseKeys } from "./receipt.ts";
import { FIRST_ROUTING, type PredictRequest, type Routing } from "./schema.ts";

const STABLE = "v_20260901T000000Z_aaaaaaaaaaaa";
const GOOD = "v_20260801T000000Z_bbbbbbbbbbbb";
const keys = parseKeys(`test:${"k".repeat(32)}`);

const context: UserContext = {
  hora_local: "2026-09-28T12:00:00+02:00",
  prefers_color_scheme: "no-preference",
  viewport_width: 1280,
  viewport_height: 720,
  touch_enabled: false,
  device_pixel_ratio: 2,
  user_agent: "test",
  session_id: "s1",
  page_path: "/",
};

/** A model that says this design to everyone. */
function model(classes: Partial<Design["classes"]>, change: Partial<Design["variables"]> = {}): VersionModel {
  return {
    varyingGroups: ["density"],
    predict: () => ({
      classes: { density: 2, font: 1, theme: 1, ...classes },
      variables: { ...neutralVariables(), ...change },
      confidence: { density: 0.7, font: 0.8, theme: 0.9 },
    }),
  };
}

function ask(change: {
  request?: Partial<PredictRequest>;
  routing?: Partial<Routing>;
  assignment?: Assignment;
  models?: Record<string, VersionModel>;
  predictionId?: string;
}) {
  const routing = { ...FIRST_ROUTING, stable: STABLE, exploration_share: 0, revision: 7, ...change.routing };
  const { prediction, receipt, failures } = answer(
    {
      request: { user_context: context, ...change.request },
      unit: "unit",
      predictionId: change.predictionId ?? "A".repeat(22),
      issuedAtMs: Date.parse("2026-09-28T10:00:00Z"),
      eventAtMs: Date.parse("2026-09-27T10:00:00Z"),
    },
    {
      routing,
      assignment: change.assignment ?? { arm: "stable", version: STABLE },
      findModel: (version) => change.models?.[version],
      keys,
    },
  );
  return { prediction, receipt, failures };
}

describe("answer", () => {
  it("is the assigned version's design, and its receipt swears to it", () => {
    const { prediction, receipt } = ask({ models: { [STABLE]: model({}) } });
    expect(prediction).toMatchObject({
      model_version: STABLE,
      arm: "stable",
      css_classes: ["densidad-alta", "fuente-serif", "tema-oscuro"],
      prediction_confidence: { density: 0.7, font: 0.8, theme: 0.9 },
      propensity: 1,
    });
    expect(prediction.css_variables["--spacing-base"]).toBe("20px");
    expect(openReceipt(prediction.receipt, keys)).toEqual({ ok: true, receipt });
    expect(receipt).toMatchObject({
      classes: [2, 1, 1],
      assigned_version: STABLE,
      model_version: STABLE,
      routing_revision: 7,
      issued_at: "2026-09-28T10:00:00.000Z",
      event_at: "2026-09-27T10:00:00.000Z",
    });
  });

  const broken: VersionModel = {
    varyingGroups: [],
    predict: () => {
      throw new Error("broken");
    },
  };
  it.each([
    { name: "nothing is loaded", models: {}, by: "rules", failures: 0 },
    { name: "the assigned one is loaded", models: { [STABLE]: model({}), [GOOD]: model({}) }, by: STABLE, failures: 0 },
    { name: "only the previous good one is loaded", models: { [GOOD]: model({}) }, by: GOOD, failures: 0 },
    { name: "the assigned one throws", models: { [STABLE]: broken, [GOOD]: model({}) }, by: GOOD, failures: 1 },
    { name: "both throw", models: { [STABLE]: broken, [GOOD]: broken }, by: "rules", failures: 2 },
    { name: "it names a class that is none", models: { [STABLE]: model({ font: 3 }) }, by: "rules", failures: 1 },
    {
      name: "it answers NaN",
      models: { [STABLE]: model({}, { spacing_base: Number.NaN }) },
      by: "rules",
      failures: 1,
    },
  ])("comes from $by when $name, on the assigned arm's account", ({ models, by, failures }) => {
    const told = ask({ models, routing: { previous_good: GOOD } });
    expect(told.prediction.model_version).toBe(by);
    expect(told.receipt).toMatchObject({ assigned_version: STABLE, model_version: by, arm: "stable" });
    expect(told.failures).toHaveLength(failures);
  });

  it("gives the holdback the rules, whatever is loaded", () => {
    const { prediction } = ask({
      assignment: { arm: "holdback", version: "rules" },
      models: { [STABLE]: model({}) },
      routing: { previous_good: STABLE },
    });
    expect(prediction).toMatchObject({ model_version: "rules", arm: "holdback", css_classes: RULES });
  });

  const RULES = ["densidad-media", "fuente-sans", "tema-claro"];
  it.each([
    {
      name: "a preference",
      request: { preferences: { density: "densidad-baja" as const } },
      at: 0,
      is: "densidad-baja",
    },
    {
      name: "the system's colour scheme",
      request: { user_context: { ...context, prefers_color_scheme: "light" as const } },
      at: 2,
      is: "tema-claro",
    },
  ])("lets $name win over the model, in the receipt too", ({ request, at, is }) => {
    const { prediction, receipt } = ask({ request, models: { [STABLE]: model({}) } });
    expect(prediction.css_classes[at]).toBe(is);
    expect(receipt.classes[at]).toBe(0);
  });
});

describe("exploration of an answer", () => {
  const explored = (change: Parameters<typeof ask>[0]) =>
    ask({ models: { [STABLE]: model({}) }, ...change, routing: { exploration_share: 0.3, ...change.routing } })
      .prediction.propensity;

  const one = 1 - 0.3 + 0.1;
  it.each([
    { name: "a stable visit in the version's own groups", change: {}, possible: [one, 0.1] },
    {
      name: "a stable visit of the rules in the routing's groups",
      change: {
        routing: { stable: "rules" as const, rules_groups: [...CLASS_GROUPS] },
        assignment: { arm: "stable" as const, version: "rules" as const },
      },
      possible: [one, 0.3 / 9],
    },
    {
      name: "no group that a preference decides",
      change: { request: { preferences: { density: "densidad-alta" as const } } },
      possible: [1],
    },
    {
      name: "nobody with accessibility needs",
      change: { request: { user_context: { ...context, prefers_reduced_motion: true } } },
      possible: [1],
    },
    { name: "no control", change: { assignment: { arm: "control" as const, version: STABLE } }, possible: [1] },
    { name: "no treatment", change: { assignment: { arm: "treatment" as const, version: STABLE } }, possible: [1] },
    {
      name: "no holdback",
      change: { assignment: { arm: "holdback" as const, version: "rules" as const } },
      possible: [1],
    },
    { name: "no fallback", change: { models: {} }, possible: [1] },
  ])("reaches $name", ({ change, possible }) => {
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) seen.add(explored({ ...change, predictionId: String(i).padStart(22, "A") }));
    expect([...seen].sort()).toEqual(possible.map((value) => expect.closeTo(value, 12)).reverse());
  });

  it("draws the same for the same prediction, and puts the changed class into answer and receipt", () => {
    const ids = Array.from({ length: 50 }, (_, i) => String(i).padStart(22, "A"));
    const told = ids.map((predictionId) =>
      ask({ models: { [STABLE]: model({}) }, routing: { exploration_share: 0.5 }, predictionId }),
    );
    const changed = told.find(({ receipt }) => receipt.classes[0] !== 2);
    expect(changed?.prediction.css_classes[0]).not.toBe("densidad-alta");
    expect(changed?.receipt.propensity).toBeCloseTo(0.5 / 3, 12);
    const again = ids.map((predictionId) =>
      ask({ models: { [STABLE]: model({}) }, routing: { exploration_share: 0.5 }, predictionId }),
    );
    expect(again).toEqual(told);
  });
});
