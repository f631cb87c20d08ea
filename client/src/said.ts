import type { Feedback, Preference } from "./types.ts";

/** Characters of a text that the server takes. */
const MAX_TEXT = 1000;

/** What a visitor has said of the design in a visit. */
export interface Said extends Feedback {
  /** Whether the verdict was given in so many words: then choices do not change it. */
  isInWords?: boolean;
}

/** With more that was said. What the server would refuse the whole log for is cut, or left out. */
export function withFeedback(said: Said, { satisfaction, text, ...others }: Feedback): Said {
  return {
    ...said,
    ...others,
    ...(satisfaction !== undefined && [1, 2, 3, 4, 5].includes(satisfaction) ? { satisfaction } : {}),
    ...(text === undefined ? {} : { text: String(text).slice(0, MAX_TEXT) }),
    preference: { ...said.preference, ...others.preference },
    isInWords: said.isInWords === true || others.verdict !== undefined,
  };
}

/**
 * With a choice that was made. What was once found wanting is not liked for being mended.
 * @param isDisliked the choice has changed a predicted design; what was not shown is not disliked
 */
export function withChoice(said: Said, choice: Preference, isDisliked: boolean): Said {
  const verdict = isDisliked && said.isInWords !== true ? "dislike" : (said.verdict ?? "like");
  return { ...said, preference: { ...said.preference, ...choice }, verdict };
}
