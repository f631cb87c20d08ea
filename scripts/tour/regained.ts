import { classIndices } from "../../functions/src/design/css.ts";
import { extractFeatures } from "../../functions/src/design/features.ts";
import type { VersionModel } from "../../functions/src/model/bundle.ts";
import type { Visit } from "../crowd/crowd.ts";
import { bestProbability, engagementProbability, rulesProbability, shownProbability } from "../crowd/tastes.ts";
import type { Interval } from "./interval.ts";
import type { AnsweredVisit } from "./life.ts";
import { overVisits, tableOf, treatedGroups } from "./worth.ts";

/** True engagement probabilities over the same visits, the parent's under what it would have answered them. */
export interface Regained {
  name: string;
  visitors: number;
  visits: number;
  rules: Interval;
  parent: Interval;
  /** Under the design that was answered. */
  child: Interval;
  best: Interval;
  /** parent - rules, per visit: what keeping the parent would have been worth. */
  kept: Interval;
  /** child - parent, per visit. */
  regained: Interval;
}

/** What a version's own models say to a visit, before what wins over it. */
export function designOf(model: VersionModel, { context, history }: Visit): ReturnType<VersionModel["predict"]> {
  return model.predict(extractFeatures(context, history));
}

/** What the child's answers are worth beside the parent's: everybody whom the child answered, and each device class. */
export function regainedOf(answered: readonly AnsweredVisit[], parent: VersionModel, seed: number): Regained[] {
  return treatedGroups(answered).flatMap(({ name, visits }) =>
    visits.length === 0 ? [] : [compare(name, visits, { parent, seed })],
  );
}

function compare(
  name: string,
  of: readonly AnsweredVisit[],
  { parent, seed }: { parent: VersionModel; seed: number },
): Regained {
  const rows = of.map(({ visit, prediction }) => ({
    visitor: visit.visitorNumber,
    rules: rulesProbability(visit),
    parent: shownProbability(visit, designOf(parent, visit)),
    child: engagementProbability(visit, classIndices(prediction.css_classes)),
    best: bestProbability(visit),
  }));
  const { visitors, visits, mean } = overVisits(rows, seed);
  return {
    name,
    visitors,
    visits,
    rules: mean(({ rules }) => rules),
    parent: mean((row) => row.parent),
    child: mean(({ child }) => child),
    best: mean(({ best }) => best),
    kept: mean((row) => row.parent - row.rules),
    regained: mean((row) => row.child - row.parent),
  };
}

/** The table that a person reads: percentages with 95 % intervals. */
export function regainedTable(all: readonly Regained[]): string {
  return tableOf(
    ["rules %", "parent %", "child %", "best %", "child - parent, points"],
    all.map(({ rules, parent, child, best, regained: gain, ...group }) => {
      return { ...group, shares: [rules, parent, child, best], gain };
    }),
  );
}
