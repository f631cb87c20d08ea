import type { UserContext } from "../functions/src/design/schema.ts";

/** A visit with the required fields only, on a Wednesday at noon in UTC+1, on a laptop; changed where told. */
export function userContext(changes: Partial<UserContext> = {}): UserContext {
  return {
    hora_local: "2024-01-03T12:00:00+01:00",
    prefers_color_scheme: "no-preference",
    viewport_width: 1280,
    viewport_height: 800,
    touch_enabled: false,
    device_pixel_ratio: 1,
    user_agent: "Mozilla/5.0",
    session_id: "s1",
    page_path: "/",
    ...changes,
  };
}
