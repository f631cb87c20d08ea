import { describe, expect, it } from "vitest";
import { isEngaged } from "../../functions/src/design/targets.ts";
import { behave } from "./behaviour.ts";
import { Draws } from "./draws.ts";

const visits = (probability: number) =>
  Array.from({ length: 4000 }, (_, i) => behave(new Draws(5, "visit", i), { probability, slow: false }));

describe("behaviour", () => {
  it.each([0.1, 0.2, 0.6, 0.8])(
    "is engaged in a share of %s of the visits, by the system's own definition",
    (probability) => {
      const share = visits(probability).filter(isEngaged).length / 4000;
      // Four standard errors.
      expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / 4000));
    },
  );

  it("breaks every single rule of engagement when it is not engaged", () => {
    for (const visit of visits(0)) {
      expect(visit.session_duration).toBeLessThanOrEqual(120_000);
      expect(visit.interactions_count).toBeLessThanOrEqual(5);
      expect(visit.scroll_depth).toBeLessThanOrEqual(0.7);
      expect(visit.bounce_rate).toBeGreaterThanOrEqual(0.3);
    }
  });

  it("never holds a visitor less for a better design", () => {
    const lesser = visits(0.6);
    visits(0.8).forEach((visit, i) => {
      const before = lesser[i];
      if (before !== undefined && isEngaged(before)) expect(visit).toEqual(before);
    });
  });

  it("renders slowly, over the 100 ms that shorten animations, only on slow devices", () => {
    const slow = Array.from({ length: 500 }, (_, i) =>
      behave(new Draws(5, "visit", i), { probability: 0.2, slow: true }),
    );
    expect(slow.some(({ rendering_time }) => rendering_time > 100)).toBe(true);
    expect(visits(0.2).every(({ rendering_time }) => rendering_time <= 100)).toBe(true);
  });
});
