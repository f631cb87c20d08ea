import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import type { InteractionLog } from "../collect/schema.ts";
import { examplesOf, featuresOf, labelledRows, pick } from "./examples.ts";
import { planTraining } from "./plan.ts";
import { type Sample, sampleOf } from "./sample.ts";

const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };

function visit(id: string, session: string, differences: Partial<InteractionLog> = {}): Sample {
  return sampleOf(someLog({ prediction_id: id, session_id: session, ...differences }));
}

const visits = [
  visit("a", "s", { unit: "u", user_context: { ...someLog({}).user_context, locale: "es-PE" } }),
  visit("b", "t", { unit: "u", ...ENGAGED, propensity: 0.5, user_satisfaction: 5 }),
  visit("c", "s", { unit: "v", ...ENGAGED, served: "cached" }),
];

describe("examples", () => {
  it("lay out one row per visit, with the rules' answer beside the label", () => {
    const examples = examplesOf(visits, "engagement");
    expect(examples.ids).toEqual(["a", "b", "c"]);
    expect([...examples.session]).toEqual([0, 1, 0]);
    expect([...examples.unit]).toEqual([0, 0, 1]);
    expect([...examples.cell]).toEqual([1, 1, 1]);
    expect(examples.language).toEqual(["es", "", ""]);
    expect([...examples.labels.density]).toEqual([1, 2, 2]);
    expect([...examples.rules.density]).toEqual([1, 1, 1]);
    const row = featuresOf(examples, 1);
    expect([row.length, row[9], row[13]]).toEqual([19, 1_024_000, Number.NaN]);
  });

  it("give every session a weight of 1", () => {
    expect([...examplesOf(visits, "engagement").weights]).toEqual([0.5, 1, 0.5]);
  });

  it("under the policy observed leave out what teaches nothing, and weigh by the inverse propensity", () => {
    const examples = examplesOf(visits, "observed");
    expect(examples.ids).toEqual(["b"]);
    expect([...examples.weights]).toEqual([2]);
    expect(examples.labels.line_height_base[0]).toBeNaN();
  });
});

describe("the plan of a training", () => {
  const split = { train: Int32Array.of(0, 1, 2), holdout: Int32Array.of(), trainSessions: 2, holdoutSessions: 0 };

  it("trains what varies and keeps the rest as constants", () => {
    const { trees, constants } = planTraining(examplesOf(visits, "engagement"), split);
    expect(trees).toEqual(["density", "font_size_base"]);
    expect(constants).toMatchObject({ font: 0, theme: 0, color_primary_h: 220, animation_duration: 0.3 });
    expect(Object.keys(constants)).toHaveLength(9);
  });

  it("looks at the training side only", () => {
    const { trees, constants } = planTraining(examplesOf(visits, "engagement"), {
      ...split,
      train: Int32Array.of(1, 2),
      holdout: Int32Array.of(0),
    });
    expect(trees).toEqual([]);
    expect(constants).toMatchObject({ density: 2, font_size_base: 1.15 });
  });

  it("is neutral about what no visit speaks of", () => {
    const examples = examplesOf(visits, "observed");
    const side = Int32Array.of(0);
    expect(labelledRows(examples, side, "line_height_base")).toHaveLength(0);
    expect([...pick(examples.labels.density, labelledRows(examples, side, "density"))]).toEqual([1]);
    expect(planTraining(examples, { ...split, train: side }).constants).toMatchObject({
      density: 1,
      font: 0,
      line_height_base: 1.6,
      border_radius_base: 8,
    });
  });
});
