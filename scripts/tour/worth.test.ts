import { describe, expect, it } from "vitest";
import { cssClasses } from "../../functions/src/design/css.ts";
import { applyOverrides, rulePolicy } from "../../functions/src/design/rules.ts";
import { CLASSES } from "../../functions/src/design/schema.ts";
import type { Prediction } from "../../functions/src/serve/schema.ts";
import { Crowd, type Visit } from "../crowd/crowd.ts";
import { isParticular, rulesProbability } from "../crowd/tastes.ts";
import { meanOverVisitors } from "./interval.ts";
import { worthOf, worthTable } from "./worth.ts";

/** What a version would answer that has learnt all that the default policy can tell: the particular kind's density. */
function perfect(visit: Visit): Prediction["css_classes"] {
  const { context, preferences } = visit;
  const design = rulePolicy(context);
  const favourite = context.viewport_width < 768 ? "densidad-baja" : "densidad-alta";
  const density = CLASSES.density.indexOf(isParticular(visit) ? favourite : "densidad-media");
  return cssClasses(
    applyOverrides({ ...design, classes: { ...design.classes, density } }, context, preferences).classes,
  );
}

function visits(seed: number, visitors: number): Visit[] {
  const crowd = new Crowd({ seed, startMs: Date.UTC(2026, 8, 28), visitsPerDay: 1000 });
  const all: Visit[] = [];
  while (crowd.visitorCount < visitors) all.push(...crowd.nextHour());
  return all;
}

const answered = (seed: number, visitors: number, holdback: (visit: Visit) => boolean = () => false) =>
  visits(seed, visitors).map((visit) => {
    const held = holdback(visit);
    const { context, preferences } = visit;
    const rules = cssClasses(applyOverrides(rulePolicy(context), context, preferences).classes);
    const prediction = { arm: held ? "holdback" : "stable", css_classes: held ? rules : perfect(visit) } as Prediction;
    return { visit, prediction };
  });

describe("what a version is worth", () => {
  it("is beyond doubt for a version that has learnt everything, with 700 visitors, for 20 seeds", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const gains = answered(seed, 700).map(({ visit }) => ({
        visitor: visit.visitorNumber,
        value: isParticular(visit) && visit.preferences?.density === undefined ? 0.2 : 0,
      }));
      expect(meanOverVisitors(gains, seed)[0]).toBeGreaterThan(0.05);
    }
  });

  const mixed = answered(1, 400, ({ visitorNumber }) => visitorNumber % 20 === 0);
  const worths = worthOf(mixed, 1);
  const named = (name: string) => worths.find((worth) => worth.name === name);

  it("is told overall, for each device class, and for the holdback apart", () => {
    expect(worths.map(({ name }) => name)).toEqual(["everybody", "mobile", "tablet", "desktop", "holdback"]);
    const classes = ["mobile", "tablet", "desktop"].map((name) => named(name)?.visits ?? 0);
    expect(classes.reduce((sum, count) => sum + count, 0)).toBe(named("everybody")?.visits);
    expect((named("everybody")?.visits ?? 0) + (named("holdback")?.visits ?? 0)).toBe(mixed.length);
  });

  it("is nothing for visitors whom the rules answered, though they might have been shown better", () => {
    expect(named("holdback")?.gain).toEqual([0, 0, 0]);
    expect(named("holdback")?.best[1]).toBeGreaterThan(named("holdback")?.model[1] ?? 1);
  });

  it("lies between the rules and the best design, and is the difference per visit", () => {
    const { rules, model, best, gain } = named("everybody") ?? {};
    expect(model?.[1]).toBeGreaterThan(rules?.[1] ?? 1);
    expect(best?.[1]).toBeGreaterThan(model?.[1] ?? 1);
    expect(gain?.[1]).toBeCloseTo((model?.[1] ?? 0) - (rules?.[1] ?? 0), 12);
  });

  it("counts the true probability of what was answered, not of what the version should have answered", () => {
    const asRules = answered(1, 300, () => true).map(({ visit, prediction }) => ({
      visit,
      prediction: { ...prediction, arm: "stable" },
    }));
    const everybody = worthOf(asRules, 1)[0];
    expect(everybody?.model).toEqual(everybody?.rules);
    const sum = asRules.reduce((all, { visit }) => all + rulesProbability(visit), 0);
    expect(everybody?.rules[1]).toBeCloseTo(sum / asRules.length, 12);
  });

  it("leaves out a group without a visit, and prints the others in percent", () => {
    const none = worthOf(answered(1, 200), 1);
    expect(none.some(({ name }) => name === "holdback")).toBe(false);
    expect(worthTable(none)).toMatch(/everybody .*\d+\.\d \[\d+\.\d, \d+\.\d\].*\+\d/);
  });
});
