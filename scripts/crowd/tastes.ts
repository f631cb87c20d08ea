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

/**
 * The kind of visitor in each device class whom another density would hold: people with a sharp phone, with a tablet held
 * flat, and at a wide screen on a fast line. Nothing but the features tells them apart.
 */
export function isParticular(context: UserContext): boolean {
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
export function engagementProbability(context: UserContext, classes: Design["classes"]): number {
  const taste = DENSITY_TASTE[isParticular(context) ? "particular" : "others"];
  const favourite = context.viewport_width < 768 ? "densidad-baja" : "densidad-alta";
  const density = CLASSES.density[classes.density];
  const base = density === favourite ? taste.favourite : density === "densidad-media" ? taste.media : taste.other;
  const serif = context.device_pixel_ratio >= 2 && CLASSES.font[classes.font] === "fuente-serif";
  const auto = context.prefers_color_scheme === "no-preference" && CLASSES.theme[classes.theme] === "tema-auto";
  return base + (serif ? SERIF_GAIN : 0) + (auto ? AUTO_GAIN : 0);
}

/** The same under the rule policy, with what wins over it. */
export function rulesProbability(context: UserContext, preferences?: Preferences): number {
  return engagementProbability(context, applyOverrides(rulePolicy(context), context, preferences).classes);
}

/** The same under the best design that this visitor could be shown: what wins over any model wins over it, too. */
export function bestProbability(context: UserContext, preferences?: Preferences): number {
  const design = rulePolicy(context);
  let best = 0;
  for (const classes of everyTriple()) {
    const shown = applyOverrides({ ...design, classes }, context, preferences).classes;
    best = Math.max(best, engagementProbability(context, shown));
  }
  return best;
}

function everyTriple(): Design["classes"][] {
  const [first, second, third] = CLASS_GROUPS.map((group) => CLASSES[group].map((_name, index) => index));
  return (first ?? []).flatMap((density) =>
    (second ?? []).flatMap((font) => (third ?? []).map((theme) => ({ density, font, theme }))),
  );
}
