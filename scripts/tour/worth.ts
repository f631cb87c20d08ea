import Table from "cli-table3";
import { classIndices } from "../../functions/src/design/css.ts";
import {
  bestProbability,
  DEVICE_CLASSES,
  deviceClass,
  engagementProbability,
  rulesProbability,
} from "../crowd/tastes.ts";
import { type Interval, meanOverVisitors } from "./interval.ts";
import type { AnsweredVisit } from "./life.ts";

/** True engagement probabilities over the same visits: paired, so that who came does not matter. */
export interface Worth {
  name: string;
  visitors: number;
  visits: number;
  rules: Interval;
  /** Under the design that was answered. */
  model: Interval;
  best: Interval;
  /** model - rules, per visit. */
  gain: Interval;
}

/**
 * What the answers were worth: all visitors that the version answered, each device class of them, and the holdback, whom
 * the rules answered, apart. Groups without a visit are left out.
 */
export function worthOf(answered: readonly AnsweredVisit[], seed: number): Worth[] {
  const holdback = { name: "holdback", visits: answered.filter(({ prediction }) => prediction.arm === "holdback") };
  return [...treatedGroups(answered), holdback].flatMap(({ name, visits }) =>
    visits.length === 0 ? [] : [worth(name, visits, seed)],
  );
}

/** The visits of everybody whom a version answered, and of each device class of them; a group may be empty. */
export function treatedGroups(answered: readonly AnsweredVisit[]): { name: string; visits: AnsweredVisit[] }[] {
  const treated = answered.filter(({ prediction }) => prediction.arm !== "holdback");
  const classes = DEVICE_CLASSES.map((name) => ({
    name,
    visits: treated.filter(({ visit }) => deviceClass(visit.context) === name),
  }));
  return [{ name: "everybody", visits: treated }, ...classes];
}

/** How many visitors and visits there are, and the mean of any figure of them with its interval. */
export function overVisits<Row extends { visitor: number }>(rows: readonly Row[], seed: number) {
  return {
    visitors: new Set(rows.map(({ visitor }) => visitor)).size,
    visits: rows.length,
    mean: (value: (row: Row) => number): Interval =>
      meanOverVisitors(
        rows.map((row) => ({ visitor: row.visitor, value: value(row) })),
        seed,
      ),
  };
}

function worth(name: string, of: readonly AnsweredVisit[], seed: number): Worth {
  const rows = of.map(({ visit, prediction }) => ({
    visitor: visit.visitorNumber,
    rules: rulesProbability(visit),
    model: engagementProbability(visit, classIndices(prediction.css_classes)),
    best: bestProbability(visit),
  }));
  const { visitors, visits, mean } = overVisits(rows, seed);
  return {
    name,
    visitors,
    visits,
    rules: mean(({ rules }) => rules),
    model: mean(({ model }) => model),
    best: mean(({ best }) => best),
    gain: mean(({ model, rules }) => model - rules),
  };
}

/** The table that a person reads: percentages with 95 % intervals. */
export function worthTable(worths: readonly Worth[]): string {
  return tableOf(
    ["rules %", "answered %", "best %", "answered - rules, points"],
    worths.map(({ rules, model, best, gain, ...group }) => ({ ...group, shares: [rules, model, best], gain })),
  );
}

/** A row for each group of visits: its shares, and the gain that is the difference of two of them. */
export function tableOf(
  head: readonly string[],
  groups: readonly (Pick<Worth, "name" | "visitors" | "visits" | "gain"> & { shares: readonly Interval[] })[],
): string {
  const names = ["", "visitors", "visits", ...head];
  const table = new Table({
    head: names,
    colAligns: names.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const { name, visitors, visits, shares, gain } of groups) {
    table.push([name, visitors, visits, ...shares.map((share) => percent(share)), percent(gain, "+")]);
  }
  return table.toString();
}

/** `38.9 [37.3, 40.7]` */
export function percent([low, mean, high]: Interval, sign = ""): string {
  const text = (value: number) => `${value > 0 ? sign : ""}${(100 * value).toFixed(1)}`;
  return `${text(mean)} [${text(low)}, ${text(high)}]`;
}
