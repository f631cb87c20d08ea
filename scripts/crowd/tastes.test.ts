import { describe, expect, it } from "vitest";
import { rulePolicy } from "../../functions/src/design/rules.ts";
import { CLASSES, type Design, type UserContext } from "../../functions/src/design/schema.ts";
import {
  bestProbability,
  deviceClass,
  engagementProbability,
  isParticular,
  rulesProbability,
  shownProbability,
  type Taster,
} from "./tastes.ts";

const context = (differences: Partial<UserContext>): UserContext => ({
  hora_local: "2026-09-28T12:00:00+02:00",
  prefers_color_scheme: "light",
  viewport_width: 390,
  viewport_height: 844,
  touch_enabled: true,
  device_pixel_ratio: 2,
  user_agent: "",
  session_id: "s",
  page_path: "/",
  ...differences,
});

/** Somebody's visit while tastes are as at first. */
const first = (context: UserContext): Taster => ({ context, tastes: "first" });

const classes = (density: string, font = "fuente-sans", theme = "tema-claro"): Design["classes"] => ({
  density: (CLASSES.density as readonly string[]).indexOf(density),
  font: (CLASSES.font as readonly string[]).indexOf(font),
  theme: (CLASSES.theme as readonly string[]).indexOf(theme),
});

const sharpPhone = context({ device_pixel_ratio: 3 });
const flatTablet = context({ viewport_width: 960, viewport_height: 600 });
const wideFast = context({ viewport_width: 1920, viewport_height: 1080, connection_effective_type: "4g" });

describe("tastes", () => {
  it.each([
    { width: 767, device: "mobile" },
    { width: 768, device: "tablet" },
    { width: 1023, device: "tablet" },
    { width: 1024, device: "desktop" },
  ])("$width px are those of a $device", ({ width, device }) => {
    expect(deviceClass({ viewport_width: width })).toBe(device);
  });

  it.each([
    { name: "a sharp phone", visit: sharpPhone, particular: true },
    { name: "a phone just less sharp", visit: context({ device_pixel_ratio: 2.99 }), particular: false },
    { name: "a tablet held flat", visit: flatTablet, particular: true },
    { name: "a tablet held upright", visit: context({ viewport_width: 834, viewport_height: 835 }), particular: false },
    { name: "a wide screen on a fast line", visit: wideFast, particular: true },
    {
      name: "a wide screen on a slow line",
      visit: { ...wideFast, connection_effective_type: "3g" as const },
      particular: false,
    },
    { name: "a narrower screen", visit: { ...wideFast, viewport_width: 1679 }, particular: false },
  ])("$name: particular is $particular, and turned around once tastes have", ({ visit, particular }) => {
    expect(isParticular(first(visit))).toBe(particular);
    expect(isParticular({ context: visit, tastes: "turned" })).toBe(!particular);
  });

  const sharpAt = (width: number) => context({ viewport_width: width, viewport_height: 500, device_pixel_ratio: 3 });
  it.each([
    { width: 767, density: "densidad-baja", probability: 0.8 },
    { width: 767, density: "densidad-media", probability: 0.6 },
    { width: 767, density: "densidad-alta", probability: 0.45 },
    { width: 768, density: "densidad-baja", probability: 0.45 },
    { width: 768, density: "densidad-media", probability: 0.6 },
    { width: 768, density: "densidad-alta", probability: 0.8 },
  ])(
    "the particular kind at $width px under $density is engaged with $probability",
    ({ width, density, probability }) => {
      expect(engagementProbability(first(sharpAt(width)), classes(density))).toBe(probability);
    },
  );

  it.each([
    { width: 767, density: "densidad-baja", probability: 0.12 },
    { width: 767, density: "densidad-media", probability: 0.2 },
    { width: 767, density: "densidad-alta", probability: 0.1 },
    { width: 768, density: "densidad-baja", probability: 0.1 },
    { width: 768, density: "densidad-media", probability: 0.2 },
    { width: 768, density: "densidad-alta", probability: 0.12 },
  ])("everybody else at $width px under $density is engaged with $probability", ({ width, density, probability }) => {
    const visit = context({ viewport_width: width, viewport_height: 1000, device_pixel_ratio: 1 });
    expect(engagementProbability(first(visit), classes(density))).toBe(probability);
  });

  it.each([
    {
      name: "a serif font on a sharp screen",
      visit: context({ device_pixel_ratio: 2 }),
      font: "fuente-serif",
      probability: 0.25,
    },
    {
      name: "a serif font on a coarse screen",
      visit: context({ device_pixel_ratio: 1.99 }),
      font: "fuente-serif",
      probability: 0.2,
    },
    { name: "a theme of its own for who asked for light", visit: context({}), theme: "tema-auto", probability: 0.2 },
    {
      name: "a theme of its own for who asked for none",
      visit: context({ prefers_color_scheme: "no-preference" }),
      theme: "tema-auto",
      probability: 0.25,
    },
  ])("$name: $probability", ({ visit, font, theme, probability }) => {
    expect(engagementProbability(first(visit), classes("densidad-media", font, theme))).toBeCloseTo(probability, 12);
  });

  it.each([
    { name: "who was particular", visit: sharpPhone, media: 0.2, favourite: 0.12 },
    { name: "everybody else", visit: context({}), media: 0.6, favourite: 0.8 },
  ])("have turned: $name at 390 px is engaged with $media, and under -baja with $favourite", (row) => {
    const visit: Taster = { context: row.visit, tastes: "turned" };
    expect(rulesProbability(visit)).toBe(row.media);
    expect(engagementProbability(visit, classes("densidad-baja"))).toBe(row.favourite);
  });

  it("give the rules a medium density, and the best design all that this visitor may be shown", () => {
    expect(rulesProbability(first(sharpPhone))).toBe(0.6);
    // Light was asked for, so that no design can bring the theme of its own.
    expect(bestProbability(first(sharpPhone))).toBeCloseTo(0.85, 12);
    expect(bestProbability(first({ ...sharpPhone, prefers_color_scheme: "no-preference" }))).toBeCloseTo(0.9, 12);
    const chosen = { density: "densidad-media", font: "fuente-mono" } as const;
    expect(bestProbability({ ...first(sharpPhone), preferences: chosen })).toBe(0.6);
  });

  it("are those for what is shown in the end: a visitor's own choice wins over a design", () => {
    const design = { ...rulePolicy(sharpPhone), classes: classes("densidad-baja") };
    expect(shownProbability(first(sharpPhone), design)).toBe(0.8);
    const chosen = { density: "densidad-alta" } as const;
    expect(shownProbability({ ...first(sharpPhone), preferences: chosen }, design)).toBe(0.45);
  });
});
