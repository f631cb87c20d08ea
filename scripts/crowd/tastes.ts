import { applyOverrides, rulePolicy } from "../../functions/src/design/rules.ts";
import {
  CLASS_GROUPS,
  CLASSES,
  type Design,
  type Preferences,
  type UserContext,
} from "../../functions/src/design/schema.ts";

/** Device classes, by width as the features have them. */
export const DEVICE_CLASSES = ["mobile", "tablet", "desktop"] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

export function deviceClass({ viewport_width: width }: Pick<UserContext, "viewport_width">): DeviceClass {
  if (width < 768) return "mobile";
  return width < 1024 ? "tablet" : "desktop";
}

/** What people like, at a time: as it was at first, or after it has turned around. */
export type Tastes = "first" | "turned";

/** All that the worth of a design to somebody depends on. */
export interface Taster {
  context: UserContext;
  /** The visitor's own choices, which win over any design. */
  preferences?: Preferences;
  tastes: Tastes;
}

/**
 * The kind of visitor in each device class whom another density would hold. Nothing but the features tells them apart. At
 * first it is people with a sharp phone, with a tablet held flat, and at a wide screen on a fast line; once tastes have
 * turned it is all the others.
 */
export function isParticular({ context, tastes }: Taster): boolean {
  return isOfFirstKind(context) === (tastes === "first");
}

function isOfFirstKind(context: UserContext): boolean {
  switch (deviceClass(context)) {
    case "mobile":
      return context.device_pixel_ratio >= 3;
    case "tablet":
      return context.viewport_width > context.viewport_height;
    case "desktop":
      return context.viewport_width >= 1680 && context.connection_effective_type === "4g";
  }
}

/** Probability of an engaged visit by density: `favourite` is -baja under 768 px and -alta from there on. */
const DENSITY_TASTE = {
  particular: { favourite: 0.8, media: 0.6, other: 0.45 },
  others: { favourite: 0.12, media: 0.2, other: 0.1 },
} as const;

/** What sharp screens gain by a serif font, and visitors who left the colour scheme open by a theme that follows the day. */
const SERIF_GAIN = 0.05;
const AUTO_GAIN = 0.05;

/**
 * The true probability that this visit is an engaged one under these classes, 0-1. The system never sees it. Densities can
 * be learnt under the default policy; the tastes in font and theme are out of its reach, since it knows one right font
 * and two themes.
 */
export function engagementProbability(visit: Taster, classes: Design["classes"]): number {
  const { context } = visit;
  const taste = DENSITY_TASTE[isParticular(visit) ? "particular" : "others"];
  const favourite = context.viewport_width < 768 ? "densidad-baja" : "densidad-alta";
  const density = CLASSES.density[classes.density];
  const base = density === favourite ? taste.favourite : density === "densidad-media" ? taste.media : taste.other;
  const serif = context.device_pixel_ratio >= 2 && CLASSES.font[classes.font] === "fuente-serif";
  const auto = context.prefers_color_scheme === "no-preference" && CLASSES.theme[classes.theme] === "tema-auto";
  return base + (serif ? SERIF_GAIN : 0) + (auto ? AUTO_GAIN : 0);
}

/** The same under a design that was meant for this visit, with what wins over it. */
export function shownProbability(visit: Taster, design: Design): number {
  return engagementProbability(visit, applyOverrides(design, visit.context, visit.preferences).classes);
}

/** The same under the rule policy. */
export function rulesProbability(visit: Taster): number {
  return shownProbability(visit, rulePolicy(visit.context));
}

/** The same under the best design that this visitor could be shown: what wins over any model wins over it, too. */
export function bestProbability(visit: Taster): number {
  const design = rulePolicy(visit.context);
  return Math.max(...everyTriple().map((classes) => shownProbability(visit, { ...design, classes })));
}

function everyTriple(): Design["classes"][] {
  const [first, second, third] = CLASS_GROUPS.map((group) => CLASSES[group].map((_name, index) => index));
  return (first ?? []).flatMap((density) =>
    (second ?? []).flatMap((font) => (third ?? []).map((theme) => ({ density, font, theme }))),
  );
}
