import type { Preferences, UserContext } from "../../functions/src/design/schema.ts";
import type { Draws, Weighted } from "./draws.ts";

/** One simulated person with one device. */
export interface Visitor {
  /** First-party id, as the page would have made it. */
  id: string;
  /** Minutes east of UTC. */
  offsetMinutes: number;
  /** What the browser tells on every visit; the rest of a context belongs to the single visit. */
  device: Omit<UserContext, "hora_local" | "session_id" | "page_path">;
  preferences?: Preferences;
}

/** Where visitors live: offset in minutes, the name of a zone that has it, a locale, and a share of the crowd. */
const ZONES = [
  { offsetMinutes: -300, timezone: "America/Lima", locale: "es-PE", share: 0.25 },
  { offsetMinutes: -180, timezone: "America/Montevideo", locale: "es-UY", share: 0.2 },
  { offsetMinutes: 60, timezone: "Europe/Madrid", locale: "es-ES", share: 0.35 },
  { offsetMinutes: 330, timezone: "Asia/Kolkata", locale: "en-IN", share: 0.1 },
  { offsetMinutes: 540, timezone: "Asia/Tokyo", locale: "ja-JP", share: 0.1 },
] as const;

/** Activity of a local hour, 0-1: few at night, a peak in the evening. */
const DAILY_CYCLE = [
  0.25, 0.15, 0.1, 0.08, 0.08, 0.12, 0.25, 0.4, 0.55, 0.65, 0.75, 0.8, 0.75, 0.65, 0.6, 0.65, 0.7, 0.75, 0.85, 0.95, 1,
  0.95, 0.75, 0.45,
] as const;

/** Activity in an offset at an hour of UTC, 0-1. */
export function activity(utcHour: number, offsetMinutes: number): number {
  return DAILY_CYCLE[(((utcHour + Math.floor(offsetMinutes / 60)) % 24) + 24) % 24] ?? 0;
}

/** Activity of the whole crowd at an hour of UTC, 0-1. */
export function crowdActivity(utcHour: number): number {
  return ZONES.reduce((sum, { offsetMinutes, share }) => sum + share * activity(utcHour, offsetMinutes), 0);
}

type Size = readonly [width: number, height: number];
interface Screen {
  size: Size;
  dpr: number;
  touch: boolean;
  agent: string;
}

const PHONES: readonly [Size, ...Size[]] = [
  [360, 800],
  [375, 812],
  [390, 844],
  [412, 915],
  [430, 932],
];
const UPRIGHT_TABLETS: readonly [Size, ...Size[]] = [
  [768, 1024],
  [810, 1080],
  [820, 1180],
  [834, 1194],
];
const FLAT_TABLETS: readonly [Size, ...Size[]] = [
  [960, 600],
  [962, 601],
  [1000, 625],
];
const SMALL_DESKTOPS: readonly [Size, ...Size[]] = [
  [1024, 768],
  [1280, 720],
  [1366, 768],
  [1440, 900],
];
const WIDE_DESKTOPS: readonly [Size, ...Size[]] = [
  [1680, 1050],
  [1920, 1080],
  [2560, 1440],
];

const PHONE_AGENT =
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
const TABLET_AGENT =
  "Mozilla/5.0 (Linux; Android 14; SM-X210) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const DESKTOP_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

/** Draws a person who is awake at this hour of UTC. */
export function drawVisitor(draws: Draws, utcHour: number): Visitor {
  const zone = draws.weighted(
    ZONES.map(
      (place): Weighted<(typeof ZONES)[number]> => [place, place.share * activity(utcHour, place.offsetMinutes)],
    ) as [Weighted<(typeof ZONES)[number]>],
  );
  const screen = draws.weighted<(from: Draws) => Screen>([
    [phone, 0.42],
    [tablet, 0.25],
    [desktop, 0.33],
  ])(draws);
  const preferences = drawPreferences(draws);
  return {
    id: `visitor-${draws.integer(0, 2 ** 48 - 1).toString(36)}`,
    offsetMinutes: zone.offsetMinutes,
    device: {
      prefers_color_scheme: draws.weighted([
        ["no-preference", 0.4],
        ["light", 0.35],
        ["dark", 0.25],
      ]),
      viewport_width: screen.size[0],
      viewport_height: screen.size[1],
      touch_enabled: screen.touch,
      device_pixel_ratio: screen.dpr,
      user_agent: screen.agent,
      timezone: zone.timezone,
      locale: zone.locale,
      languages: [zone.locale],
      cpu_cores: draws.pick([2, 4, 8]),
      ...network(draws),
      ...accessibility(draws),
    },
    ...(preferences === undefined ? {} : { preferences }),
  };
}

function phone(draws: Draws): Screen {
  const dpr = draws.chance(0.38) ? draws.pick([3, 3.5]) : draws.pick([1.5, 2, 2.625]);
  return { size: draws.pick(PHONES), dpr, touch: true, agent: PHONE_AGENT };
}

function tablet(draws: Draws): Screen {
  const size = draws.pick(draws.chance(0.38) ? FLAT_TABLETS : UPRIGHT_TABLETS);
  return { size, dpr: draws.pick([1.5, 2]), touch: true, agent: TABLET_AGENT };
}

function desktop(draws: Draws): Screen {
  const size = draws.pick(draws.chance(0.62) ? WIDE_DESKTOPS : SMALL_DESKTOPS);
  return { size, dpr: draws.pick([1, 1.25, 2]), touch: draws.chance(0.1), agent: DESKTOP_AGENT };
}

function network(draws: Draws): Pick<UserContext, "connection_effective_type" | "connection_downlink"> {
  return draws.weighted([
    [{ connection_effective_type: "4g", connection_downlink: 10 }, 0.62],
    [{ connection_effective_type: "3g", connection_downlink: 1.2 }, 0.22],
    [{ connection_effective_type: "2g", connection_downlink: 0.2 }, 0.06],
    [{}, 0.1],
  ]);
}

function accessibility(draws: Draws): Partial<UserContext> {
  return {
    ...(draws.chance(0.06) ? { prefers_reduced_motion: true } : {}),
    ...(draws.chance(0.03) ? { prefers_contrast: "more" as const } : {}),
    ...(draws.chance(0.04) ? { zoom_level: 1.5 } : {}),
  };
}

/** Few people look for the settings of a site. */
function drawPreferences(draws: Draws): Preferences | undefined {
  return draws.weighted<Preferences | undefined>([
    [undefined, 0.95],
    [{ theme: "tema-oscuro" }, 0.02],
    [{ theme: "tema-claro" }, 0.01],
    [{ density: "densidad-media" }, 0.01],
    [{ density: "densidad-baja", font: "fuente-serif" }, 0.01],
  ]);
}
