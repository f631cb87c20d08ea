import { describe, expect, it } from "vitest";
import { CLASS_GROUPS, type ClassGroup } from "../design/schema.ts";
import { type Draws, eligibleGroups, explorationDraws, explore } from "./explore.ts";

describe("eligible groups", () => {
  const visit = {
    varying: ["density", "theme"] as const,
    preferences: undefined,
    colourScheme: "no-preference" as const,
    accessibilityNeeds: 0,
  };
  it.each([
    { name: "what varies", change: {}, groups: ["density", "theme"] },
    { name: "nothing when nothing varies", change: { varying: [] }, groups: [] },
    { name: "not the theme that a system asks for", change: { colourScheme: "dark" as const }, groups: ["density"] },
    { name: "not the light theme either", change: { colourScheme: "light" as const }, groups: ["density"] },
    {
      name: "not what a visitor chose",
      change: { preferences: { density: "densidad-alta" as const } },
      groups: ["theme"],
    },
    {
      name: "what a visitor did not choose",
      change: { preferences: { font: "fuente-mono" as const } },
      groups: ["density", "theme"],
    },
    { name: "nothing with accessibility needs", change: { accessibilityNeeds: 0.25 }, groups: [] },
  ])("are $name", ({ change, groups }) => {
    expect(eligibleGroups({ ...visit, ...change })).toEqual(groups);
  });
});

const POLICY = { density: 1, font: 0, theme: 2 };
const SHARE = 0.1;

/** Every distinct outcome of the draws with its probability: below the share each of k groups and three classes alike. */
function outcomes(k: number, share: number): { draws: Draws; probability: number }[] {
  const explored = Array.from({ length: 3 * k }, (_, i): { draws: Draws; probability: number } => ({
    draws: [share / 2, (Math.floor(i / 3) + 0.5) / k, ((i % 3) + 0.5) / 3],
    probability: share / (3 * k),
  }));
  return [{ draws: [(1 + share) / 2, 0.5, 0.5], probability: 1 - share }, ...explored];
}

describe("exploration", () => {
  const cases: ClassGroup[][] = [["density"], ["density", "theme"], [...CLASS_GROUPS]];
  it.each(cases.map((groups) => ({ groups })))(
    "of $groups tells for each triple the probability with which it is served",
    ({ groups }) => {
      const served = new Map<string, number>();
      const told = new Map<string, number>();
      for (const { draws, probability } of outcomes(groups.length, SHARE)) {
        const { classes, propensity } = explore(POLICY, { groups, share: SHARE, draws });
        const triple = JSON.stringify(classes);
        served.set(triple, (served.get(triple) ?? 0) + probability);
        expect(told.get(triple) ?? propensity).toBe(propensity);
        told.set(triple, propensity);
      }
      expect(served.size).toBe(1 + 2 * groups.length);
      for (const [triple, propensity] of told) expect(propensity).toBeCloseTo(served.get(triple) ?? Number.NaN, 12);
      expect([...told.values()].reduce((sum, propensity) => sum + propensity)).toBeCloseTo(1, 12);
    },
  );

  it.each([
    { name: "no group is eligible", groups: [], share: SHARE },
    { name: "it is turned off", groups: [...CLASS_GROUPS], share: 0 },
  ])("does nothing when $name", ({ groups, share }) => {
    expect(explore(POLICY, { groups, share, draws: [0, 0, 0] })).toEqual({ classes: POLICY, propensity: 1 });
  });

  it("begins below the share and not at it", () => {
    const at = (whether: number) =>
      explore(POLICY, { groups: ["density"], share: SHARE, draws: [whether, 0, 0] }).classes.density;
    expect([at(SHARE - 1e-9), at(SHARE)]).toEqual([0, POLICY.density]);
  });

  it("draws uniformly and independently from a prediction's id", () => {
    const n = 30_000;
    const cells = Array<number>(27).fill(0);
    for (let i = 0; i < n; i++) {
      const cell = explorationDraws("salt", `prediction-${i}`).reduce((sum, draw) => sum * 3 + Math.floor(draw * 3), 0);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    const chiSquare = cells.reduce((sum, count) => sum + (count - n / 27) ** 2 / (n / 27), 0);
    // scipy.stats.chi2.ppf(0.999, 26)
    expect(chiSquare).toBeLessThan(54.052);
  });

  it("draws otherwise under another salt", () => {
    expect(explorationDraws("a", "prediction")).not.toEqual(explorationDraws("b", "prediction"));
  });
});
