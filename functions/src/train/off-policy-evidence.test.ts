import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import type { InteractionLog } from "../collect/schema.ts";
import { Lifecycle } from "../config.ts";
import { neutralVariables } from "../design/rules.ts";
import type { JudgedModel } from "../model/bundle.ts";
import { judgingOnly } from "./comparison.ts";
import { offPolicyEvidence } from "./off-policy-evidence.ts";
import { sampleOf } from "./sample.ts";

const ENGAGED = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
type Classes = InteractionLog["predicted_css_classes"];
const SHARE = 0.3;
const OWN = 1 - (2 / 3) * SHARE;
const MEDIA = ["densidad-media", "fuente-sans", "tema-claro"] as const;
const BAJA = ["densidad-baja", "fuente-sans", "tema-claro"] as const;
const ALTA = ["densidad-alta", "fuente-sans", "tema-claro"] as const;

/** A version that always answers densidad-alta, or whatever class of density. */
function always(density: number): JudgedModel {
  const classes = { density, font: 0, theme: 0 };
  const design = { classes, variables: neutralVariables(), confidence: classes };
  return {
    varyingGroups: ["density"],
    predict: () => design,
    predictFully: () => ({ ...design, probabilities: {} as never }),
  };
}

function workspace(logs: Partial<InteractionLog>[]) {
  const samples = logs.map((log, i) => {
    const ids = { prediction_id: `p${i}`, session_id: `s${i}`, unit: `u${i}`, subject: `u${i}` };
    return sampleOf(someLog({ served: "fresh", ...ids, ...log }));
  });
  const { training, validation: limits } = Lifecycle.parse({});
  const validation = { verdict: "proceed", checked: 0, valid: 0, invalid: {}, reason: "" } as const;
  return judgingOnly(samples, { training, limits, validation });
}

const evidence = (logs: Partial<InteractionLog>[]) =>
  offPolicyEvidence(workspace(logs), { model: always(2), inService: always(1) }, async () => {});

const own = { predicted_css_classes: [...MEDIA] as Classes, propensity: OWN };
const third = { predicted_css_classes: [...BAJA] as Classes, propensity: SHARE / 3 };
const changed = { predicted_css_classes: [...ALTA] as Classes, propensity: SHARE / 3 };

describe("what the logs say of a candidate", () => {
  it("is a gain where visitors who were served its answer by chance engage more", async () => {
    const logs = Array.from({ length: 4000 }, (_, visit) => {
      // The reward model learns from every other visitor: both halves are alike.
      const i = visit >> 1;
      // One in ten is served what the candidate answers, half of whom engage; one in ten the third class; of the others a quarter do.
      if (i % 10 === 0) return { ...changed, ...(i % 20 === 0 ? ENGAGED : {}) };
      return i % 10 === 1 ? third : { ...own, ...(i % 5 === 2 ? ENGAGED : {}) };
    });
    const found = await evidence(logs);
    expect(found).toMatchObject({ verdict: "estimated", matched: 400, differing: 4000, unsupported: 0 });
    expect(found?.difference).toBeCloseTo(0.25, 1);
    expect(found?.low).toBeGreaterThan(0.1);
  });

  it("is nothing where nothing was left to chance, or the page showed something else", async () => {
    expect(await evidence([{ propensity: 1 }, { ...changed, served: "cached" }])).toBeNull();
  });

  it("tells nothing apart where a visitor's own choice goes before either", async () => {
    const chosen = { ...own, preferences: { density: "densidad-alta" as const } };
    expect(await evidence([chosen, chosen])).toMatchObject({ differing: 0 });
  });

  it("is no more than a model's word where the candidate's answer is never served", async () => {
    const needs = someLog({}).features.slice();
    needs[18] = 1;
    expect(await evidence([own, { ...own, features: needs }])).toMatchObject({ differing: 2, unsupported: 1 });
  });
});
