import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import type { InteractionLog } from "../collect/schema.ts";
import { type Labels, labelsOf } from "./labels.ts";
import { sampleOf } from "./sample.ts";

const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
const SERVED = {
  predicted_css_classes: ["densidad-alta", "fuente-serif", "tema-auto"] as InteractionLog["predicted_css_classes"],
  predicted_css_variables: { "--font-size-base": "1.15rem", "--color-primary-h": "200deg", "--spacing-base": "99px" },
};
/** Spacing is missing: 99 px is more than any version answers. */
const RIGHT = { density: 2, font: 1, theme: 2, font_size_base: 1.15, color_primary_h: 200 };

describe("the policy engagement", () => {
  it("labels every target of every visit alike", () => {
    const labels = labelsOf(sampleOf(someLog({ ...ENGAGED, served: "default", propensity: 0.01 })), "engagement");
    expect(labels?.weight).toBe(1);
    expect(labels?.targets).toMatchObject({ density: 2, font: 0, theme: 0, font_size_base: 1.15 });
    expect(Object.keys(labels?.targets ?? {})).toHaveLength(11);
  });
});

describe("the policy observed", () => {
  const rows: { name: string; log: Partial<InteractionLog>; labels: Labels | null }[] = [
    { name: "an engaged visit", log: ENGAGED, labels: { targets: RIGHT, weight: 1 } },
    { name: "a visit that was not engaged", log: {}, labels: null },
    { name: "an engaged visit of a cached design", log: { ...ENGAGED, served: "cached" }, labels: null },
    { name: "a satisfied visit", log: { user_satisfaction: 4 }, labels: { targets: RIGHT, weight: 1 } },
    { name: "an undecided visit that was not engaged", log: { user_satisfaction: 3 }, labels: null },
    {
      name: "an undecided visit that was engaged",
      log: { ...ENGAGED, user_satisfaction: 3 },
      labels: { targets: RIGHT, weight: 1 },
    },
    { name: "an engaged visit that says it was bad", log: { ...ENGAGED, user_satisfaction: 2 }, labels: null },
    {
      name: "a like",
      log: { user_satisfaction: 1, ui_preference_feedback: { verdict: "like" } },
      labels: { targets: RIGHT, weight: 1 },
    },
    {
      name: "an engaged dislike",
      log: { ...ENGAGED, ui_preference_feedback: { verdict: "dislike" } },
      labels: null,
    },
    {
      name: "a dislike that says what is better",
      log: { ui_preference_feedback: { verdict: "dislike", preferred: { density: "densidad-baja" } } },
      labels: { targets: { density: 0 }, weight: 1 },
    },
    {
      name: "a like with one thing to change",
      log: { ui_preference_feedback: { verdict: "like", preferred: { theme: "tema-claro" } } },
      labels: { targets: { ...RIGHT, theme: 0 }, weight: 1 },
    },
    {
      name: "a design served with probability 0.1",
      log: { ...ENGAGED, propensity: 0.1 },
      labels: { targets: RIGHT, weight: 10 },
    },
    {
      name: "a design served with probability 0.0067",
      log: { ...ENGAGED, propensity: 0.0067 },
      labels: { targets: RIGHT, weight: 20 },
    },
  ];
  it.each(rows)("takes $name for $labels", ({ log, labels }) => {
    expect(labelsOf(sampleOf(someLog({ ...SERVED, ...log })), "observed")).toEqual(labels);
  });
});
