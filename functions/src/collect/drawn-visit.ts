import { classIndices } from "../design/css.ts";
import { hourOfWeekCell } from "../design/local-time.ts";
import { CLASS_GROUPS, CLASSES, FEATURE_NAMES } from "../design/schema.ts";
import { isEngaged, saidRight } from "../design/targets.ts";
import { fnv1a32 } from "../shared/fnv.ts";
import { hash64 } from "../shared/visitor-buckets.ts";
import type { Draw, DrawKind } from "./draws.ts";
import type { InteractionLog } from "./schema.ts";

/** Arms as they are kept of a visit: experiments are one. */
const ARMS = ["stable", "control", "treatment", "holdback", "experiment"] as const;
type DrawnArm = (typeof ARMS)[number];

/** What is kept of a visitor's visit: enough to judge it by any version, under either target policy. */
export interface DrawnVisit {
  /** In the order of FEATURE_NAMES, as float32, which is what models compare; NaN is missing. */
  features: Float32Array;
  /** Hour-of-week cell, 0-27. */
  cell: number;
  arm: DrawnArm;
  engaged: boolean;
  /** For the policy `observed`: whether the page showed its own answer, and whether the visit says that this was right. */
  fresh: boolean;
  right: boolean;
  /** Class index per group, in the order of CLASS_GROUPS. */
  served: readonly number[];
  /** The class that the visitor said to prefer; null if none. */
  preferred: readonly (number | null)[];
  /** Primary language subtag ("es"), at most three letters; "" if not told. */
  language: string;
}

const FEATURES_BYTES = FEATURE_NAMES.length * 4;
/** 1000 visitors of an hour, or of a day: PSI of ten bins has a standard error of about 0.01 then. 96 bytes each. */
export const VISITORS: DrawKind = { payload: FEATURES_BYTES + 8, limit: 1000 };
/** Visitors who gave feedback. */
export const FEEDBACK: DrawKind = { payload: 1, limit: 1000 };
const NONE = 3;

/** A visit on its way into the samples of its hour. */
export function visitDraw(log: InteractionLog): Draw {
  return { ...hashes(log), payload: encodeVisit(drawnVisit(log)) };
}

/** The same for feedback, negative (1) or not (0); null if none was given. */
export function feedbackDraw(log: InteractionLog): Draw | null {
  const negative = isNegative(log);
  return negative === null ? null : { ...hashes(log), payload: Uint8Array.of(Number(negative)) };
}

/** Negative feedback: a satisfaction of at most 2, or the verdict dislike; null where nothing was said. */
export function isNegative(log: Pick<InteractionLog, "user_satisfaction" | "ui_preference_feedback">): boolean | null {
  const { user_satisfaction: satisfaction, ui_preference_feedback: feedback } = log;
  if (satisfaction === undefined && feedback === undefined) return null;
  return (satisfaction !== undefined && satisfaction <= 2) || feedback?.verdict === "dislike";
}

function hashes(log: InteractionLog): Pick<Draw, "unit" | "draw"> {
  return { unit: hash64(log.unit), draw: fnv1a32(log.prediction_id) };
}

function drawnVisit(log: InteractionLog): DrawnVisit {
  const { ui_preference_feedback: feedback, user_context: context } = log;
  const arm = (ARMS as readonly string[]).includes(log.arm) ? (log.arm as DrawnArm) : "experiment";
  const classes = classIndices(log.predicted_css_classes);
  return {
    features: Float32Array.from(log.features, (value) => value ?? Number.NaN),
    cell: hourOfWeekCell(context.hora_local),
    arm,
    engaged: isEngaged(log),
    fresh: log.served === "fresh",
    right: saidRight({ ...log, feedback }),
    served: CLASS_GROUPS.map((group) => classes[group]),
    preferred: CLASS_GROUPS.map((group) => {
      const wanted = feedback?.preferred?.[group];
      return wanted === undefined ? null : (CLASSES[group] as readonly string[]).indexOf(wanted);
    }),
    language: languageOf(context),
  };
}

/** `es` of `es-MX`: the primary subtag of BCP 47, lower case; "" where there is none of two or three letters. */
export function languageOf({
  locale,
  languages,
}: {
  locale?: string | undefined;
  languages?: string[] | undefined;
}): string {
  return /^[a-z]{2,3}(?=$|[-_])/.exec((locale ?? languages?.[0] ?? "").toLowerCase())?.[0] ?? "";
}

function encodeVisit(visit: DrawnVisit): Uint8Array {
  const bytes = Buffer.alloc(VISITORS.payload);
  visit.features.forEach((value, i) => {
    // One NaN: two of other bits would be two visits.
    if (Number.isNaN(value)) bytes.writeUInt32LE(0x7fc00000, i * 4);
    else bytes.writeFloatLE(value, i * 4);
  });
  bytes[FEATURES_BYTES] = visit.cell;
  bytes[FEATURES_BYTES + 1] = ARMS.indexOf(visit.arm);
  let bits = Number(visit.engaged) | (Number(visit.fresh) << 1) | (Number(visit.right) << 2);
  [...visit.served, ...visit.preferred.map((wanted) => wanted ?? NONE)].forEach((index, i) => {
    bits |= index << (3 + 2 * i);
  });
  bytes.writeUInt16LE(bits, FEATURES_BYTES + 2);
  bytes.write(visit.language, FEATURES_BYTES + 4, "latin1");
  return bytes;
}

/** The visit of a sample's payload. */
export function decodeVisit(payload: Uint8Array): DrawnVisit {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const bits = bytes.readUInt16LE(FEATURES_BYTES + 2);
  const two = (i: number): number => (bits >> (3 + 2 * i)) & 3;
  return {
    features: Float32Array.from(FEATURE_NAMES, (_, i) => bytes.readFloatLE(i * 4)),
    cell: bytes[FEATURES_BYTES] as number,
    arm: ARMS[bytes[FEATURES_BYTES + 1] as number] ?? "experiment",
    engaged: (bits & 1) === 1,
    fresh: (bits & 2) === 2,
    right: (bits & 4) === 4,
    served: [0, 1, 2].map(two),
    preferred: [3, 4, 5].map((i) => (two(i) === NONE ? null : two(i))),
    language: bytes.toString("latin1", FEATURES_BYTES + 4, FEATURES_BYTES + 7).replaceAll("\0", ""),
  };
}
