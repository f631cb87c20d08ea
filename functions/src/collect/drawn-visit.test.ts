import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { decodeVisit, FEEDBACK, feedbackDraw, languageOf, VISITORS, visitDraw } from "./drawn-visit.ts";
import type { InteractionLog } from "./schema.ts";

const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
const decoded = (differences: Partial<InteractionLog>) => {
  const { payload } = visitDraw(someLog(differences));
  expect(payload).toHaveLength(VISITORS.payload);
  return decodeVisit(payload);
};

describe("a drawn visit", () => {
  it("keeps what a version and a target policy ask for", () => {
    const { user_context: context, features } = someLog({});
    const visit = decoded({
      ...ENGAGED,
      arm: "control",
      predicted_css_classes: ["densidad-alta", "fuente-mono", "tema-auto"],
      ui_preference_feedback: { verdict: "dislike", preferred: { density: "densidad-baja", theme: "tema-claro" } },
      user_context: { ...context, locale: "es-MX" },
    });
    expect(visit).toMatchObject({
      cell: 1,
      arm: "control",
      engaged: true,
      fresh: true,
      right: false,
      served: [2, 2, 2],
      preferred: [0, null, 0],
      language: "es",
    });
    expect(Array.from(visit.features)).toEqual(features.map((value) => Math.fround(value ?? Number.NaN)));
  });

  it.each([
    [{ arm: "exp.a.b" }, { arm: "experiment" }],
    [{ arm: "holdback" }, { arm: "holdback" }],
    [{ served: "cached" }, { fresh: false }],
    [{}, { engaged: false, right: false, preferred: [null, null, null], language: "" }],
    [{ ...ENGAGED }, { engaged: true, right: true }],
    [
      { ...ENGAGED, user_satisfaction: 2 },
      { engaged: true, right: false },
    ],
    [{ user_satisfaction: 5 }, { engaged: false, right: true }],
  ] as const)("of %j says %j", (differences, expected) => {
    expect(decoded(differences as Partial<InteractionLog>)).toMatchObject(expected);
  });

  it("is the same bytes for the same visit, whatever its NaN", () => {
    const row = new Float64Array(new BigUint64Array([0x7ff8_0000_0000_0001n]).buffer);
    const odd = { features: [...someLog({}).features.slice(0, 18), row[0] ?? 0] } as Partial<InteractionLog>;
    const plain = { features: [...someLog({}).features.slice(0, 18), null] } as Partial<InteractionLog>;
    expect(visitDraw(someLog(odd))).toEqual(visitDraw(someLog(plain)));
  });
});

describe("feedback", () => {
  it.each([
    [{}, null],
    [{ user_satisfaction: 2 }, 1],
    [{ user_satisfaction: 3 }, 0],
    [{ user_satisfaction: 5, ui_preference_feedback: { verdict: "dislike" } }, 1],
    [{ ui_preference_feedback: { verdict: "like" } }, 0],
  ] as const)("of %j is %s", (differences, negative) => {
    const draw = feedbackDraw(someLog(differences as Partial<InteractionLog>));
    expect(draw?.payload[0] ?? null).toBe(negative);
    if (draw !== null) expect(draw.payload).toHaveLength(FEEDBACK.payload);
  });
});

describe("a language", () => {
  it.each([
    [{ locale: "es-MX" }, "es"],
    [{ locale: "EN_us" }, "en"],
    [{ locale: "fil" }, "fil"],
    [{ languages: ["de-AT", "en"] }, "de"],
    [{ locale: "x" }, ""],
    [{ locale: "english" }, ""],
    [{}, ""],
  ])("of %j is %j", (context, language) => {
    expect(languageOf(context)).toBe(language);
  });
});
