import { z } from "zod";

/** The class groups, in the order in which a design lists its classes. */
export const CLASS_GROUPS = ["density", "font", "theme"] as const;
export type ClassGroup = (typeof CLASS_GROUPS)[number];

/** Classes of each group; a class index (receipts, labels, model outputs) is its position here. */
export const CLASSES = {
  density: ["densidad-baja", "densidad-media", "densidad-alta"],
  font: ["fuente-sans", "fuente-serif", "fuente-mono"],
  theme: ["tema-claro", "tema-oscuro", "tema-auto"],
} as const satisfies Record<ClassGroup, readonly [string, string, string]>;

/** A regression target: its CSS variable, unit suffix, bounds (inclusive) and neutral value. */
export interface Variable {
  readonly css: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly neutral: number;
  /** Decimals written to CSS. */
  readonly decimals: number;
  /** True for the hue: 0 and 360 are the same colour, and errors go the short way round. */
  readonly circular: boolean;
}

/** The eight regression targets. */
export const VARIABLES = {
  font_size_base: {
    css: "--font-size-base",
    unit: "rem",
    min: 0.8,
    max: 1.5,
    neutral: 1,
    decimals: 3,
    circular: false,
  },
  line_height_base: {
    css: "--line-height-base",
    unit: "",
    min: 1.2,
    max: 2,
    neutral: 1.6,
    decimals: 2,
    circular: false,
  },
  spacing_base: { css: "--spacing-base", unit: "px", min: 12, max: 32, neutral: 20, decimals: 1, circular: false },
  border_radius_base: {
    css: "--border-radius-base",
    unit: "px",
    min: 0,
    max: 16,
    neutral: 8,
    decimals: 1,
    circular: false,
  },
  color_primary_h: {
    css: "--color-primary-h",
    unit: "deg",
    min: 0,
    max: 360,
    neutral: 220,
    decimals: 0,
    circular: true,
  },
  color_primary_s: { css: "--color-primary-s", unit: "%", min: 0, max: 100, neutral: 70, decimals: 0, circular: false },
  color_primary_l: { css: "--color-primary-l", unit: "%", min: 0, max: 100, neutral: 45, decimals: 0, circular: false },
  animation_duration: {
    css: "--animation-duration",
    unit: "s",
    min: 0.1,
    max: 1,
    neutral: 0.3,
    decimals: 2,
    circular: false,
  },
} as const satisfies Record<string, Variable>;
export type VariableName = keyof typeof VARIABLES;
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** The 19 features, in the order of a feature row. Scoring and drift go by name, never by position. */
export const FEATURE_NAMES = [
  "hour_of_day",
  "is_weekend",
  "is_business_hours",
  "time_intensity",
  "is_mobile",
  "is_tablet",
  "is_desktop",
  "touch_enabled",
  "device_pixel_ratio",
  "viewport_area",
  "aspect_ratio",
  "viewport_diagonal",
  "pixel_density",
  "avg_session_duration",
  "total_interactions",
  "days_since_first_visit",
  "user_density_group",
  "estimated_network_speed",
  "accessibility_needs",
] as const;
export type FeatureName = (typeof FEATURE_NAMES)[number];

/** Version of the feature definitions; a receipt names it, so that a log is judged by the features it was predicted with. */
export const FEATURE_SCHEMA = 1;

/** A feature row at rest: 19 numbers, `null` where missing (in memory a missing value is NaN). */
export const StoredFeatures = z.array(z.number().nullable()).length(FEATURE_NAMES.length);
export type StoredFeatures = z.infer<typeof StoredFeatures>;

const word = (max: number) => z.string().min(1).max(max);
const optionalWord = (max: number) => z.string().max(max).optional();
/** ISO 8601 with an offset; its fraction of a second may have any number of digits, hence the bound. */
const instant = z.iso.datetime({ offset: true }).max(40);
const px = z.number().gt(0).max(100_000);

/** What the browser tells about a visit. Unknown fields are dropped. */
export const UserContext = z.object({
  /** ISO 8601 with the visitor's own offset; hour and weekday are read in that offset. */
  hora_local: instant,
  prefers_color_scheme: z.enum(["light", "dark", "no-preference"]),
  /** CSS px. */
  viewport_width: px,
  viewport_height: px,
  touch_enabled: z.boolean(),
  device_pixel_ratio: z.number().gt(0).max(100),
  user_agent: z.string().max(1024),
  session_id: word(128),
  page_path: z.string().max(2048),
  referer: optionalWord(2048),
  timezone: optionalWord(64),
  locale: optionalWord(35),
  languages: z.array(z.string().max(35)).max(20).optional(),
  cpu_cores: z.number().min(0).max(1024).optional(),
  /** GB. */
  device_memory: z.number().min(0).max(4096).optional(),
  max_touch_points: z.number().int().min(0).max(256).optional(),
  connection_type: optionalWord(32),
  connection_effective_type: z.enum(["slow-2g", "2g", "3g", "4g"]).optional(),
  /** Mbit/s. */
  connection_downlink: z.number().min(0).max(100_000).optional(),
  /** Milliseconds. */
  connection_rtt: z.number().min(0).max(600_000).optional(),
  save_data_mode: z.boolean().optional(),
  prefers_contrast: z.enum(["no-preference", "more", "less", "custom"]).optional(),
  prefers_reduced_motion: z.boolean().optional(),
  prefers_reduced_transparency: z.boolean().optional(),
  zoom_level: z.number().gt(0).max(20).optional(),
  screen_orientation: optionalWord(32),
  os_name: optionalWord(64),
  os_version: optionalWord(64),
  browser_name: optionalWord(64),
  browser_version: optionalWord(64),
  browser_major_version: z.union([z.string().max(16), z.number().int().min(0).max(100_000)]).optional(),
  device_type: optionalWord(32),
  is_mobile_os: z.boolean().optional(),
  is_touch_device: z.boolean().optional(),
  is_modern_browser: z.boolean().optional(),
  cookies_enabled: z.boolean().optional(),
  do_not_track: z.boolean().optional(),
  is_pwa: z.boolean().optional(),
});
export type UserContext = z.infer<typeof UserContext>;

/** A visitor's earlier sessions, kept on the visitor's own device and sent with each request. */
export const History = z.object({
  sessions: z.number().int().min(0).max(1_000_000),
  /** Milliseconds. */
  avg_session_duration: z.number().min(0).max(86_400_000),
  total_interactions: z.number().int().min(0).max(100_000_000),
  first_visit: instant,
});
export type History = z.infer<typeof History>;

/** A visitor's explicit choices; they win over every model and over the rules. */
export const Preferences = z.object({
  density: z.enum(CLASSES.density).optional(),
  font: z.enum(CLASSES.font).optional(),
  theme: z.enum(CLASSES.theme).optional(),
});
export type Preferences = z.infer<typeof Preferences>;

/** A design as a model or the rules think of it: one class index per group and a number per variable, in its unit. */
export interface Design {
  classes: Record<ClassGroup, number>;
  variables: Record<VariableName, number>;
  /** 0-1 per group; 1 for rules and constants. */
  confidence: Record<ClassGroup, number>;
}
