import { extractFeatures, historyFeatures } from "../../functions/src/design/features.ts";
import { isDarkHour } from "../../functions/src/design/local-time.ts";
import { FEATURE_NAMES, type History, type UserContext } from "../../functions/src/design/schema.ts";
import type { Draws, Weighted } from "../crowd/draws.ts";

/** A simulated visitor, who is the same on every visit but for what was learnt in between. */
export interface Person {
  /** Number of the visitor. */
  unit: number;
  /** Features that the device decides; the others are filled in for each visit. */
  fixed: Float64Array;
  language: string;
  /** Hour of the day at which this visitor comes back, about. */
  habit: number;
  /** Probability to come back on another day, after each day anew. */
  loyalty: number;
  /** Mean interactions of a visit, and milliseconds. */
  interactions: number;
  duration: number;
  /** How often the version is right about this visitor, and feedback is negative. */
  rightness: number;
  negativity: number;
  /** Uniform: the first so many per cent of people are the ones whom a shift catches. */
  caught: number;
  history: History | undefined;
}

type Network = UserContext["connection_effective_type"];

interface Device {
  width: number;
  height: number;
  dpr: number;
  touch: boolean;
}

type Screen = readonly [width: number, height: number, dpr: number];

const PHONES: readonly [Screen, ...Screen[]] = [
  [360, 800, 3],
  [375, 812, 3],
  [390, 844, 3],
  [412, 915, 2.625],
  [430, 932, 3],
];
const TABLETS: readonly [Screen, ...Screen[]] = [
  [768, 1024, 2],
  [810, 1080, 2],
  [820, 1180, 2],
];
const DESKTOPS: readonly [Screen, ...Screen[]] = [
  [1280, 720, 1.5],
  [1366, 768, 1],
  [1440, 900, 2],
  [1536, 864, 1.25],
  [1920, 1080, 1],
  [2560, 1440, 1],
];

const LANGUAGES: readonly [Weighted<string>, ...Weighted<string>[]] = [
  ["es", 60],
  ["en", 20],
  ["pt", 10],
  ["de", 5],
  ["fr", 4],
  ["ja", 0.7],
  ["", 0.3],
];
const NETWORKS: readonly [Weighted<Network>, ...Weighted<Network>[]] = [
  ["4g", 66],
  ["3g", 12],
  ["2g", 2],
  [undefined, 20],
];

/** Most come once, some for weeks, and a few stay for many months: their history grows as the site does. */
const LOYALTY: readonly [Weighted<number>, ...Weighted<number>[]] = [
  [0, 66],
  [0.85, 31],
  [0.98, 3],
];

/** What a run says of everybody: the version's accuracy, and the share of negative feedback. */
export interface Rates {
  accuracy: number;
  negative: number;
}

/** How far single people are from the mean rates, either way. */
const SPREAD = 0.12;

/**
 * Draws a new visitor, as they come at an hour: phones in the evening and at weekends, desktops at work.
 * @param unit number of the visitor
 */
export function newPerson(unit: number, draws: Draws, hour: number, isWeekend: boolean, rates: Rates): Person {
  const evening = hour >= 19 || hour < 8;
  const phones = 0.42 + (evening ? 0.16 : 0) + (isWeekend ? 0.1 : 0);
  const around = (mean: number): number => {
    const most = Math.min(SPREAD, mean, 1 - mean);
    return mean + (draws.chance(0.5) ? most : -most);
  };
  return {
    unit,
    fixed: fixedFeatures(newDevice(draws, phones), draws.weighted(NETWORKS), draws.chance(0.06)),
    language: draws.weighted(LANGUAGES),
    habit: hour,
    loyalty: draws.weighted(LOYALTY),
    interactions: 2 + 22 * draws.uniform() ** 2,
    duration: 20_000 + 200_000 * draws.uniform() ** 2,
    rightness: around(rates.accuracy),
    negativity: around(rates.negative),
    caught: draws.uniform(),
    history: undefined,
  };
}

