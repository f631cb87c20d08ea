/** What a statistic answers when its data cannot say: a verdict of its own, never NaN, and never to be read as "no difference". */
export interface InsufficientData {
  status: "insufficient_data";
  /** In words, with the figure that is too small. */
  reason: string;
}

/** Every statistic's answer: its figures, all of them numbers, or why there are none. */
export type Measured<Figures> = ({ status: "measured" } & Figures) | InsufficientData;

/** Says why there are no figures. */
export function insufficient(reason: string): InsufficientData {
  return { status: "insufficient_data", reason };
}

/**
 * What a caller must see to, in contrast to what data may look like. Conditions are written as what must hold, so that NaN
 * breaks them.
 * @throws RangeError if it does not hold
 */
export function demand(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new RangeError(rule);
}
