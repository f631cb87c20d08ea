import type { InteractionLog } from "../functions/src/collect/schema.ts";

/** What a page tells of a visit on which nothing special happened. */
export const PLAIN_VISIT = {
  predicted_css_variables: { "--font-size-base": "1rem" },
  prediction_confidence: { density: 1, font: 1, theme: 1 },
  served: "fresh",
  predict_outcome: "ok",
  session_duration: 30_000,
  interactions_count: 3,
  bounce_rate: 0,
  scroll_depth: 0.5,
  click_through_rate: 0.1,
  page_load_time: 700,
  rendering_time: 40,
} satisfies Partial<InteractionLog>;

/** A valid log for unit tests, with whatever the test is about put in its place. */
export function someLog(differences: Partial<InteractionLog>): InteractionLog {
  return {
    schema_version: 1,
    prediction_id: "AAAAAAAAAAAAAAAAAAAAAA",
    model_version: "rules",
    seq: 0,
    consent: { granted: true, at: "2026-09-28T05:00:00Z" },
    user_context: {
      hora_local: "2026-09-28T07:12:00+02:00",
      prefers_color_scheme: "light",
      viewport_width: 1280,
      viewport_height: 800,
      touch_enabled: false,
      device_pixel_ratio: 1,
      user_agent: { family: "Firefox", version: "143.0" },
      session_id: "session",
      page_path: "/",
    },
    timestamp: "2026-09-28T05:12:00.000Z",
    ended_at: "2026-09-28T05:14:00Z",
    session_id: "session",
    predicted_css_classes: ["densidad-media", "fuente-sans", "tema-claro"],
    ...PLAIN_VISIT,
    unit: "unit",
    subject: "unit",
    issued_at: "2026-09-28T05:12:00.000Z",
    event_at: "2026-09-28T05:12:00.000Z",
    assigned_version: "rules",
    routing_revision: 0,
    arm: "stable",
    propensity: 1,
    features: [7, 0, 0, 0.35, 0, 0, 1, 0, 1, 1_024_000, 1.6, 1509.4, 1, null, null, null, null, null, 0],
    body_hash: "0".repeat(64),
    received_at: "2026-09-28T05:14:01.000Z",
    fold_after: "2026-09-28T05:57:00.000Z",
    shard: 0,
    source: "live",
    ...differences,
  };
}
