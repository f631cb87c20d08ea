import { describe, expect, it } from "vitest";
import { userContext } from "../../../test/user-context.ts";
import { cssClasses } from "./css.ts";
import { applyOverrides, neutralVariables, rulePolicy } from "./rules.ts";
import { type Design, type Preferences, type UserContext, VARIABLE_NAMES, VARIABLES } from "./schema.ts";

/** What a model might answer: nothing that the rules would. */
const MODEL: Design = {
  classes: { density: 2, font: 1, theme: 2 },
  variables: { ...neutralVariables(), animation_duration: 0.7, font_size_base: 1.2 },
  confidence: { density: 0.5, font: 0.6, theme: 0.7 },
};

function theme(context: Partial<UserContext>): string {
  return cssClasses(rulePolicy(userContext(context)).classes)[2];
}

describe("rulePolicy", () => {
  it("answers the neutral design with confidence 1", () => {
    const design = rulePolicy(userContext());
    expect(cssClasses(design.classes)).toEqual(["densidad-media", "fuente-sans", "tema-claro"]);
    expect(design.variables).toEqual(neutralVariables());
    expect(design.confidence).toEqual({ density: 1, font: 1, theme: 1 });
  });

  it.each([
    ["05:59", "2024-01-03T05:59:59+09:00", "tema-oscuro"],
    ["06:00", "2024-01-03T06:00:00+09:00", "tema-claro"],
    ["17:59", "2024-01-03T17:59:59-08:00", "tema-claro"],
    ["18:00", "2024-01-03T18:00:00-08:00", "tema-oscuro"],
    ["midnight", "2024-01-03T00:00:00Z", "tema-oscuro"],
  ])("takes the theme from the local hour: %s", (_, hora_local, expected) => {
    expect(theme({ hora_local })).toBe(expected);
  });

  it.each([
    ["dark at noon", { prefers_color_scheme: "dark" }, "tema-oscuro"],
    ["light at night", { prefers_color_scheme: "light", hora_local: "2024-01-03T23:00:00Z" }, "tema-claro"],
  ] as const)("lets the system's colour scheme win over the hour: %s", (_, context, expected) => {
    expect(theme(context)).toBe(expected);
  });

  it.each([
    [767, 0.9],
    [767.99, 0.9],
    [768, 1],
    [1024, 1],
  ])("sets the font size at %f px to %f rem", (viewport_width, expected) => {
    expect(rulePolicy(userContext({ viewport_width })).variables.font_size_base).toBe(expected);
  });

  it.each([
    [true, 0.1],
    [false, 0.3],
    [undefined, 0.3],
  ])("with reduced motion %s animates for %f s", (reduced, expected) => {
    const context = reduced === undefined ? {} : { prefers_reduced_motion: reduced };
    expect(rulePolicy(userContext(context)).variables.animation_duration).toBe(expected);
  });
});

describe("applyOverrides", () => {
  it.each<[string, Partial<UserContext>, Preferences, [string, string, string]]>([
    ["nothing", {}, {}, ["densidad-alta", "fuente-serif", "tema-auto"]],
    [
      "the system's scheme over the model",
      { prefers_color_scheme: "dark" },
      {},
      ["densidad-alta", "fuente-serif", "tema-oscuro"],
    ],
    ["a preference over the model", {}, { density: "densidad-baja" }, ["densidad-baja", "fuente-serif", "tema-auto"]],
    [
      "a preference over the system's scheme",
      { prefers_color_scheme: "dark" },
      { theme: "tema-claro" },
      ["densidad-alta", "fuente-serif", "tema-claro"],
    ],
    [
      "all preferences",
      {},
      { density: "densidad-media", font: "fuente-mono", theme: "tema-oscuro" },
      ["densidad-media", "fuente-mono", "tema-oscuro"],
    ],
  ])("puts %s", (_, context, preferences, expected) => {
    const design = applyOverrides(MODEL, userContext(context), preferences);
    expect(cssClasses(design.classes)).toEqual(expected);
    expect(design.variables).toEqual(MODEL.variables);
    expect(design.confidence).toEqual(MODEL.confidence);
  });

  it("cuts animation short for reduced motion, and changes no other variable", () => {
    const { variables } = applyOverrides(MODEL, userContext({ prefers_reduced_motion: true }));
    expect(variables).toEqual({ ...MODEL.variables, animation_duration: 0.1 });
  });

  it("leaves the model's own answer as it was, for re-scoring", () => {
    const before = structuredClone(MODEL);
    applyOverrides(MODEL, userContext({ prefers_color_scheme: "dark", prefers_reduced_motion: true }), {
      font: "fuente-mono",
    });
    expect(MODEL).toEqual(before);
  });
});

describe("VARIABLES", () => {
  it("have a neutral value inside their range", () => {
    for (const name of VARIABLE_NAMES) {
      const { min, max, neutral } = VARIABLES[name];
      expect(min <= neutral && neutral <= max).toBe(true);
    }
  });
});
