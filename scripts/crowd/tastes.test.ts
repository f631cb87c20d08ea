import { describe, expect, it } from "vitest";
import { CLASSES, type Design, type UserContext } from "../../functions/src/design/schema.ts";
import { bestProbability, deviceClass, engagementProbability, isParticular, rulesProbability } from "./tastes.ts";

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
  ])("$name: particular is $particular", ({ visit, particular }) => {
    expect(isParticular(visit)).toBe(particular);
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
      expect(engagementProbability(sharpAt(width), classes(density))).toBe(probability);
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
    expect(engagementProbability(visit, classes(density))).toBe(probability);
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
    expect(engagementProbability(visit, classes("densidad-media", font, theme))).toBeCloseTo(probability, 12);
  });

  it("gives the rules a medium density, and the best design all that this visitor may be shown", () => {
    expect(rulesProbability(sharpPhone)).toBe(0.6);
    // Light was asked for, so that no design can bring the theme of its own.
    expect(bestProbability(sharpPhone)).toBeCloseTo(0.85, 12);
    expect(bestProbability({ ...sharpPhone, prefers_color_scheme: "no-preference" })).toBeCloseTo(0.9, 12);
    expect(bestProbability(sharpPhone, { density: "densidad-media", font: "fuente-mono" })).toBe(0.6);
  });
});
