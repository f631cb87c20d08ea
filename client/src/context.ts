/** Network Information, where a browser has it. */
interface Connection {
  type?: string;
  effectiveType?: string;
  downlink?: number;
  rtt?: number;
  saveData?: boolean;
}

type MaybeNavigator = Navigator & { connection?: Connection; deviceMemory?: number; standalone?: boolean };

const matches = (query: string): boolean => matchMedia(query).matches;

/** The first of some values that a media feature has. */
function preferred<T extends string>(feature: string, values: readonly T[]): T | undefined {
  return values.find((value) => matches(`(${feature}: ${value})`));
}

/** ISO 8601 in the visitor's own offset, as the server reads hours and weekdays. */
export function localIso(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const two = (n: number): string => String(Math.floor(Math.abs(n))).padStart(2, "0");
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
  return `${local}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

/** What the browser tells of itself; what it does not know is left out. */
export function userContext(sessionId: string): Record<string, unknown> {
  const nav = navigator as MaybeNavigator;
  const { connection = {} } = nav;
  const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
  const touch = nav.maxTouchPoints > 0 || matches("(any-pointer: coarse)");
  return {
    hora_local: localIso(Date.now()),
    prefers_color_scheme: preferred("prefers-color-scheme", ["dark", "light"]) ?? "no-preference",
    viewport_width: innerWidth || document.documentElement.clientWidth || 1,
    viewport_height: innerHeight || document.documentElement.clientHeight || 1,
    touch_enabled: touch,
    device_pixel_ratio: devicePixelRatio || 1,
    user_agent: nav.userAgent.slice(0, 1024),
    session_id: sessionId,
    page_path: location.pathname.slice(0, 2048),
    referer: referer(),
    timezone: timeZone,
    locale,
    languages: nav.languages.slice(0, 20),
    cpu_cores: nav.hardwareConcurrency,
    device_memory: nav.deviceMemory,
    max_touch_points: nav.maxTouchPoints,
    connection_type: connection.type,
    connection_effective_type: connection.effectiveType,
    connection_downlink: connection.downlink,
    connection_rtt: connection.rtt,
    save_data_mode: connection.saveData,
    prefers_contrast: preferred("prefers-contrast", ["more", "less", "custom"]) ?? "no-preference",
    prefers_reduced_motion: matches("(prefers-reduced-motion: reduce)"),
    prefers_reduced_transparency: matches("(prefers-reduced-transparency: reduce)"),
    screen_orientation: screen.orientation?.type,
    cookies_enabled: nav.cookieEnabled,
    is_touch_device: touch,
    is_pwa: matches("(display-mode: standalone)") || nav.standalone === true,
  };
}

/** Where the visitor came from, without path and query: the server keeps no more. */
function referer(): string | undefined {
  try {
    return document.referrer === "" ? undefined : new URL(document.referrer).origin;
  } catch {
    return undefined;
  }
}
