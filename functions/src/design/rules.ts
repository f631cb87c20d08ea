import { localTime } from "./local-time.ts";
import {
  CLASS_GROUPS,
  CLASSES,
  type Design,
  type Preferences,
  type UserContext,
  VARIABLE_NAMES,
  VARIABLES,
} from "./schema.ts";

const CLARO = CLASSES.theme.indexOf("tema-claro");
const OSCURO = CLASSES.theme.indexOf("tema-oscuro");

/** What the rules look at in a user context. */
export type RuleContext = Pick<
  UserContext,
  "hora_local" | "prefers_color_scheme" | "prefers_reduced_motion" | "viewport_width"
>;

/** Seconds of animation for a visitor who prefers reduced motion. */
const REDUCED_ANIMATION = VARIABLES.animation_duration.min;

/** Every variable at its neutral value. */
export function neutralVariables(): Design["variables"] {
  return Object.fromEntries(VARIABLE_NAMES.map((name) => [name, VARIABLES[name].neutral])) as Design["variables"];
}

/**
 * The rule policy (`model_version: "rules"`): the fallback of every model and the permanent baseline. Between 18:00 and
 * 05:59 local time the theme is dark unless the visitor's system says otherwise.
 */
export function rulePolicy(context: RuleContext): Design {
  const { hour } = localTime(context.hora_local);
  const theme = schemeTheme(context) ?? rulesTheme(hour);
  return {
    classes: {
      density: CLASSES.density.indexOf("densidad-media"),
      font: CLASSES.font.indexOf("fuente-sans"),
      theme,
    },
    variables: {
      ...neutralVariables(),
      font_size_base: context.viewport_width < 768 ? 0.9 : 1,
      animation_duration:
        context.prefers_reduced_motion === true ? REDUCED_ANIMATION : VARIABLES.animation_duration.neutral,
    },
    confidence: { density: 1, font: 1, theme: 1 },
  };
}

/** Theme that the rules answer at a local hour where the visitor's system says nothing. */
export function rulesTheme(hour: number): number {
  return hour >= 18 || hour < 6 ? OSCURO : CLARO;
}

/** The classes that the system's colour scheme and, above it, the visitor's own explicit choices decide. */
export function overriddenClasses(
  context: Pick<UserContext, "prefers_color_scheme">,
  preferences: Preferences = {},
): Partial<Design["classes"]> {
  const classes: Partial<Design["classes"]> = {};
  const theme = schemeTheme(context);
  if (theme !== undefined) classes.theme = theme;
  for (const group of CLASS_GROUPS) {
    const wanted = preferences[group];
    if (wanted !== undefined) classes[group] = (CLASSES[group] as readonly string[]).indexOf(wanted);
  }
  return classes;
}

/**
 * What wins over any model and over the rules, weakest first: reduced motion, the system's colour scheme, and the
 * visitor's own explicit choices.
 */
export function applyOverrides(design: Design, context: UserContext, preferences: Preferences = {}): Design {
  const classes = { ...design.classes, ...overriddenClasses(context, preferences) };
  const variables = { ...design.variables };
  if (context.prefers_reduced_motion === true) variables.animation_duration = REDUCED_ANIMATION;
  return { classes, variables, confidence: design.confidence };
}

function schemeTheme(context: Pick<UserContext, "prefers_color_scheme">): number | undefined {
  if (context.prefers_color_scheme === "dark") return OSCURO;
  return context.prefers_color_scheme === "light" ? CLARO : undefined;
}
