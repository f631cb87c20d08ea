import { describe, expect, it } from "vitest";
import { cssClasses } from "./css.ts";
import { neutralVariables } from "./rules.ts";
import { type Behaviour, engagementTarget, isEngaged } from "./targets.ts";

const ENGAGED: Behaviour = { session_duration: 120_001, interactions_count: 6, scroll_depth: 0.71, bounce_rate: 0.29 };
const BOUNCED: Behaviour = { ...ENGAGED, bounce_rate: 1 };
const NOON = "2024-01-03T12:00:00-05:00";

function target(visit: Behaviour, { width = 1024, hora_local = NOON, rendering_time = 50 } = {}) {
  return engagementTarget({ ...visit, rendering_time, user_context: { hora_local, viewport_width: width } });
}

describe("isEngaged", () => {
  it.each<[string, Partial<Behaviour>, boolean]>([
    ["everything just over", {}, true],
    ["two minutes exactly", { session_duration: 120_000 }, false],
    ["five interactions", { interactions_count: 5 }, false],
    ["a scroll depth of 0.7", { scroll_depth: 0.7 }, false],
    ["a bounce rate of 0.3", { bounce_rate: 0.3 }, false],
  ])("with %s is %s", (_, change, expected) => {
    expect(isEngaged({ ...ENGAGED, ...change })).toBe(expected);
  });
});

describe("engagementTarget", () => {
  it.each([
    ["an engaged phone", ENGAGED, 767, "densidad-baja", 1],
    ["a phone that left", BOUNCED, 767, "densidad-media", 0.9],
    ["an engaged tablet", ENGAGED, 768, "densidad-alta", 1.15],
    ["a tablet that left", BOUNCED, 768, "densidad-media", 1],
  ])("gives %s its density and font size", (_, visit, width, density, fontSize) => {
    const { classes, variables } = target(visit, { width });
    expect(cssClasses(classes)).toEqual([density, "fuente-sans", "tema-claro"]);
    expect(variables).toEqual({ ...neutralVariables(), font_size_base: fontSize });
  });

  it.each([
    ["06:59", "2024-01-03T06:59:59-05:00", "tema-oscuro"],
    ["07:00", "2024-01-03T07:00:00-05:00", "tema-claro"],
    ["17:59", "2024-01-03T17:59:59+08:00", "tema-claro"],
    ["18:00", "2024-01-03T18:00:00+08:00", "tema-oscuro"],
  ])("gives the theme of the local hour: %s", (_, hora_local, theme) => {
    expect(cssClasses(target(ENGAGED, { hora_local }).classes)[2]).toBe(theme);
  });

  it.each([
    [100, 0.3],
    [100.1, 0.1],
  ])("after %f ms of rendering wants an animation of %f s", (rendering_time, seconds) => {
    expect(target(ENGAGED, { rendering_time }).variables.animation_duration).toBe(seconds);
  });
});
