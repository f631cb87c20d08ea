import type { ClassGroup } from "../design/schema.ts";

/**
 * One visitor of a stretch of time, by one of their visits, drawn at random. Visits of one visitor are not independent, visitors
 * are: every n in a decision counts these.
 */
export interface Visitor {
  /** Hour-of-week cell of the visit, 0-27. */
  cell: number;
  /** In the order of FEATURE_NAMES; NaN is missing. */
  features: Float32Array;
  /** Primary language subtag ("es"); "" if not told. */
  language: string;
  /** Class that the version in service answers to this visit, before overrides; null while that is the rules. */
  answered: Record<ClassGroup, number> | null;
  /**
   * Whether the version in service answers what the visit wanted; null where that is not known, and in arms that do not count for
   * accuracy.
   */
  right: Record<ClassGroup, boolean | null>;
}

/** 24 hours of visitors: all of them, or a uniform sample of 1000. */
export interface Day<V extends Visitor = Visitor> {
  /** Epoch ms, event time: from <= event_at < to. */
  fromMs: number;
  toMs: number;
  visitors: readonly V[];
  /** How many there were in all (a sketch's estimate). */
  seen: number;
}

/** Visitors who gave feedback within 7 days, each with one of their feedbacks, drawn at random. */
export interface Feedback {
  visitors: number;
  /** Of whom the feedback was negative: satisfaction <= 2, or the verdict dislike. */
  negative: number;
}

/** Visits per hour of event time, all versions and arms together; hours without a visit are 0. */
export interface Volume {
  /** Epoch ms of the first hour. */
  fromMs: number;
  visits: readonly number[];
}
