import type { History, UserContext } from "./schema.ts";

/** A visit that every version must be able to answer. */
export interface GoldenContext {
  context: UserContext;
  history: History | undefined;
}

const DEVICES: readonly Partial<UserContext>[] = [
  { viewport_width: 360, viewport_height: 780, touch_enabled: true, device_pixel_ratio: 3 },
  { viewport_width: 767, viewport_height: 1024, touch_enabled: true, device_pixel_ratio: 2 },
  { viewport_width: 768, viewport_height: 1024, touch_enabled: true, device_pixel_ratio: 2 },
  { viewport_width: 1440, viewport_height: 900, connection_effective_type: "4g" },
  // The ends of what is accepted: no model may answer nonsense there.
  { viewport_width: 1, viewport_height: 1, device_pixel_ratio: 100, connection_effective_type: "slow-2g" },
  { viewport_width: 100_000, viewport_height: 100_000, device_pixel_ratio: 0.01 },
];

const TIMES = ["2026-09-28T00:00:00Z", "2026-09-30T10:30:00+02:00", "2026-10-03T23:59:59-11:00"] as const;

const WISHES: readonly Partial<UserContext>[] = [
  { prefers_color_scheme: "no-preference" },
  { prefers_color_scheme: "dark", prefers_reduced_motion: true, prefers_contrast: "more", zoom_level: 2 },
];

const HISTORIES: readonly (History | undefined)[] = [
  undefined,
  { sessions: 12, avg_session_duration: 180_000, total_interactions: 240, first_visit: "2026-08-01T09:00:00Z" },
];

/** The golden set: 72 visits over devices, hours, wishes and histories, edges included; the same for every version. */
export function goldenContexts(): GoldenContext[] {
  return DEVICES.flatMap((device) =>
    TIMES.flatMap((hora_local) =>
      WISHES.flatMap((wishes) =>
        HISTORIES.map((history) => ({ context: { ...DESKTOP, ...device, ...wishes, hora_local }, history })),
      ),
    ),
  );
}

const DESKTOP: UserContext = {
  hora_local: TIMES[0],
  prefers_color_scheme: "light",
  viewport_width: 1280,
  viewport_height: 800,
  touch_enabled: false,
  device_pixel_ratio: 1,
  user_agent: "golden",
  session_id: "golden",
  page_path: "/",
};