function newDevice(draws: Draws, phones: number): Device {
  const kind = draws.uniform();
  if (kind < phones) {
    const [width, height, dpr] = draws.pick(PHONES);
    return { width, height, dpr, touch: true };
  }
  if (kind < phones + 0.07) {
    const [width, height, dpr] = draws.pick(TABLETS);
    return { width, height, dpr, touch: true };
  }
  const [width, height, dpr] = draws.pick(DESKTOPS);
  // Windows are not always as large as the screen.
  const part = draws.chance(0.6) ? 1 : draws.integer(80, 99) / 100;
  return {
    width: Math.round(width * part),
    height: Math.round(height * part),
    dpr,
    touch: draws.chance(0.08),
  };
}

/** The features of a clock, which are the same for everybody in an hour; first in a feature row. */
const CLOCK = ["hour_of_day", "is_weekend", "is_business_hours", "time_intensity"].length;
const HISTORY = (
  ["avg_session_duration", "total_interactions", "days_since_first_visit", "user_density_group"] as const
).map((name) => ({ name, column: FEATURE_NAMES.indexOf(name) }));

/** An hour as feature rows see it. */
export interface HourFeatures {
  cell: number;
  instantMs: number;
  clock: Float64Array;
  /** When a dark theme is right, by the engagement policy. */
  isDark: boolean;
}

/** The clock's part of all feature rows of an hour. */
export function hourFeatures(horaLocal: string, cell: number): HourFeatures {
  const clock = extractFeatures({ ...BLANK, hora_local: horaLocal });
  return { cell, instantMs: Date.parse(horaLocal), clock, isDark: isDarkHour(clock[0] ?? 0) };
}

/** The 19 features of a visit in an hour, as extractFeatures has them; what a person's device decides is computed once. */
export function featuresAt(
  { fixed }: Person,
  history: History | undefined,
  { instantMs, clock }: HourFeatures,
): Float32Array {
  const row = new Float32Array(FEATURE_NAMES.length);
  for (let i = 0; i < row.length; i++) row[i] = (i < CLOCK ? clock : fixed)[i] as number;
  const told = historyFeatures(history, instantMs);
  for (const { name, column } of HISTORY) row[column] = told[name];
  return row;
}

const BLANK: UserContext = {
  hora_local: "2026-01-05T00:00:00.000Z",
  prefers_color_scheme: "no-preference",
  viewport_width: 1,
  viewport_height: 1,
  touch_enabled: false,
  device_pixel_ratio: 1,
  user_agent: "",
  session_id: "",
  page_path: "/",
};

/** Features of the devices that were seen before: most are the same few screens. */
const KNOWN = new Map<string, Float64Array>();

function fixedFeatures(device: Device, network: Network, reducedMotion: boolean): Float64Array {
  const { width, height, dpr, touch } = device;
  const key = `${width} ${height} ${dpr} ${touch} ${network} ${reducedMotion}`;
  const known = KNOWN.get(key);
  if (known !== undefined) return known;
  const row = extractFeatures({
    ...BLANK,
    viewport_width: width,
    viewport_height: height,
    touch_enabled: touch,
    device_pixel_ratio: dpr,
    prefers_reduced_motion: reducedMotion,
    ...(network === undefined ? {} : { connection_effective_type: network }),
  });
  KNOWN.set(key, row);
  return row;
}

/** What the visitor's device keeps of a visit that is over. */
export function remember(person: Person, horaLocal: string, draws: Draws): void {
  const before = person.history;
  const sessions = before?.sessions ?? 0;
  const interactions = Math.round(person.interactions * draws.between(0.5, 1.5));
  const duration = person.duration * draws.between(0.5, 1.5);
  person.history = {
    sessions: sessions + 1,
    avg_session_duration: ((before?.avg_session_duration ?? 0) * sessions + duration) / (sessions + 1),
    total_interactions: (before?.total_interactions ?? 0) + interactions,
    first_visit: before?.first_visit ?? horaLocal,
  };
}
