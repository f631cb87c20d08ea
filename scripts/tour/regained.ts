import Table from "cli-table3";
import { classIndices } from "../../functions/src/design/css.ts";
import { extractFeatures } from "../../functions/src/design/features.ts";
import type { VersionModel } from "../../functions/src/model/bundle.ts";
import type { Visit } from "../crowd/crowd.ts";
import { bestProbability, engagementProbability, rulesProbability, shownProbability } from "../crowd/tastes.ts";
import { type Interval, meanOverVisitors } from "./interval.ts";
import type { AnsweredVisit } from "./life.ts";
import { percent, treatedGroups } from "./worth.ts";

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
  visits: readonly AnsweredVisit[],
  { parent, seed }: { parent: VersionModel; seed: number },
): Regained {
  const rows = visits.map(({ visit, prediction }) => ({
    visitor: visit.visitorNumber,
    rules: rulesProbability(visit),
    parent: shownProbability(visit, designOf(parent, visit)),
    child: engagementProbability(visit, classIndices(prediction.css_classes)),
    best: bestProbability(visit),
  }));
  const mean = (value: (row: (typeof rows)[number]) => number): Interval =>
    meanOverVisitors(
      rows.map((row) => ({ visitor: row.visitor, value: value(row) })),
      seed,
    );
  return {
    name,
    visitors: new Set(rows.map(({ visitor }) => visitor)).size,
    visits: rows.length,
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
  const table = new Table({
    head: ["", "visitors", "visits", "rules %", "parent %", "child %", "best %", "child - parent, points"],
    colAligns: ["left", "right", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, visitors, visits, rules, parent, child, best, regained } of all) {
    table.push([
      name,
      visitors,
      visits,
      ...[rules, parent, child, best].map((one) => percent(one)),
      percent(regained, "+"),
    ]);
  }
  return table.toString();
}
