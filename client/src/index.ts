import { type Options, Perennial } from "./perennial.ts";

export { type Options, Perennial, type State } from "./perennial.ts";
export type { Feedback, Prediction, Preference } from "./types.ts";

/** Starts the library: once per page, as early as the page can. */
export function start(options?: Options): Perennial {
  return new Perennial(options);
}
