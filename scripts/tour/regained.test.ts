import { describe, expect, it } from "vitest";
import { cssClasses } from "../../functions/src/design/css.ts";
import { applyOverrides, neutralVariables } from "../../functions/src/design/rules.ts";
import { CLASSES, type Design } from "../../functions/src/design/schema.ts";
import type { VersionModel } from "../../functions/src/model/bundle.ts";
import type { Prediction } from "../../functions/src/serve/schema.ts";
import { Crowd, type Visit } from "../crowd/crowd.ts";
import { isParticular } from "../crowd/tastes.ts";
import { designOf, regainedOf, regainedTable } from "./regained.ts";

const design = (density: string): Design => ({
  classes: { density: (CLASSES.density as readonly string[]).indexOf(density), font: 0, theme: 0 },
  variables: neutralVariables(),
  confidence: { density: 1, font: 1, theme: 1 },
});

/** A version that learnt the first tastes of sharp phones, and takes everybody else for one whom a medium density holds. */
const parent: VersionModel = {
  varyingGroups: ["density"],
  predict: ([, , , , mobile, , , , dpr = 0]) => design(mobile === 1 && dpr >= 3 ? "densidad-baja" : "densidad-media"),
};

function turnedVisits(seed: number, visitors: number): Visit[] {
  const crowd = new Crowd({ seed, startMs: Date.UTC(2026, 8, 28), visitsPerDay: 1000 });
  crowd.turnTastes();
  const all: Visit[] = [];
  while (crowd.visitorCount < visitors) all.push(...crowd.nextHour());
  return all;
}

/** Visits as a version answers them, one in twenty visitors in the holdback. */
const answeredBy = (density: (visit: Visit) => string) =>
  turnedVisits(1, 400).map((visit) => {
    const shown = applyOverrides(design(density(visit)), visit.context, visit.preferences);
    const arm = visit.visitorNumber % 20 === 0 ? "holdback" : "stable";
    return { visit, prediction: { arm, css_classes: cssClasses(shown.classes) } as Prediction };
  });

describe("what a child regains", () => {
  const favourite = ({ context }: Visit) => (context.viewport_width < 768 ? "densidad-baja" : "densidad-alta");
  const learnt = answeredBy((visit) => (isParticular(visit) ? favourite(visit) : "densidad-media"));
  const all = regainedOf(learnt, parent, 1);
  const named = (name: string) => all.find((group) => group.name === name);

  it("is told for everybody whom it answered and each device class, the holdback left out", () => {
    expect(all.map(({ name }) => name)).toEqual(["everybody", "mobile", "tablet", "desktop"]);
    const treated = learnt.filter(({ prediction }) => prediction.arm !== "holdback");
    expect(named("everybody")?.visits).toBe(treated.length);
  });

  it("is the difference per visit to what the parent would have answered", () => {
    const everybody = named("everybody");
    const mean = (of: "rules" | "parent" | "child" | "best") => everybody?.[of][1] ?? Number.NaN;
    expect(everybody?.regained[1]).toBeCloseTo(mean("child") - mean("parent"), 12);
    expect(everybody?.kept[1]).toBeCloseTo(mean("parent") - mean("rules"), 12);
    expect(everybody?.regained[0]).toBeGreaterThan(0);
    expect(mean("best")).toBeGreaterThan(mean("child"));
  });

  it("counts what the parent loses: sharp phones, whom its density holds no longer, and nobody else", () => {
    expect(named("mobile")?.kept[2]).toBeLessThan(0);
    expect(named("tablet")?.kept[1]).toBeCloseTo(0, 12);
  });

  it("is nothing where the child answers as its parent would have", () => {
    const same = learnt.map(({ visit, prediction }) => {
      const { classes } = applyOverrides(designOf(parent, visit), visit.context, visit.preferences);
      return { visit, prediction: { ...prediction, css_classes: cssClasses(classes) } };
    });
    for (const { regained } of regainedOf(same, parent, 1)) expect(regained).toEqual([0, 0, 0]);
  });

  it("is printed in percent, and in points with a sign", () => {
    expect(regainedTable(all)).toMatch(/everybody .*\d+\.\d \[\d+\.\d, \d+\.\d\].*\+\d/);
  });
});
