import type { InteractionLog } from "../collect/schema.ts";
import { primaryLanguage } from "../design/language.ts";

/**
 * What a training keeps of a log: all that validation, targets, the rules and the reference look at. It lies in Storage while
 * the job runs; the words of a feedback, paths, referers and browsers stay behind.
 */
export type Sample = Pick<
  InteractionLog,
  | "prediction_id"
  | "session_id"
  | "unit"
  | "event_at"
  | "features"
  | "served"
  | "propensity"
  | "predicted_css_classes"
  | "predicted_css_variables"
  | "session_duration"
  | "interactions_count"
  | "bounce_rate"
  | "scroll_depth"
  | "click_through_rate"
  | "page_load_time"
  | "rendering_time"
  | "user_satisfaction"
> & {
  user_context: Pick<
    InteractionLog["user_context"],
    "hora_local" | "prefers_color_scheme" | "prefers_reduced_motion" | "viewport_width" | "viewport_height"
  >;
  /** Pseudonym of whom the visit is of, where it is not the visitor's. */
  subject?: string;
  /** The visitor's own choices, which win over every model. */
  preferences?: InteractionLog["preferences"];
  /** Primary language subtag, if told; left out by data sets that were collected before it was kept. */
  language?: string;
  feedback?: Pick<NonNullable<InteractionLog["ui_preference_feedback"]>, "verdict" | "preferred">;
};

/** The sample of a log. */
export function sampleOf(log: InteractionLog): Sample {
  const { user_context: context, ui_preference_feedback: feedback, preferences } = log;
  const language = primaryLanguage(context);
  return {
    prediction_id: log.prediction_id,
    session_id: log.session_id,
    unit: log.unit,
    ...(log.subject === log.unit ? {} : { subject: log.subject }),
    ...(preferences === undefined ? {} : { preferences }),
    event_at: log.event_at,
    features: log.features,
    served: log.served,
    propensity: log.propensity,
    predicted_css_classes: log.predicted_css_classes,
    predicted_css_variables: log.predicted_css_variables,
    session_duration: log.session_duration,
    interactions_count: log.interactions_count,
    bounce_rate: log.bounce_rate,
    scroll_depth: log.scroll_depth,
    click_through_rate: log.click_through_rate,
    page_load_time: log.page_load_time,
    rendering_time: log.rendering_time,
    user_context: {
      hora_local: context.hora_local,
      prefers_color_scheme: context.prefers_color_scheme,
      viewport_width: context.viewport_width,
      viewport_height: context.viewport_height,
      ...(context.prefers_reduced_motion === undefined
        ? {}
        : { prefers_reduced_motion: context.prefers_reduced_motion }),
    },
    ...(language === "" ? {} : { language }),
    ...(log.user_satisfaction === undefined ? {} : { user_satisfaction: log.user_satisfaction }),
    ...(feedback === undefined ? {} : { feedback: { verdict: feedback.verdict, preferred: feedback.preferred } }),
  };
}
