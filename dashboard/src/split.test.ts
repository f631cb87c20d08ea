import { describe, expect, it } from "vitest";
import { assign } from "../../functions/src/serve/assign.ts";
import { FIRST_ROUTING, type Routing } from "../../functions/src/serve/schema.ts";
import { split } from "./split.ts";

const OLD = "v_20261101T000000Z_0123456789ab";
const NEW = "v_20261120T000000Z_ba9876543210";
const canary = (share: number) => ({ deployment: "d", version: NEW, share, salt: "d" });
const experiment = {
  id: "e",
  salt: "e",
  arms: [
    { name: "control", version: "rules", from: 0, to: 0.3 },
    { name: "large", version: NEW, from: 0.3, to: 0.5 },
  ],
};

describe("the split that is shown is that which visitors meet", () => {
  it.each<[string, Partial<Routing>, number]>([
    ["nobody compared", {}, 2],
    ["no holdback", { holdback_share: 0 }, 1],
    ["a canary", { canary: canary(0.1) }, 4],
    ["a canary of half", { canary: canary(0.5) }, 3],
    ["a canary of more than half has no control", { canary: canary(0.6) }, 3],
    ["a bake", { canary: canary(1) }, 2],
    ["an experiment", { experiment }, 4],
    ["both", { canary: canary(0.25), experiment }, 6],
  ])("%s", (_, change, arms) => {
    const routing: Routing = { ...FIRST_ROUTING, stable: OLD, ...change };
    const shown = split(routing);
    expect(shown).toHaveLength(arms);
    expect(shown.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    const visitors = 20_000;
    const met = new Map<string, number>();
    for (let i = 0; i < visitors; i++) {
      const { arm, version } = assign(routing, `visitor ${i}`);
      const name = `${arm} ${version}`;
      met.set(name, (met.get(name) ?? 0) + 1);
    }
    expect([...met.keys()].sort()).toEqual(shown.map(({ arm, version }) => `${arm} ${version}`).sort());
    // Five standard errors of a share of half.
    for (const { arm, version, share } of shown) {
      expect(Math.abs((met.get(`${arm} ${version}`) ?? 0) / visitors - share)).toBeLessThan(0.018);
    }
  });
});
