import { isDeepStrictEqual } from "node:util";
import { cssClasses } from "../../functions/src/design/css.ts";
import { applyOverrides, rulePolicy } from "../../functions/src/design/rules.ts";
import { Crowd } from "../crowd/crowd.ts";
import { check } from "./check.ts";
import type { Tour } from "./tour.ts";

/** Visits that only ask. */
const PROBES = 12;
/** A class that was explored is shown far more seldom than the policy's own: propensities below are explored. */
export const EXPLORED = 0.5;

/** Step 1: without a model everybody is answered by the rules, but for a class that is tried now and then. */
export async function firstAnswers({ site, narrator, seed, startMs }: Tour): Promise<void> {
  // A crowd of its own: these visitors look, and leave no trace in the one that the tour lives with.
  const passersBy = new Crowd({ seed: seed + 1_000_000, startMs, visitsPerDay: 24 * 60 });
  let explored = 0;
  for (const visit of passersBy.nextHour().slice(0, PROBES)) {
    const answer = await site.predict(visit);
    check(answer.model_version === "rules", () => {
      return `without a model predict should answer by the rules, but answered by ${answer.model_version}`;
    });
    const { context, preferences } = visit;
    const wanted = cssClasses(applyOverrides(rulePolicy(context), context, preferences).classes);
    const asWanted = isDeepStrictEqual(answer.css_classes, wanted);
    if (!asWanted) explored++;
    check(asWanted || answer.propensity < EXPLORED, () => {
      return `the rules' classes should be ${wanted}, but were ${answer.css_classes} with propensity ${answer.propensity}`;
    });
  }
  narrator.note(
    `${PROBES} visits answered by the rules${explored > 0 ? `, ${explored} of them with a class to learn from` : ""}`,
  );
}
