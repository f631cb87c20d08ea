/** The groups of classes, in the order in which a design lists them. */
export const GROUPS = ["density", "font", "theme"] as const;
type Group = (typeof GROUPS)[number];

/** What a visitor may choose, and the class that each choice is. */
export const CHOICES = {
  density: { low: "densidad-baja", medium: "densidad-media", high: "densidad-alta" },
  font: { sans: "fuente-sans", serif: "fuente-serif", mono: "fuente-mono" },
  theme: { light: "tema-claro", dark: "tema-oscuro", auto: "tema-auto" },
} as const;
/** A visitor's own choices; they win over every model. */
export type Preference = { [G in Group]?: keyof (typeof CHOICES)[G] };

/** How a page looks: three classes on the root element, and CSS variables. */
export interface Design {
  css_classes: string[];
  css_variables: Record<string, string>;
}

/** What predict answers. */
export interface Prediction extends Design {
  prediction_id: string;
  receipt: string;
  model_version: string;
  arm: string;
  prediction_confidence: Record<Group, number>;
  propensity: number;
}

/** What the page really showed, and what became of its question. */
export type Served = "fresh" | "cached" | "default";
export type Outcome = "ok" | "timeout" | "error";

/** The visitor's agreement, as it is told with every log. */
export interface Consent {
  granted: boolean;
  /** ISO 8601. */
  at: string;
  /** Version of the text that was agreed to. */
  policy?: string;
}

/** Earlier sessions; they live on the visitor's own device. */
export interface History {
  sessions: number;
  /** Milliseconds. */
  avg_session_duration: number;
  total_interactions: number;
  /** ISO 8601. */
  first_visit: string;
}

/** How a visit went so far. */
export interface Behaviour {
  /** Milliseconds for which the page was visible. */
  session_duration: number;
  interactions_count: number;
  bounce_rate: number;
  scroll_depth: number;
  click_through_rate: number;
  /** Milliseconds. */
  page_load_time: number;
  /** Milliseconds from applying the design to the frame that shows it. */
  rendering_time: number;
}

/** What a visitor says. */
export interface Feedback {
  /** 1 (bad) to 5. */
  satisfaction?: number;
  verdict?: "like" | "dislike";
  preference?: Preference;
  text?: string;
}
