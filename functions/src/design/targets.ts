import { isDarkHour, localTime } from "./local-time.ts";
import { neutralVariables } from "./rules.ts";
import { CLASSES, type ClassGroup, type Design } from "./schema.ts";

/** How a visit went, as far as targets look at it. */
export interface Behaviour {
  /** Milliseconds. */
  session_duration: number;
  interactions_count: number;
  /** 0-1. */
  scroll_depth: number;
  /** 0-1. */
  bounce_rate: number;
}

/** A visit that held its visitor: over two minutes, more than five interactions, read deep, and no bounce. */
export function isEngaged(visit: Behaviour): boolean {
  return (
    visit.session_duration > 120_000 &&
    visit.interactions_count > 5 &&
    visit.scroll_depth > 0.7 &&
    visit.bounce_rate < 0.3
  );
}

/** What a visitor says of a visit beside behaviour. */
export interface Said {
  feedback?: { verdict: "like" | "dislike" } | undefined;
  /** 1-5. */
  user_satisfaction?: number | undefined;
}

/**
 * Whether a visit says that the design it was served was right, for the policy `observed`. The most explicit that was said
 * decides: a verdict, then a satisfaction that takes sides, then behaviour.
 */
export function saidRight({ feedback, user_satisfaction: satisfaction, ...visit }: Said & Behaviour): boolean {
  if (feedback !== undefined) return feedback.verdict === "like";
  if (satisfaction !== undefined && satisfaction !== 3) return satisfaction >= 4;
  return isEngaged(visit);
}

/** The right design of a visit, as a target policy infers it from behaviour. */
export type DesignTarget = Pick<Design, "classes" | "variables">;

/** What the engagement policy looks at. */
export interface EngagementVisit extends Behaviour {
  user_context: { hora_local: string; viewport_width: number };
  /** Milliseconds. */
  rendering_time: number;
}

/** Milliseconds of rendering above which animation is cut short. */
const SLOW_RENDERING_MS = 100;

/** The classes that the policy `engagement` infers; `small` is a viewport under 768 px, `hour` the local one. */
export function engagementClasses({
  engaged,
  small,
  hour,
}: {
  engaged: boolean;
  small: boolean;
  hour: number;
}): Design["classes"] {
  const density = !engaged ? "densidad-media" : small ? "densidad-baja" : "densidad-alta";
  return {
    density: CLASSES.density.indexOf(density),
    font: CLASSES.font.indexOf("fuente-sans"),
    theme: CLASSES.theme.indexOf(isDarkHour(hour) ? "tema-oscuro" : "tema-claro"),
  };
}

/** Target policy `engagement`: an engaged visitor takes denser pages on large screens and calmer ones on small. */
export function engagementTarget(visit: EngagementVisit): DesignTarget {
  const engaged = isEngaged(visit);
  const small = visit.user_context.viewport_width < 768;
  const { hour } = localTime(visit.user_context.hora_local);
  return {
    classes: engagementClasses({ engaged, small, hour }),
    variables: {
      ...neutralVariables(),
      font_size_base: small ? (engaged ? 1 : 0.9) : engaged ? 1.15 : 1,
      animation_duration: visit.rendering_time > SLOW_RENDERING_MS ? 0.1 : 0.3,
    },
  };
}

/** Class groups whose target can vary at all under each policy: what is worth exploring while the rules are in service. */
export const VARYING_GROUPS = {
  engagement: ["density", "theme"],
  observed: ["density", "font", "theme"],
} as const satisfies Record<string, readonly ClassGroup[]>;
