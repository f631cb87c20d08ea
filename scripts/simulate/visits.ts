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
export class SimulatedVisitor implements Visitor {
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

/** Simulated visits, column by column: they are looked at again every hour for a day, and those with feedback for a week. */
export interface Visits {
  units: Int32Array;
  /** Uniform: of several visits of a unit the one with the lowest counts. */
  lots: Float64Array;
  visitors: SimulatedVisitor[];
}

/** Visits with feedback, and whether it was negative. */
export interface ToldVisits extends Omit<Visits, "visitors"> {
  negative: boolean[];
}

/** The visits of an hour, and those of them with feedback. */
export function visitsOf(
  { horaLocal, cell, people }: Hour,
  draws: Draws,
  shift: Shift | null,
): { visits: Visits; told: ToldVisits } {
  const hour = hourFeatures(horaLocal, cell);
  const visitors = people.map((person) => {
    const visitor = new SimulatedVisitor(person, hour, shift, right(person, draws));
    remember(person, horaLocal, draws);
    return visitor;
  });
  const telling = people.filter(() => draws.chance(FEEDBACK));
  return {
    visits: { ...lotsFor(people, draws), visitors },
    told: { ...lotsFor(telling, draws), negative: telling.map(({ negativity }) => draws.chance(negativity)) },
  };
}

function lotsFor(people: readonly Person[], draws: Draws): Pick<Visits, "units" | "lots"> {
  const units = new Int32Array(people.length);
  const lots = new Float64Array(people.length);
  for (const [i, { unit }] of people.entries()) {
    units[i] = unit;
    lots[i] = draws.uniform();
  }
  return { units, lots };
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

/** The most visits of an hour that a place has room for. */
const ROOM = 2 ** 20;

/** Of several visits of a visitor one, drawn by lot; reuses its memory from one question to the next. */
export class Lottery {
  /** By unit: the place of the visit that is chosen, from 1; 0 is none. */
  private chosen = new Int32Array(ROOM);

  /** The visitors of some hours, each by one visit: all of them, or a sample. `seen` is how many there were. */
  visitors(hours: readonly Visits[]): { visitors: SimulatedVisitor[]; seen: number } {
    const visitors: SimulatedVisitor[] = [];
    const seen = this.draw(hours, SAMPLE, (hour, i) => {
      visitors.push(hours[hour]?.visitors[i] as SimulatedVisitor);
    });
    return { visitors, seen };
  }

  /** Visitors who gave feedback in some hours, each with one of them. */
  feedback(hours: readonly ToldVisits[]): Feedback {
    let negative = 0;
    const visitors = this.draw(hours, Number.POSITIVE_INFINITY, (hour, i) => {
      if (hours[hour]?.negative[i]) negative++;
    });
    return { visitors, negative };
  }

  /**
   * Takes the chosen visits, or those of a sample of about so many visitors with the lowest hashes: the same ones again tomorrow,
   * if they come, which is the worst case for days that are taken as independent.
   * @returns how many visitors there were
   */
  private draw(
    hours: readonly Pick<Visits, "units" | "lots">[],
    sample: number,
    take: (hour: number, i: number) => void,
  ): number {
    const units: number[] = [];
    for (const [h, { units: of, lots }] of hours.entries()) {
      for (let i = 0; i < of.length; i++) {
        const unit = of[i] as number;
        if (unit >= this.chosen.length) this.grow(unit);
        const place = (this.chosen[unit] as number) - 1;
        if (place === -1) units.push(unit);
        else if ((hours[Math.floor(place / ROOM)]?.lots[place % ROOM] as number) <= (lots[i] as number)) continue;
        this.chosen[unit] = 1 + h * ROOM + i;
      }
    }
    const limit = (sample / units.length) * 2 ** 32;
    for (const unit of units) {
      const place = (this.chosen[unit] as number) - 1;
      this.chosen[unit] = 0;
      if (hashOf(unit) < limit) take(Math.floor(place / ROOM), place % ROOM);
    }
    return units.length;
  }

  private grow(unit: number): void {
    const larger = new Int32Array(2 * (unit + 1));
    larger.set(this.chosen);
    this.chosen = larger;
  }
}

function hashOf(unit: number): number {
  return Math.imul(unit ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
}
