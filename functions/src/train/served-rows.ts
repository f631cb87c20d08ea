import { isNegative } from "../collect/drawn-visit.ts";
import { classIndices } from "../design/css.ts";
import { overriddenClasses } from "../design/rules.ts";
import { CLASS_GROUPS, type ClassGroup } from "../design/schema.ts";
import { isEngaged } from "../design/targets.ts";
import type { Sample } from "./sample.ts";

/** No override, or no word. */
export const NONE = 255;
const GROUPS = CLASS_GROUPS.length;

/** What visitors were served and what came of it, column by column. */
export interface ServedRows {
  /** rows x 3: class index of each group, as it was served. */
  classes: Uint8Array;
  /** rows x 3: the class that the visitor's preferences decide over any model; NONE where they do not. */
  decided: Uint8Array;
  /** Probability of the served classes; 1 where nothing was left to chance. */
  propensity: Float64Array;
  /** 1 where the page showed what was answered. */
  fresh: Uint8Array;
  engaged: Uint8Array;
  /** 1-5; 0 where nothing was said. */
  satisfaction: Uint8Array;
  /** Whether the visitor said something bad of the design: 1 or 0, NONE where nothing was said. */
  negative: Uint8Array;
  /** Milliseconds. */
  renderingMs: Float32Array;
}

function negativeOf({ user_satisfaction, feedback }: Sample): number {
  const said = isNegative({ user_satisfaction, ui_preference_feedback: feedback });
  return said === null ? NONE : Number(said);
}

/** Lays out what samples say of what was served. */
export function servedRows(samples: readonly Sample[]): ServedRows {
  const rows = samples.length;
  const served: ServedRows = {
    classes: new Uint8Array(rows * GROUPS),
    decided: new Uint8Array(rows * GROUPS).fill(NONE),
    propensity: Float64Array.from(samples, ({ propensity }) => propensity),
    fresh: Uint8Array.from(samples, ({ served: how }) => Number(how === "fresh")),
    engaged: Uint8Array.from(samples, (sample) => Number(isEngaged(sample))),
    satisfaction: Uint8Array.from(samples, ({ user_satisfaction: satisfaction }) => satisfaction ?? 0),
    negative: Uint8Array.from(samples, negativeOf),
    renderingMs: Float32Array.from(samples, ({ rendering_time: ms }) => ms),
  };
  samples.forEach(({ predicted_css_classes: names, user_context: context, preferences }, row) => {
    const classes = classIndices(names);
    const decided = overriddenClasses(context, preferences);
    CLASS_GROUPS.forEach((group, g) => {
      served.classes[row * GROUPS + g] = classes[group];
      served.decided[row * GROUPS + g] = decided[group] ?? NONE;
    });
  });
  return served;
}

/** The classes that a visitor sees when a model answers with these: the visitor's own word goes first. */
export function seenClasses(
  { decided }: Pick<ServedRows, "decided">,
  row: number,
  answered: Readonly<Record<ClassGroup, number>>,
): number[] {
  return CLASS_GROUPS.map((group, g) => {
    const own = decided[row * GROUPS + g] as number;
    return own === NONE ? answered[group] : own;
  });
}
