import { type ClassGroup, FEATURE_NAMES } from "../../functions/src/design/schema.ts";
import type { MatchedReference } from "../../functions/src/evaluate/matched-reference.ts";
import type { Feedback, Visitor } from "../../functions/src/evaluate/visitors.ts";
import type { Draws } from "../crowd/draws.ts";
import { featuresAt, type HourFeatures, hourFeatures, type Person, remember } from "./person.ts";
import type { Shift } from "./shift.ts";
import type { Hour } from "./traffic.ts";

/** Share of visits with feedback. */
const FEEDBACK = 0.06;
/** A day's visitors are a sample of so many at most. */
const SAMPLE = 1000;
const MOBILE = FEATURE_NAMES.indexOf("is_mobile");
const ACTIVITY = FEATURE_NAMES.indexOf("user_density_group");

/** A visitor as the decision sees one. What many visits are never asked for is computed when it is. */
class SimulatedVisitor implements Visitor {
  readonly cell: number;
  readonly language: string;
  readonly right: Visitor["right"];
  /** Places in the counts, which stay the same while the reference does. */
  places: Uint16Array | null = null;
  private readonly person: Person;
  private readonly history: Person["history"];
  private readonly hour: HourFeatures;
  private readonly shift: Shift | null;
  private answer: Visitor["answered"] | undefined;

  constructor(person: Person, hour: HourFeatures, shift: Shift | null, right: Visitor["right"]) {
    this.cell = hour.cell;
    this.language = person.language;
    this.right = right;
    this.person = person;
    this.history = person.history;
    this.hour = hour;
    this.shift = shift;
  }

  get features(): Float32Array {
    const { person, history, hour, shift } = this;
    const features = featuresAt(person, history, hour);
    if (shift === null || person.caught >= shift.share) return features;
    if (!(shift.keepsMissing && Number.isNaN(features[shift.column]))) features[shift.column] = shift.value;
    return features;
  }

  /** The version's answers follow from the features, as a model's would. */
  get answered(): Visitor["answered"] {
    this.answer ??= answerTo(this.features, this.hour.isDark);
    return this.answer;
  }

  /** Finds the places once: most of a day's visitors are those of the day an hour before. */
  placesIn({ places }: MatchedReference): Uint16Array {
    if (this.places !== null) return this.places;
    const { features } = this;
    this.answer ??= answerTo(features, this.hour.isDark);
    this.places = places.of(features);
    return this.places;
  }
}

/** As `countDay` asks. */
export function remembered(visitor: SimulatedVisitor, matched: MatchedReference): Uint16Array {
  return visitor.placesIn(matched);
}

/** One simulated visit. */
export interface Visit {
  unit: number;
  /** Uniform: of several visits the one with the lowest counts. */
  lot: number;
  visitor: SimulatedVisitor;
  /** Whether the feedback was negative; null without any. */
  negative: boolean | null;
}

/** The visits of an hour. */
export function visitsOf({ horaLocal, cell, people }: Hour, draws: Draws, shift: Shift | null): Visit[] {
  const hour = hourFeatures(horaLocal, cell);
  return people.map((person): Visit => {
    const visitor = new SimulatedVisitor(person, hour, shift, right(person, draws));
    remember(person, horaLocal, draws);
    return {
      unit: person.unit,
      lot: draws.uniform(),
      visitor,
      negative: draws.chance(FEEDBACK) ? draws.chance(person.negativity) : null,
    };
  });
}

/** The version's answer by theme, then density; shared, since there are millions of visits. */
const ANSWERS = [0, 1].map((theme) => [0, 1, 2].map((density) => ({ density, font: 0, theme })));
/** Whether density and theme are right. */
const RIGHT = [false, true].map((density) => [false, true].map((theme) => ({ density, font: true, theme })));

function answerTo(features: Float32Array, isDark: boolean): Record<ClassGroup, number> | null {
  const density = features[ACTIVITY] !== 2 ? 1 : features[MOBILE] === 1 ? 0 : 2;
  return ANSWERS[Number(isDark)]?.[density] ?? null;
}

/** Density is as often right as the version is; theme more often. */
function right({ rightness }: Person, draws: Draws): Record<ClassGroup, boolean> {
  const density = Number(draws.chance(rightness));
  const theme = Number(draws.chance((1 + rightness) / 2));
  return RIGHT[density]?.[theme] ?? { density: false, font: true, theme: false };
}

/** Of several visits of a visitor one, drawn by lot; reuses its memory from one question to the next. */
export class Lottery {
  private chosen: (Visit | undefined)[] = [];

  /** The visitors of some hours, each by one visit: all of them, or a sample. `seen` is how many there were. */
  visitors(hours: readonly (readonly Visit[])[]): { visitors: SimulatedVisitor[]; seen: number } {
    const drawn = this.draw(hours);
    return { visitors: sampleOf(drawn).map(({ visitor }) => visitor), seen: drawn.length };
  }

  /** Visitors of some hours who all gave feedback, each with one of them. */
  feedback(hours: readonly (readonly Visit[])[]): Feedback {
    const drawn = this.draw(hours);
    return { visitors: drawn.length, negative: drawn.filter(({ negative }) => negative === true).length };
  }

  private draw(hours: readonly (readonly Visit[])[]): Visit[] {
    const { chosen } = this;
    const units: number[] = [];
    for (const hour of hours) {
      for (const visit of hour) {
        const before = chosen[visit.unit];
        if (before === undefined) units.push(visit.unit);
        if (before === undefined || visit.lot < before.lot) chosen[visit.unit] = visit;
      }
    }
    return units.map((unit) => {
      const visit = chosen[unit] as Visit;
      chosen[unit] = undefined;
      return visit;
    });
  }
}

/**
 * The visitors with the lowest hashes: the same ones again tomorrow, if they come, which is the worst case for days that are
 * taken as independent.
 */
function sampleOf(visits: readonly Visit[]): readonly Visit[] {
  if (visits.length <= SAMPLE) return visits;
  const limit = (SAMPLE / visits.length) * 2 ** 32;
  return visits.filter(({ unit }) => hashOf(unit) < limit);
}

function hashOf(unit: number): number {
  return Math.imul(unit ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
}
