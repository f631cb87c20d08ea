import { isDeepStrictEqual } from "node:util";
import { classIndices } from "../../functions/src/design/css.ts";
import { applyOverrides } from "../../functions/src/design/rules.ts";
import type { VersionModel } from "../../functions/src/model/bundle.ts";
import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { check } from "./check.ts";
import { EXPLORED } from "./first-answers.ts";
import type { AnsweredVisit } from "./life.ts";
import type { MadeVersion } from "./made-version.ts";
import { newVisitors } from "./new-visitors.ts";
import { designOf, regainedOf, regainedTable } from "./regained.ts";
import { settled } from "./settled.ts";
import type { Tour, TourResult } from "./tour.ts";
import { percent } from "./worth.ts";

/**
 * Step 5, last part: new visitors, with the turned tastes, are answered by the child; what the parent would have answered the
 * same visits is worth less: the lower 95 % bound of the difference is above 0.
 * @param before what the parent was worth under the first tastes
 */
export async function recovery(
  tour: Tour,
  { parent, child, before }: { parent: ModelVersion; child: MadeVersion; before: TourResult["engagement"] },
): Promise<TourResult["continuation"]> {
  const { narrator, seed, state } = tour;
  const { version } = child;
  const answered = await newVisitors(tour, version.version);
  await settled(tour, [child.job.id], true);
  asServed(await state.model(version), answered, version.version);

  const all = regainedOf(answered, await state.model(parent), seed);
  const [everybody] = all;
  if (everybody === undefined) return null;
  const { rules, parent: kept, child: now, best, regained } = everybody;
  if (before !== null) {
    narrator.note(
      `Under the first tastes the parent's answers were worth ${percent(before.model)} %, where the rules' were worth ${percent(before.rules)} %.`,
    );
  }
  narrator.note(
    `Under the turned ones it would be worth ${percent(kept)} %, the rules ${percent(rules)} %: a difference of ${percent(everybody.kept, "+")} points.`,
  );
  check(everybody.kept[2] < 0, () => {
    return `the parent should be worse than the rules by now, but the upper 95 % bound of the difference is ${everybody.kept[2].toFixed(4)}`;
  });
  narrator.note("The same visits, by the rules, the parent, and the child that answered them:");
  narrator.note(regainedTable(all));
  const [low] = regained;
  check(low > 0, () => {
    return `the child should regain something over its parent, but the lower 95 % bound of the difference is ${low.toFixed(4)}`;
  });
  return { rules, parent: kept, child: now, best, regained };
}

/**
 * What is computed here of a version is what is served: the child's own answers, where nothing was explored and no fallback
 * answered. So what is computed of the parent is what it would have answered.
 */
function asServed(model: VersionModel, answered: readonly AnsweredVisit[], version: string): void {
  for (const { visit, prediction } of answered) {
    if (prediction.model_version !== version || prediction.propensity < EXPLORED) continue;
    const { classes } = applyOverrides(designOf(model, visit), visit.context, visit.preferences);
    check(isDeepStrictEqual(classes, classIndices(prediction.css_classes)), () => {
      return `${version} should have answered ${JSON.stringify(classes)} to visit ${visit.number}, but answered ${prediction.css_classes}`;
    });
  }
}
